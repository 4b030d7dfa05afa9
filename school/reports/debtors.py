"""Aged debtors by student, family or class: one row each, what is open by age, and since when.

As at the latest entry date this reads projections; as at an earlier one it is recomputed from entries and
lines, with students in their present class and family. Amounts are minor units. The rows add up to `ageing`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal, null, select, union_all
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
    each = _balances(session, as_at)
    query = (
        select(func.count(func.distinct(func.coalesce(_key(by), 0))))
        .select_from(each)
        .join(Student, Student.id == each.c.student_id)
        .where(each.c.balance != 0)
    )
    if class_id is not None:
        query = query.where(_in_class(class_id))
    return session.scalars(query).one()


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
    return [_row(row) for row in session.execute(query)]


def every(
    session: Session, *, by: str, order: str, as_at: date | None, class_id: int | None
) -> Iterator[DebtorRow]:
    """All rows in the same order, of which few are held at a time."""
    query = _ordered(session, by, order, as_at, class_id)
    for row in session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield _row(row)


def _row(found: Any) -> DebtorRow:
    row = DebtorRow(*found)
    return replace(row, detail=", ".join(sorted(row.detail.split("\n"))))


def _ordered(
    session: Session, by: str, order: str, as_at: date | None, class_id: int | None
) -> Select[*tuple[Any, ...]]:
    query = _grouped(by, _of_students(session, as_at))
    if class_id is not None:
        query = query.where(_in_class(class_id))
    return query.order_by(*_order(order, query))


def _in_class(class_id: int) -> ColumnElement[bool]:
    return Student.class_id == class_id if class_id else Student.class_id.is_(None)


def _balances(session: Session, as_at: date | None) -> FromClause:
    return StudentBalance.__table__ if up_to_date(session, as_at) else balances(as_at=as_at).subquery()


def _of_students(session: Session, as_at: date | None) -> FromClause:
    """One row a student: what is open of each age, the credit, and the oldest due date.

    Charges and credits are put below each other and summed: a join of the two takes SQLite twenty seconds.
    """
    day = as_at or today(session)
    items = OpenItem.__table__ if up_to_date(session, as_at) else open_items(as_at=as_at)
    each = _balances(session, as_at)
    ages = [case((_of_age(items, name, day), items.c.open), else_=0).label(name) for name in BUCKETS]
    nothing = [literal(0).label(name) for name in BUCKETS]
    charges = select(items.c.student_id, *ages, literal(0).label("credit"), items.c.due_date.label("since"))
    credits_ = select(each.c.student_id, *nothing, -each.c.balance, null()).where(each.c.balance < 0)
    parts = union_all(charges, credits_).subquery()
    sums = [total(parts.c[name]).label(name) for name in (*BUCKETS, "credit")]
    return (
        select(parts.c.student_id, *sums, func.min(parts.c.since).label("since"))
        .group_by(parts.c.student_id)
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
    children = func.aggregate_strings(Student.name, "\n")  # not in any order: `_row` gives them one
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
