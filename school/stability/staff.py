"""Who works on the copy: throw-away users with random passwords, and the students they take money for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from school.access import passwords, second_factors, service
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD
from school.db import Database
from school.errors import RuleBroken
from school.ledger import queries as ledger
from school.ledger.service import lock_period
from school.money import Currency
from school.reports import roster
from school.students import queries as students
from school.students import service as roll

CASHIERS = 4  # three who work at once, and one whose door is closed on them
STUDENTS_MAX = 200
WHY = "stability check on a copy"


@dataclass(frozen=True)
class Person:
    """A user of the copy. `tag` stands in every reference they type, and in their full name."""

    user_id: int
    name: str
    full_name: str
    role: str
    password: str
    tag: str


@dataclass(frozen=True)
class School:
    """What the check needs to know of the copy; `entry_id` is an entry to look at, 0 without any."""

    database: Database
    currency: Currency
    people: tuple[Person, ...]
    student_ids: tuple[int, ...]
    entry_id: int
    tender: str

    def of_role(self, role: str) -> list[Person]:
        return [person for person in self.people if person.role == role]


def prepare(database: Database, cashiers: int = CASHIERS) -> School:
    """Adds the users, opens today for payments, and adds students when there are none.

    Raises RuleBroken when the school was never set up.
    """
    hired = [_hire(role, n) for role, n in _posts(cashiers)]
    hashed = [passwords.hash_of(person.password) for person in hired]  # slow on purpose, so before the write
    with database.writing() as session:
        if not students.has_school(session):
            raise RuleBroken("The school is not set up yet, so there is nothing to try.")
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[])  # nobody here has a telephone
        people = tuple(
            _add(session, person, passwords.Chosen(kept)) for person, kept in zip(hired, hashed, strict=True)
        )
        _open_today(session)
        found = roster.page(session, status="enrolled", limit=STUDENTS_MAX).rows
        ids = tuple(row.student_id for row in found) or _add_students(session)
        tender = next(a.name for a in ledger.accounts(session, type="tender") if a.active)
        entry_id = ledger.last_entry(session)
        currency = students.school(session).currency
    return School(database, currency, people, ids, entry_id, tender)


def _posts(cashiers: int) -> list[tuple[str, int]]:
    return [(ADMINISTRATOR, 1), (HEAD, 1), *((FINANCE, n + 1) for n in range(cashiers))]


def _hire(role: str, number: int) -> Person:
    tag = f"{role[:2]}{number}{secrets.token_hex(3)}"
    return Person(0, f"stability-{tag}", f"Stability {tag}", role, secrets.token_urlsafe(18), tag)


def _add(session: Session, person: Person, password: passwords.Chosen) -> Person:
    user_id = service.add_user(
        session,
        actor=COMMAND_LINE,
        name=person.name,
        password=password,
        roles=[person.role],
        full_name=person.full_name,
    )
    return Person(user_id, person.name, person.full_name, person.role, person.password, person.tag)


def _open_today(session: Session) -> None:
    locked, today = ledger.locked_through(session), students.today(session)
    if locked is not None and locked >= today:
        lock_period(session, actor=COMMAND_LINE, through=today - timedelta(days=1), reason=WHY)


def _add_students(session: Session) -> tuple[int, ...]:
    return tuple(
        roll.add_student(
            session, actor=COMMAND_LINE, admission_no=f"ST-{n}", name=f"Student {n}", class_name=None
        )
        for n in range(1, 6)
    )


def disable(database: Database, person: Person) -> None:
    with database.writing() as session:
        service.disable(session, actor=COMMAND_LINE, user_id=person.user_id, reason=WHY)


def enable(database: Database, person: Person) -> None:
    with database.writing() as session:
        service.enable(session, actor=COMMAND_LINE, user_id=person.user_id)


def sign_out_everywhere(database: Database, person: Person) -> None:
    with database.writing() as session:
        service.end_sign_ins(session, user_id=person.user_id, why=WHY)
