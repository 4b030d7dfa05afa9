"""A leaver's personal data are erased for good, and the books stay as they were, hash by hash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import String, cast, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks import ledger as checks
from school.db import Base, Database
from school.errors import BadInput, RuleBroken
from school.ledger.models import Entry
from school.letters import service as letters
from school.privacy import queries, rules, service
from school.students import policies
from school.students import queries as students
from school.students import service as roll
from school.students.models import Student
from tests import make

LEFT = date(2026, 3, 31)
WHY = "kept long enough"
PHONE = f"+1 555 {9_000_000 + sum(b'Philippa Quartermain')}"
SECRETS = ("Zebulon", "Quartermain", "Philippa", PHONE, "ZQ-77", "allergic")
VOUCHERS = {"entry", "line", "cash_up", "approval"}  # the books' own words, sealed or signed


@pytest.fixture
def years_later() -> Iterator[datetime]:
    later = make.NOON.replace(year=make.NOON.year + 12)
    with clock.set_to(later):
        yield later


@pytest.fixture
def books(database: Database) -> Database:
    """Zebulon left with everything paid; his sister Ann is still there."""
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        zeb = make.student(
            session, "Zebulon Quartermain", admission_no="ZQ-77", guardian="Philippa Quartermain"
        )
        make.student(session, "Ann Other", guardian="Someone Else")
        make.bill(session, zeb, (100_00, LEFT))
        make.pay(session, zeb, 100_00)
        roll.change_student(session, actor=COMMAND_LINE, student_id=zeb, notes="allergic to nuts")
        roll.change_student(session, actor=COMMAND_LINE, student_id=zeb, status="left", left_on=LEFT)
        letters.write(session, COMMAND_LINE, [_letter(session, zeb)], "print")
    return database


def _letter(session: Session, student_id: int) -> letters.NewLetter:
    family = students.family_ids(session, [student_id])[student_id]
    return letters.NewLetter(
        request_id=make.request_id(),
        kind="statement",
        family_id=family,
        student_id=student_id,
        to_name="Philippa Quartermain",
        to_address="philippa@example.org",
        subject="Statement of Zebulon",
        body="Dear Philippa",
    )


def _zeb(session: Session) -> int:
    return session.scalars(select(Student.id).order_by(Student.id)).first() or 0


def _said_anywhere(session: Session) -> set[str]:
    """Which tables still say anything of the secrets."""
    found = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for secret in SECRETS:
                says = (
                    select(column).where(func.lower(cast(column, String)).contains(secret.lower())).limit(1)
                )
                if session.execute(says).first():
                    found.add(table.name)
    return found


def test_nothing_but_vouchers_says_anything_of_the_person_and_the_books_are_the_same(
    books: Database, years_later: datetime
) -> None:
    with books.reading() as session:
        hashes = session.scalars(select(Entry.hash).order_by(Entry.id)).all()
        assert {"student", "guardian", "family", "letter", "audit_event", "student_word"} <= _said_anywhere(
            session
        )

    with books.writing() as session:
        done = service.erase(session, actor=COMMAND_LINE, student_ids=[_zeb(session)], reason=WHY)

    with books.reading() as session:
        assert done == service.Erased(students=1, guardians=1, families=1, letters=1)
        assert _said_anywhere(session) <= VOUCHERS
        assert session.scalars(select(Entry.hash).order_by(Entry.id)).all() == hashes
        assert checks.verify(session) == []
        assert students.student(session, _zeb(session)).name == rules.student_name(_zeb(session))
        assert queries.leavers(session) == []


def test_who_must_be_kept_is_not_erased(books: Database, years_later: datetime) -> None:
    with books.writing() as session:
        zeb = _zeb(session)
        ann = next(s for s in session.scalars(select(Student.id)) if s != zeb)
        with pytest.raises(RuleBroken, match=f"Student {ann} must still be kept"):
            service.erase(session, actor=COMMAND_LINE, student_ids=[zeb, ann], reason="both")
        with pytest.raises(BadInput):
            service.erase(session, actor=COMMAND_LINE, student_ids=[zeb], reason=" ")
        make.pay(session, zeb, 1)
        with pytest.raises(RuleBroken):
            service.erase(session, actor=COMMAND_LINE, student_ids=[zeb], reason="has credit")


@pytest.mark.parametrize(("days_short", "ready"), [(1, 0), (0, 1)])
def test_time_counts_from_the_later_of_leaving_and_the_last_entry(
    books: Database, days_short: int, ready: int
) -> None:
    last = max(LEFT, make.NOON.date())
    over = make.NOON.replace(year=last.year + rules.YEARS_DEFAULT, month=last.month, day=last.day)

    with clock.set_to(over - timedelta(days=days_short)), books.reading() as session:
        assert len(queries.leavers(session)) == ready


def test_the_school_decides_how_long(books: Database, years_later: datetime) -> None:
    with books.writing() as session:
        policies.change_policies(session, actor=COMMAND_LINE, values={policies.RETENTION_YEARS: 20})
        assert queries.leavers(session) == []
        with pytest.raises(BadInput):
            policies.change_policies(session, actor=COMMAND_LINE, values={policies.RETENTION_YEARS: 0})


def test_a_guardian_of_somebody_who_stays_is_kept(books: Database, years_later: datetime) -> None:
    with clock.set_to(make.NOON), books.writing() as session:
        make.student(session, "Little Sister", guardian="Philippa Quartermain")
    with books.writing() as session:
        done = service.erase(session, actor=COMMAND_LINE, student_ids=[_zeb(session)], reason=WHY)

    assert (done.guardians, done.families) == (0, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET after = NULL",
        "UPDATE audit_event SET reason = 'nothing'",
        "UPDATE letter SET body = ''",
        "UPDATE letter SET body = 'other words'",
    ],
)
def test_the_database_itself_empties_only_what_is_listed_as_erased(books: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="ledger:"), books.writing() as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", ["UPDATE erasure SET reason = 'x'", "DELETE FROM erasure"])
def test_the_list_of_the_erased_stays(books: Database, years_later: datetime, statement: str) -> None:
    with books.writing() as session:
        service.erase(session, actor=COMMAND_LINE, student_ids=[_zeb(session)], reason=WHY)

    with pytest.raises(DBAPIError, match="ledger:"), books.writing() as session:
        session.execute(text(statement))
