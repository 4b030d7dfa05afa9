"""A family account as one story: every child's movements by date, with what the family owes after each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import accumulate

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.errors import NotFound
from school.ledger.queries.allocation import balances
from school.ledger.queries.statement import StatementRow, before, movements
from school.students.models import SchoolClass, Student


@dataclass(frozen=True)
class FamilyChild:
    """`closing` is what the child alone owes at the end of the period, in minor units, + owes."""

    student_id: int
    admission_no: str
    name: str
    class_name: str
    closing: int


@dataclass(frozen=True)
class FamilyRow:
    """A movement of one child; the row's `balance` is the whole family's after it."""

    child: FamilyChild
    row: StatementRow


@dataclass(frozen=True)
class FamilyStatement:
    """closing = opening + Σ amounts = Σ of the children's closing balances."""

    children: tuple[FamilyChild, ...]
    opening: int
    rows: list[FamilyRow]
    closing: int


def family_statement(
    session: Session, family_id: int, *, since: dt.date | None = None, until: dt.date | None = None
) -> FamilyStatement:
    """The family account from `since` to `until`, both inclusive; `opening` is what was owed before.

    A payment for several children has a row for each. Raises NotFound for a family without students.
    """
    children = {child.student_id: child for child in family_children(session, family_id, as_at=until)}
    opening = before(session, list(children), since) if since else 0
    moved = movements(session, list(children), since, until)
    running = list(accumulate((row.amount for _, row in moved), initial=opening))
    rows = [
        FamilyRow(children[student_id], replace(row, balance=after))
        for (student_id, row), after in zip(moved, running[1:], strict=True)
    ]
    return FamilyStatement(tuple(children.values()), opening, rows, running[-1])


def family_children(session: Session, family_id: int, *, as_at: dt.date | None = None) -> list[FamilyChild]:
    """The students of a family account with what each owes. Raises NotFound for a family without any."""
    found = session.execute(
        select(Student.id, Student.admission_no, Student.name, SchoolClass.name)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .where(Student.family_id == family_id)
        .order_by(Student.sort_name, Student.id)
    ).all()
    if not found:
        raise NotFound("There is no such family account.")
    closing = session.execute(balances(as_at=as_at, students=[row[0] for row in found]))
    held = {row.student_id: row.balance for row in closing}
    return [FamilyChild(*row[:3], row[3] or "", held.get(row[0], 0)) for row in found]
