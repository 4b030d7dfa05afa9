"""Aged debtors: what is open, by days since each charge's own due date. Credit is a column of its own.

As at the latest entry date this reads projections; as at an earlier date it is recomputed from entries and
lines, with students in their present class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import FromClause, Select, and_, func, select
from sqlalchemy.orm import Session

from school.db import rows_of
from school.ledger.models import Account, Line
from school.ledger.projections import DueTotal, OpenItem, RollTotal
from school.ledger.queries.allocation import balances, open_items, total, up_to_date
from school.ledger.queries.entries import ROWS_PER_PAGE
from school.students.models import SchoolClass, Student, Term
from school.students.queries import today

BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")
_CREDIT = select(total(RollTotal.credit))
_DUE_TOTALS = select(DueTotal.due_date, DueTotal.open).where(DueTotal.open != 0).order_by(DueTotal.due_date)
LAST_DAYS = (0, 30, 60, 90)  # the last day late of each bucket but the final one


@dataclass(frozen=True)
class Ageing:
    """Minor units, never below 0. Σ of the buckets − credit = Σ of balances. Due today is not yet late."""

    as_at: date
    not_due: int
    days_1_30: int
    days_31_60: int
    days_61_90: int
    over_90: int
    credit: int

    @property
    def overdue(self) -> int:
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def open_total(self) -> int:
        return self.not_due + self.overdue


@dataclass(frozen=True)
class AgedCharge:
    """One open charge of a bucket; amounts in minor units."""

    line_id: int
    entry_id: int
    student_id: int
    admission_no: str
    name: str
    class_name: str | None
    account_name: str
    term_name: str | None
    memo: str | None
    due_date: date
    amount: int
    open: int
    days_overdue: int


@dataclass(frozen=True)
class AgedPage:
    """`matches` charges in all, `total` open of them; `rows` are one page, oldest due first."""

    rows: list[AgedCharge]
    matches: int
    total: int


def bucket_of(days_overdue: int) -> str:
    """The bucket of a charge so many days after its due date."""
    for bucket, last in zip(BUCKETS, LAST_DAYS, strict=False):
        if days_overdue <= last:
            return bucket
    return BUCKETS[-1]


def due_dates_of(bucket: str, as_at: date) -> tuple[date | None, date | None]:
    """The first and last due date of a bucket, of `due` or of `overdue`, inclusive; None is without end."""
    if bucket in ("due", "overdue"):
        return None, as_at - timedelta(days=bucket == "overdue")
    at = BUCKETS.index(bucket)
    first = as_at - timedelta(days=LAST_DAYS[at]) if at < len(LAST_DAYS) else None
    last = as_at - timedelta(days=LAST_DAYS[at - 1] + 1) if at else None
    return first, last


def ageing(
    session: Session,
    *,
    as_at: date | None = None,
    class_id: int | None = None,
    due: Sequence[tuple[date, int]] | None = None,
) -> Ageing:
    """The whole school, or the students now in one class (0: in none); `due` is `due_totals`, if known."""
    day = as_at or today(session)
    sums = dict.fromkeys(BUCKETS, 0)
    by_date = due_totals(session, as_at=as_at, class_id=class_id) if due is None else due
    for due_date, amount in by_date:
        sums[bucket_of((day - due_date).days)] += amount
    return Ageing(as_at=day, credit=_credit(session, as_at, class_id), **sums)


def due_totals(
    session: Session, *, as_at: date | None = None, class_id: int | None = None
) -> list[tuple[date, int]]:
    """(due date, Σ open of the charges due on it), oldest first."""
    if up_to_date(session, as_at) and class_id is None:
        return [(due_date, amount) for due_date, amount in rows_of(session, _DUE_TOTALS)]
    items = _items(session, as_at)
    query = (
        select(items.c.due_date, total(items.c.open)).group_by(items.c.due_date).order_by(items.c.due_date)
    )
    if class_id is not None:
        query = query.join(Student, Student.id == items.c.student_id).where(_in_class(class_id))
    return [(due_date, amount) for due_date, amount in session.execute(query)]


def charges(
    session: Session,
    *,
    bucket: str | None = None,
    as_at: date | None = None,
    class_id: int | None = None,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> AgedPage:
    """The open charges behind a figure: of one bucket, of all that is `due` or `overdue`, or of all."""
    day = as_at or today(session)
    items = _items(session, as_at)
    wanted: Select[*tuple[Any, ...]] = select(
        items.c.line_id, items.c.student_id, items.c.due_date, items.c.open
    )
    first, last = due_dates_of(bucket, day) if bucket else (None, None)
    if first is not None:
        wanted = wanted.where(items.c.due_date >= first)
    if last is not None:
        wanted = wanted.where(items.c.due_date <= last)
    if class_id is not None:
        wanted = wanted.join(Student, Student.id == items.c.student_id).where(_in_class(class_id))
    counted = wanted.subquery()
    sums = select(func.count(), total(counted.c.open)).select_from(counted)
    if class_id is None and up_to_date(session, as_at):
        of_days = DueTotal.due_date.between(first or date.min, last or date.max)
        kept = select(total(DueTotal.open)).where(of_days).scalar_subquery()
        sums = select(func.count(), kept).select_from(counted)
    matches, amount = session.execute(sums).one()
    page = (
        wanted.order_by(items.c.due_date, items.c.open, items.c.line_id)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    rows: Iterable[Any] = session.execute(
        select(
            Line.id,
            Line.entry_id,
            Line.student_id,
            Student.admission_no,
            Student.name,
            SchoolClass.name,
            Account.name,
            Term.name,
            Line.memo,
            page.c.due_date,
            Line.amount,
            page.c.open,
        )
        .select_from(page)
        .join(Line, Line.id == page.c.line_id)
        .join(Student, Student.id == Line.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(Term, Term.id == Line.term_id)
        .order_by(page.c.due_date, page.c.open, page.c.line_id)
    )
    facts = [AgedCharge(*(*row, (day - row.due_date).days)) for row in rows]
    return AgedPage(facts, matches, amount)


def _items(session: Session, as_at: date | None) -> FromClause:
    if up_to_date(session, as_at):
        return OpenItem.__table__
    return open_items(as_at=as_at)


def _in_class(class_id: int) -> Any:
    return Student.class_id == class_id if class_id else Student.class_id.is_(None)


def _credit(session: Session, as_at: date | None, class_id: int | None) -> int:
    if up_to_date(session, as_at):
        query = _CREDIT
        if class_id is not None:
            query = query.where(RollTotal.class_id == class_id)
        return session.scalars(query).one()
    each = balances(as_at=as_at).subquery()
    past = select(-total(each.c.balance)).where(each.c.balance < 0)
    if class_id is not None:
        past = past.join(Student, and_(Student.id == each.c.student_id, _in_class(class_id)))
    return session.scalars(past).one()
