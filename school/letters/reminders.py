"""Which families are due which reminder today, for how much and since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from school.db import among
from school.languages import ENGLISH, Language
from school.ledger.projections import OpenItem, StudentBalance
from school.ledger.queries.allocation import total
from school.letters import queries, recipients, rules
from school.letters.recipients import Recipient
from school.letters.rules import Stage
from school.students.models import Student
from school.students.queries import today as school_today


@dataclass(frozen=True)
class DueReminder:
    """`total` is what is overdue, in minor units; `last` the reminder before, with the day it was written."""

    family_id: int
    family: str
    student_ids: tuple[int, ...]
    students: tuple[str, ...]
    total: int
    oldest_due: date
    days: int
    stage: int
    last: tuple[int, date] | None
    to: tuple[Recipient, ...]

    @property
    def has_address(self) -> bool:
        return any(one.address for one in self.to)


@dataclass(frozen=True)
class Preview:
    """`rows` are due a reminder; of the other families with a debt some wait for the next one to be due, and
    some had all three.
    """

    on: date
    rows: tuple[DueReminder, ...]
    waiting: int
    had_all: int

    def of(self, stage: int) -> list[DueReminder]:
        return [row for row in self.rows if row.stage == stage]


def preview(session: Session, *, families: Sequence[int] | None = None) -> Preview:
    """As at today; the longest overdue first. `families` narrows it to some."""
    today, stages = school_today(session), queries.stages(session)
    owing = _overdue(session, today, families)
    last = queries.last_reminders(session, owing)
    stage = {f: rules.next_stage(stages, owing[f][1], today, last.get(f)) for f in owing}
    due = [f for f in owing if stage[f]]
    names, students = _names(session, due), _students(session, due, today)
    to = recipients.of_families(session, due)
    rows = [
        DueReminder(
            family_id=f,
            family=names[f],
            student_ids=tuple(student_id for student_id, _ in students[f]),
            students=tuple(name for _, name in students[f]),
            total=owing[f][0],
            oldest_due=owing[f][1],
            days=(today - owing[f][1]).days,
            stage=stage[f] or 0,
            last=last.get(f),
            to=tuple(to[f]),
        )
        for f in due
    ]
    rows.sort(key=lambda row: (-row.stage, row.oldest_due, row.family, row.family_id))
    left = [f for f in owing if not stage[f]]
    had_all = sum(1 for f in left if _had_all(owing[f][1], last.get(f)))
    return Preview(today, tuple(rows), len(left) - had_all, had_all)


def _had_all(oldest_due: date, last: tuple[int, date] | None) -> bool:
    return last is not None and last[0] == rules.REMINDERS[-1] and oldest_due < last[1]


def _overdue(session: Session, today: date, families: Sequence[int] | None) -> dict[int, tuple[int, date]]:
    """(Σ overdue, oldest due date) by family; who has credit enough with another child owes nothing."""
    late = (
        select(
            OpenItem.student_id, total(OpenItem.open).label("open"), func.min(OpenItem.due_date).label("due")
        )
        .where(OpenItem.due_date < today)
        .group_by(OpenItem.student_id)
        .subquery()
    )
    credit = total(case((StudentBalance.balance < 0, -StudentBalance.balance)))
    query = (
        select(Student.family_id, total(late.c.open), func.min(late.c.due))
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .outerjoin(late, late.c.student_id == Student.id)
        .group_by(Student.family_id)
        .having(total(late.c.open) > credit)
    )
    if families is not None:
        query = query.where(among(Student.family_id, families))
    rows: Iterable[Any] = session.execute(query)
    return {family: (owed, oldest) for family, owed, oldest in rows}


def _names(session: Session, family_ids: Sequence[int]) -> dict[int, str]:
    return {one.id: one.name for one in queries.families(session, family_ids)}


def _students(session: Session, family_ids: Sequence[int], today: date) -> dict[int, list[tuple[int, str]]]:
    """The children with something overdue, by name."""
    found: dict[int, list[tuple[int, str]]] = {}
    late = select(OpenItem.student_id).where(OpenItem.due_date < today)
    rows = session.execute(
        select(Student.family_id, Student.id, Student.name)
        .where(among(Student.family_id, family_ids), Student.id.in_(late))
        .order_by(Student.sort_name, Student.id)
    )
    for family_id, student_id, name in rows:
        found.setdefault(family_id, []).append((student_id, name))
    return found


def values(
    row: DueReminder,
    stage: Stage,
    *,
    guardian: str,
    amount: str,
    since: str,
    pay_by: str,
    school: str,
    language: Language = ENGLISH,
) -> tuple[str, str]:
    """(subject, body) of a reminder in the words of its stage; amounts and days come as they are written."""
    said = {
        "guardian": guardian,
        "family": row.family,
        "students": _together(row.students, language),
        "amount": amount,
        "since": since,
        "days": str(row.days),
        "pay_by": pay_by,
        "school": school,
    }
    return rules.one_line(rules.fill(stage.subject, said)), rules.fill(stage.body, said)


def _together(names: Sequence[str], language: Language) -> str:
    if len(names) == 1:
        return names[0]
    first = names[0]
    for name in names[1:-1]:
        first = language.say("{names}, {name}", names=first, name=name)
    return language.say("{names} and {name}", names=first, name=names[-1])
