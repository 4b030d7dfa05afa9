"""Students with what they owe: searched, filtered, ordered and paged in SQL; totals are of all matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from school.ledger.projections import RollTotal, StudentBalance
from school.ledger.queries.allocation import total
from school.students.finding import matching_ids
from school.students.models import SchoolClass, Student
from school.students.queries import guardians_of

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
    shape = (owing, None if class_id is None else bool(class_id), status is not None)
    asked = {"class": class_id, "status": status, "limit": limit, "offset": offset}
    if found is None and owing in (None, "owing"):
        matches, owed, credit = session.execute(_roll(*shape), asked).one()
        totals = (matches, owed, 0 if owing else credit)
    else:
        matches, owed, credit = session.execute(_counted(found, *shape), asked).one()
        totals = (matches, owed, credit)
    query = _ordered(order, descending, *shape) if found is None else _rows(found, order, descending, *shape)
    return RosterPage(_with_guardians(session, session.execute(query, asked).all()), *totals)


def _of_student(found: Any | None, of_class: bool | None, of_status: bool) -> list[ColumnElement[bool]]:
    """`of_class` False is no class, None any; values are bound when the statement is read."""
    kept: list[ColumnElement[bool]] = [Student.id.in_(found)] if found is not None else []
    if of_class is not None:
        kept.append(Student.class_id == bindparam("class") if of_class else Student.class_id.is_(None))
    return [*kept, Student.status == bindparam("status")] if of_status else kept


def _rows(
    found: Any | None, order: str, descending: bool, owing: str | None, of_class: bool | None, of_status: bool
) -> Select[*tuple[Any, ...]]:
    columns = [c.desc() for c in ORDERS[order]] if descending else list(ORDERS[order])
    return (
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
        .where(*_of_student(found, of_class, of_status), *([OWING[owing]] if owing else []))
        .order_by(*columns)
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("offset", type_=Integer))
    )


@lru_cache  # building a statement takes longer than reading a page of it
def _ordered(
    order: str, descending: bool, owing: str | None, of_class: bool | None, of_status: bool
) -> Select[*tuple[Any, ...]]:
    return _rows(None, order, descending, owing, of_class, of_status)


@lru_cache
def _roll(owing: str | None, of_class: bool | None, of_status: bool) -> Select[int, int, int]:
    heads = RollTotal.owing if owing else RollTotal.students
    query = select(total(heads), total(RollTotal.owed), total(RollTotal.credit))
    if of_class is not None:
        query = query.where(RollTotal.class_id == bindparam("class"))
    if of_status:
        query = query.where(RollTotal.status == bindparam("status"))
    return query


def _counted(
    found: Any | None, owing: str | None, of_class: bool | None, of_status: bool
) -> Select[int, int, int]:
    balance = StudentBalance.balance
    query = select(
        func.count(),
        total(case((balance > 0, balance), else_=0)),
        total(case((balance < 0, -balance), else_=0)),
    ).where(*([OWING[owing]] if owing else []))
    of_student = _of_student(found, of_class, of_status)
    if of_student:
        query = query.join(Student, Student.id == StudentBalance.student_id).where(*of_student)
    return query


def _with_guardians(session: Session, rows: Sequence[Any]) -> list[RosterRow]:
    guardians = guardians_of(session, [row.id for row in rows])
    facts = []
    for row in rows:
        first = guardians.get(row.id)
        name, phone = (first[0].name, first[0].phone) if first else ("", "")
        facts.append(RosterRow(*(*row, name, phone)))
    return facts
