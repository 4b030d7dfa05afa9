"""Students with what they owe: searched, filtered, ordered and paged in SQL; totals are of all matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from school.ledger.projections import RollTotal, StudentBalance
from school.ledger.queries.allocation import total
from school.students.models import SchoolClass, Student
from school.students.queries import guardians_of, matching_ids

ROWS_PER_PAGE = 50  # beyond this the browser is slow

OWING: dict[str, ColumnElement[bool]] = {
    "owing": StudentBalance.balance > 0,
    "credit": StudentBalance.balance < 0,
    "settled": StudentBalance.balance == 0,
}
ORDERS: dict[str, tuple[Any, ...]] = {
    "name": (Student.sort_name, Student.id),
    "balance": (StudentBalance.balance, StudentBalance.student_id),
    "admission_no": (Student.admission_no,),
    "class": (func.coalesce(SchoolClass.position, -1), SchoolClass.name, Student.sort_name, Student.id),
}


@dataclass(frozen=True)
class RosterRow:
    """`balance` is minor units, + owes; guardian and phone are of the one written to first, else empty."""

    student_id: int
    admission_no: str
    name: str
    class_name: str
    status: str
    balance: int
    guardian: str
    phone: str


@dataclass(frozen=True)
class RosterPage:
    """`matches` students in all; `owed` is Σ of their debts, `credit` Σ of their credits, both + or 0."""

    rows: list[RosterRow]
    matches: int
    owed: int
    credit: int


def page(
    session: Session,
    *,
    text: str = "",
    class_id: int | None = None,
    status: str | None = None,
    owing: str | None = None,
    order: str = "name",
    descending: bool = False,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> RosterPage:
    """One page of students. `text` finds by the beginning of every word; `owing` is owing, credit or settled.

    `class_id` 0 is no class. Raises KeyError for an unknown order or owing: pages offer only these.
    """
    found = matching_ids(text)
    of_student: list[ColumnElement[bool]] = []
    if found is not None:
        of_student.append(Student.id.in_(found))
    if class_id is not None:
        of_student.append(Student.class_id == class_id if class_id else Student.class_id.is_(None))
    if status is not None:
        of_student.append(Student.status == status)
    of_balance = [OWING[owing]] if owing else []
    by_roll = found is None and owing in (None, "owing")
    totals = _roll(session, class_id, status, owing) if by_roll else _counted(session, of_student, of_balance)
    columns = [c.desc() for c in ORDERS[order]] if descending else list(ORDERS[order])
    rows = session.execute(
        select(
            Student.id,
            Student.admission_no,
            Student.name,
            func.coalesce(SchoolClass.name, "").label("class_name"),
            Student.status,
            StudentBalance.balance,
        )
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .where(*of_student, *of_balance)
        .order_by(*columns)
        .limit(limit)
        .offset(offset)
    ).all()
    return RosterPage(_with_guardians(session, rows), *totals)


def _roll(
    session: Session, class_id: int | None, status: str | None, owing: str | None
) -> tuple[int, int, int]:
    heads = RollTotal.owing if owing else RollTotal.students
    query = select(total(heads), total(RollTotal.owed), total(RollTotal.credit))
    if class_id is not None:
        query = query.where(RollTotal.class_id == class_id)
    if status is not None:
        query = query.where(RollTotal.status == status)
    matches, owed, credit = session.execute(query).one()
    return matches, owed, 0 if owing else credit


def _counted(
    session: Session, of_student: list[ColumnElement[bool]], of_balance: list[ColumnElement[bool]]
) -> tuple[int, int, int]:
    balance = StudentBalance.balance
    query = select(
        func.count(),
        total(case((balance > 0, balance), else_=0)),
        total(case((balance < 0, -balance), else_=0)),
    ).where(*of_balance)
    if of_student:
        query = query.join(Student, Student.id == StudentBalance.student_id).where(*of_student)
    matches, owed, credit = session.execute(query).one()
    return matches, owed, credit


def _with_guardians(session: Session, rows: Sequence[Any]) -> list[RosterRow]:
    guardians = guardians_of(session, [row.id for row in rows])
    facts = []
    for row in rows:
        first = guardians.get(row.id)
        name, phone = (first[0].name, first[0].phone) if first else ("", "")
        facts.append(RosterRow(*(*row, name, phone)))
    return facts
