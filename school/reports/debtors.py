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
from school.ledger.queries.allocation import balances, open_items, total, up_to_date, whole
from school.ledger.queries.entries import ROWS_PER_PAGE
from school.reports.ageing import BUCKETS, Ageing, due_dates_of
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


@dataclass(frozen=True)
class DebtorPage:
    """`matches` rows in all, which come to `whole`; `rows` are one page of them."""

    rows: list[DebtorRow]
    matches: int
    whole: Ageing


def page(
    session: Session,
    *,
    by: str,
    order: str = "balance",
    as_at: date | None = None,
    class_id: int | None = None,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> DebtorPage:
    """Some rows and what all come to, in one sweep. By balance the most owed is first, by age the oldest."""
    each = _grouped(session, by, as_at, class_id).subquery()
    sums_of_all = [whole(func.sum(each.c[name]).over()) for name in (*BUCKETS, "credit")]
    query = select(each, func.count().over(), *sums_of_all).order_by(*_order(order, each))
    rows = session.execute(query.limit(limit).offset(offset)).all()
    matches, *sums = rows[0][len(each.c) :] if rows else (0, 0, 0, 0, 0, 0, 0)
    day = as_at or today(session)
    return DebtorPage([_row(row[: len(each.c)]) for row in rows], matches, Ageing(day, *sums))


def every(
    session: Session, *, by: str, order: str, as_at: date | None, class_id: int | None
) -> Iterator[DebtorRow]:
    """All rows in the same order, of which few are held at a time."""
    each = _grouped(session, by, as_at, class_id).subquery()
    query = select(each).order_by(*_order(order, each))
    for row in session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield _row(row)


def _row(found: Any) -> DebtorRow:
    row = DebtorRow(*found)
    return replace(row, detail=", ".join(sorted(row.detail.split("\n"))))


def _of_students(session: Session, as_at: date | None) -> FromClause:
    """One row a student: what is open of each age, the credit, and the oldest due date.

    Charges and credits are put below each other and summed: a join of the two takes SQLite twenty seconds.
    """
    day = as_at or today(session)
    items = OpenItem.__table__ if up_to_date(session, as_at) else open_items(as_at=as_at)
    each = StudentBalance.__table__ if up_to_date(session, as_at) else balances(as_at=as_at).subquery()
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


def _grouped(session: Session, by: str, as_at: date | None, class_id: int | None) -> Select[*tuple[Any, ...]]:
    each = _of_students(session, as_at)
    children = func.aggregate_strings(Student.name, "\n")  # not in any order: `_row` gives them one
    names: dict[str, tuple[Any, Any, Any]] = {
        "student": (Student.name, Student.admission_no, func.coalesce(SchoolClass.name, "")),
        "family": (Family.name, children, literal("")),
        "class": (func.coalesce(SchoolClass.name, ""), literal(""), func.coalesce(SchoolClass.name, "")),
    }
    sums = [total(each.c[name]).label(name) for name in (*BUCKETS, "credit")]
    name, detail, class_name = names[by]
    query = (
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
    if class_id is not None:
        query = query.where(Student.class_id == class_id if class_id else Student.class_id.is_(None))
    return query


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


def _order(order: str, each: FromClause) -> tuple[Any, ...]:
    owed = sum((each.c[name] for name in BUCKETS), start=-each.c.credit)
    if order == "oldest":
        return func.coalesce(each.c.since, date.max), owed.desc(), each.c.key
    if order == "name":
        return each.c.name, each.c.key
    return owed.desc(), each.c.key
