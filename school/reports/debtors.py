"""Aged debtors by student, family or class: one row each, what is open by age, and since when.

As at the latest entry date this reads projections; as at an earlier one it is recomputed from entries and
lines, with students in their present class and family. Amounts are minor units. The rows add up to `ageing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from school.ledger.projections import OpenItem, StudentBalance
from school.ledger.queries.allocation import balances, open_items, total, up_to_date
from school.ledger.queries.entries import ROWS_PER_PAGE
from school.reports.ageing import BUCKETS, due_dates_of
from school.students.models import Family, SchoolClass, Student
from school.students.queries import today

BY = ("student", "family", "class")
ORDERS = ("balance", "oldest", "name")
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class DebtorRow:
    """`key` is the id of the student, the family or the class (0 for none), named by `name`; `detail` is an
    admission number or the names of the children.

    Σ of the buckets − credit = balance; `since` is the due date of the oldest open charge.
    """

    key: int
    name: str
    detail: str
    class_name: str
    students: int
    not_due: int
    days_1_30: int
    days_31_60: int
    days_61_90: int
    over_90: int
    credit: int
    since: date | None

    @property
    def overdue(self) -> int:
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def balance(self) -> int:
        return self.not_due + self.overdue - self.credit


def count(session: Session, *, by: str, as_at: date | None = None, class_id: int | None = None) -> int:
    """How many rows there are: of students, families or classes with anything open or in credit."""
    query = _standing(session, as_at, class_id)
    key = _key(by)
    return session.scalars(
        select(func.count(func.distinct(func.coalesce(key, 0))))
        .select_from(query)
        .join(Student, Student.id == query.c.student_id)
    ).one()


def page(
    session: Session,
    *,
    by: str,
    order: str = "balance",
    as_at: date | None = None,
    class_id: int | None = None,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> list[DebtorRow]:
    """Some rows. By balance the most owed comes first, by age the oldest."""
    query = _ordered(session, by, order, as_at, class_id).limit(limit).offset(offset)
    return [DebtorRow(*row) for row in session.execute(query)]


def every(
    session: Session, *, by: str, order: str, as_at: date | None, class_id: int | None
) -> Iterator[DebtorRow]:
    """All rows in the same order, of which few are held at a time."""
    query = _ordered(session, by, order, as_at, class_id)
    for row in session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield DebtorRow(*row)


def _ordered(
    session: Session, by: str, order: str, as_at: date | None, class_id: int | None
) -> Select[*tuple[Any, ...]]:
    day = as_at or today(session)
    items = OpenItem.__table__ if up_to_date(session, as_at) else open_items(as_at=as_at)
    query = _grouped(by, _of_students(_standing(session, as_at, class_id), items, day))
    return query.order_by(*_order(order, query))


def _standing(session: Session, as_at: date | None, class_id: int | None) -> FromClause:
    """(student_id, balance) of those who owe or are in credit."""
    each: FromClause = StudentBalance.__table__
    if not up_to_date(session, as_at):
        each = balances(as_at=as_at).subquery()
    query = select(each.c.student_id, each.c.balance).where(each.c.balance != 0)
    if class_id is not None:
        wanted = Student.class_id == class_id if class_id else Student.class_id.is_(None)
        query = query.join(Student, and_(Student.id == each.c.student_id, wanted))
    return query.subquery()


def _of_students(standing: FromClause, items: FromClause, day: date) -> FromClause:
    """One row a student: what is open of each age, the credit, and the oldest due date."""
    return (
        select(
            standing.c.student_id,
            *(
                total(case((_of_age(items, name, day), items.c.open), else_=0)).label(name)
                for name in BUCKETS
            ),
            func.max(case((standing.c.balance < 0, -standing.c.balance), else_=0)).label("credit"),
            func.min(items.c.due_date).label("since"),
        )
        .outerjoin(items, items.c.student_id == standing.c.student_id)
        .group_by(standing.c.student_id)
        .subquery()
    )


def _of_age(items: FromClause, bucket: str, day: date) -> ColumnElement[bool]:
    first, last = due_dates_of(bucket, day)
    bounds = [items.c.due_date >= first] if first else []
    bounds += [items.c.due_date <= last] if last else []
    return and_(*bounds)


def _key(by: str) -> Any:
    return {"student": Student.id, "family": Student.family_id, "class": Student.class_id}[by]


def _grouped(by: str, each: FromClause) -> Select[*tuple[Any, ...]]:
    children = func.aggregate_strings(Student.name, ", ").aggregate_order_by(Student.sort_name, Student.id)
    names: dict[str, tuple[Any, Any, Any]] = {
        "student": (Student.name, Student.admission_no, func.coalesce(SchoolClass.name, "")),
        "family": (Family.name, children, literal("")),
        "class": (func.coalesce(SchoolClass.name, ""), literal(""), func.coalesce(SchoolClass.name, "")),
    }
    sums = [total(each.c[name]).label(name) for name in (*BUCKETS, "credit")]
    name, detail, class_name = names[by]
    return (
        select(
            func.coalesce(_key(by), 0).label("key"),
            name.label("name"),
            detail.label("detail"),
            class_name.label("class_name"),
            func.count().label("students"),
            *sums,
            func.min(each.c.since).label("since"),
        )
        .select_from(each)
        .join(Student, Student.id == each.c.student_id)
        .join(Family, Family.id == Student.family_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .group_by(*_grouping(by))
    )


def _grouping(by: str) -> tuple[Any, ...]:
    return {
        "student": (
            Student.id,
            Student.name,
            Student.admission_no,
            Student.sort_name,
            SchoolClass.name,
        ),
        "family": (Student.family_id, Family.name),
        "class": (Student.class_id, SchoolClass.name, SchoolClass.position),
    }[by]


def _order(order: str, query: Any) -> tuple[Any, ...]:
    columns = query.selected_columns
    owed = sum((columns[name] for name in BUCKETS), start=-columns["credit"])
    if order == "oldest":
        return func.coalesce(columns["since"], date.max), owed.desc(), columns["key"]
    if order == "name":
        return columns["name"], columns["key"]
    return owed.desc(), columns["key"]
