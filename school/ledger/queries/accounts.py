"""What one student owes, which charges are open, and the chart of accounts. Minor units, + owes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import FromClause, Select, bindparam, select
from sqlalchemy.orm import Session

from school.db import among
from school.ledger.models import Account, Entry, Line, PeriodLock
from school.ledger.projections import OpenItem, StudentBalance
from school.ledger.queries.allocation import balances, open_items, up_to_date
from school.students.models import Term
from school.students.queries import today


@dataclass(frozen=True)
class AccountSummary:
    """balance = open_total − credit, and never both. due is open by the day, overdue before it."""

    balance: int
    open_total: int
    due: int
    not_yet_due: int
    overdue: int
    credit: int


@dataclass(frozen=True)
class OpenCharge:
    """A charge with something still open of it. days_overdue is negative before its due date."""

    line_id: int
    entry_id: int
    date: dt.date
    due_date: dt.date
    account: str
    account_name: str
    term_name: str | None
    memo: str | None
    amount: int
    open: int
    days_overdue: int


@dataclass(frozen=True)
class AccountFacts:
    code: str
    name: str
    type: str
    active: bool


@dataclass(frozen=True)
class PeriodLockFacts:
    """Since `at` the books were closed through this date, until a newer one."""

    locked_through: dt.date
    at: dt.datetime
    actor: str
    reason: str


_BALANCE = select(StudentBalance.balance).where(StudentBalance.student_id == bindparam("student"))
_BALANCES = select(StudentBalance.student_id, StudentBalance.balance).where(
    among(StudentBalance.student_id, named="students")
)


def balance(session: Session, student_id: int, *, as_at: dt.date | None = None) -> int:
    """+ owes, − in credit; 0 for a student without lines."""
    if up_to_date(session, as_at):
        return session.scalar(_BALANCE, {"student": student_id}) or 0
    row = session.execute(balances(as_at=as_at, students=[student_id])).one_or_none()
    return row.balance if row else 0


def balances_of(session: Session, student_ids: Iterable[int]) -> dict[int, int]:
    """Of each, + owes, − in credit; 0 for a student without lines."""
    asked = dict.fromkeys(student_ids, 0)
    return asked | dict(session.execute(_BALANCES, {"students": asked}).all())


def summary(session: Session, student_id: int, *, as_at: dt.date | None = None) -> AccountSummary:
    """The key figures of one account; without `as_at`, of all that is posted, due by the school's today."""
    day = as_at or today(session)
    now = balance(session, student_id, as_at=as_at)
    items = open_charges(session, student_id, as_at=as_at)
    open_total = sum(item.open for item in items)
    due = sum(item.open for item in items if item.due_date <= day)
    overdue = sum(item.open for item in items if item.due_date < day)
    return AccountSummary(now, open_total, due, open_total - due, overdue, max(0, -now))


def open_charges(session: Session, student_id: int, *, as_at: dt.date | None = None) -> list[OpenCharge]:
    """What is open of each charge, oldest due first: the order in which a payment settles them."""
    return open_charges_of(session, [student_id], as_at=as_at).get(student_id, [])


def open_charges_of(
    session: Session, student_ids: Collection[int], *, as_at: dt.date | None = None
) -> dict[int, list[OpenCharge]]:
    """The same of several students that have any; no more of them than one IN (…) can hold."""
    day = as_at or today(session)
    if up_to_date(session, as_at):
        rows: Iterable[Any] = session.execute(_open_now(), {"students": list(student_ids)})
    else:
        rows = session.execute(_charges(open_items(as_at=as_at, students=student_ids)))
    found: dict[int, list[OpenCharge]] = {}
    for student_id, *row in rows:
        found.setdefault(student_id, []).append(OpenCharge(*(*row, (day - row[3]).days)))
    return found


@lru_cache  # a statement built once is read four times as fast as one built anew
def _open_now() -> Select[*tuple[Any, ...]]:
    of_students = OpenItem.student_id.in_(bindparam("students", expanding=True))
    return _charges(select(OpenItem).where(of_students).subquery())


def _charges(items: FromClause) -> Select[*tuple[Any, ...]]:
    return (
        select(
            items.c.student_id,
            Line.id,
            Line.entry_id,
            Entry.date,
            items.c.due_date,
            Line.account,
            Account.name,
            Term.name,
            Line.memo,
            Line.amount,
            items.c.open,
        )
        .select_from(items)
        .join(Line, Line.id == items.c.line_id)
        .join(Entry, Entry.id == Line.entry_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(Term, Term.id == Line.term_id)
        .order_by(items.c.student_id, items.c.due_date, Line.id)
    )


_CHART = select(Account.code, Account.name, Account.type, Account.active).order_by(
    Account.type, Account.position, Account.code
)
_CHART_OF_TYPE = _CHART.where(Account.type == bindparam("type"))


def accounts(session: Session, *, type: str | None = None) -> list[AccountFacts]:  # noqa: A002 – the field's word
    """The chart of accounts, or the accounts of one type, in the school's order."""
    rows = session.execute(_CHART if type is None else _CHART_OF_TYPE, {"type": type})
    return [AccountFacts(*row) for row in rows]


_LOCKED_THROUGH = select(PeriodLock.locked_through).order_by(PeriodLock.id.desc()).limit(1)


def locked_through(session: Session) -> dt.date | None:
    """The books are closed through this date; None while they never were."""
    return session.scalar(_LOCKED_THROUGH)


def period_locks(session: Session, *, limit: int) -> list[PeriodLockFacts]:
    """How far the books were closed, the newest first."""
    columns = (PeriodLock.locked_through, PeriodLock.at, PeriodLock.actor, PeriodLock.reason)
    rows = session.execute(select(*columns).order_by(PeriodLock.id.desc()).limit(limit))
    return [PeriodLockFacts(*row) for row in rows]
