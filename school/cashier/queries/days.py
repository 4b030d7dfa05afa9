"""Days: what is still to be done before one can be closed, and which were."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from school.access.models import User
from school.cashier.models import CashUp, CashUpTender, DayClose
from school.cashier.queries.counts import is_waiting
from school.cashier.queries.tills import MONEY_MOVES, beginning
from school.ledger.models import Account, Entry, Line, PeriodLock
from school.ledger.queries.allocation import total

ROWS_PER_PAGE = 50


@dataclass(frozen=True)
class Missing:
    """A till that keeps a day open: it is not counted, or the count `cash_up_id` is not signed.

    `amount` is minor units: what the books expect of the entries up to the day, or what was counted.
    """

    cashier_id: int
    cashier: str
    cash_up_id: int | None
    amount: int


@dataclass(frozen=True)
class Closed:
    """A day that was closed; `reopened` says that the books were opened for it again since."""

    date: dt.date
    at: dt.datetime
    actor: str
    last_entry: int
    last_hash: str
    reopened: bool


@dataclass(frozen=True)
class Lock:
    """A period lock; the newest is the one in force."""

    locked_through: dt.date
    at: dt.datetime
    actor: str
    reason: str


_least_since = (
    select(func.min(PeriodLock.locked_through))
    .where(PeriodLock.id > DayClose.lock_id)
    .correlate(DayClose)
    .scalar_subquery()
)
_CLOSED = select(
    DayClose.date,
    DayClose.at,
    DayClose.actor,
    DayClose.last_entry,
    DayClose.last_hash,
    func.coalesce(_least_since < DayClose.date, False),
)


def missing(session: Session, day: dt.date) -> list[Missing]:
    """The tills with entries of this day or of one before that are not counted, or not signed."""
    last = (
        select(func.max(CashUp.through_entry))
        .where(CashUp.cashier_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    moved = (
        Entry.actor_id == User.id,
        Entry.kind.in_(MONEY_MOVES),
        Entry.id > func.coalesce(last, beginning(session)),
        Entry.date <= day,
    )
    by_tender = (Line.entry_id == Entry.id, Account.code == Line.account, Account.type == "tender")
    uncounted = exists().where(*moved, exists().where(*by_tender))
    expected = select(-total(Line.amount)).where(*moved, *by_tender).correlate(User).scalar_subquery()
    tills = session.execute(select(User.id, User.name, expected).where(uncounted).order_by(User.name))
    counted = (
        select(total(CashUpTender.counted))
        .where(CashUpTender.cash_up_id == CashUp.id)
        .correlate(CashUp)
        .scalar_subquery()
    )
    unsigned = session.execute(
        select(CashUp.cashier_id, CashUp.cashier, CashUp.id, counted)
        .where(*is_waiting(), _reaches_back_to(day))
        .order_by(CashUp.id)
    )
    return [
        *(Missing(user_id, name, None, amount) for user_id, name, amount in tills),
        *(Missing(*row) for row in unsigned),
    ]


def _reaches_back_to(day: dt.date) -> ColumnElement[bool]:
    return exists().where(
        Entry.actor_id == CashUp.cashier_id,
        Entry.kind.in_(MONEY_MOVES),
        Entry.id > CashUp.after_entry,
        Entry.id <= CashUp.through_entry,
        Entry.date <= day,
    )


def hash_of(session: Session, entry_id: int) -> str:
    """The hash the books had with this entry as their last; "" before the first."""
    return session.scalar(select(Entry.hash).where(Entry.id == entry_id)) or ""


def closed(session: Session, *, limit: int = ROWS_PER_PAGE, offset: int = 0) -> tuple[list[Closed], int]:
    """Days that were closed, the latest first, and how many there are."""
    rows = session.execute(_CLOSED.order_by(DayClose.id.desc()).limit(limit).offset(offset))
    matches = session.scalar(select(func.count()).select_from(DayClose)) or 0
    return [Closed(*row[:-1], reopened=bool(row[-1])) for row in rows], matches


def close_of(session: Session, day: dt.date) -> Closed | None:
    """How this day was closed last, or None."""
    last = select(func.max(DayClose.id)).where(DayClose.date == day).scalar_subquery()
    row = session.execute(_CLOSED.where(DayClose.id == last)).one_or_none()
    return Closed(*row[:-1], reopened=bool(row[-1])) if row else None


def locks(session: Session, *, limit: int = 5) -> list[Lock]:
    """The last period locks, the newest first."""
    rows = select(PeriodLock.locked_through, PeriodLock.at, PeriodLock.actor, PeriodLock.reason)
    return [Lock(*row) for row in session.execute(rows.order_by(PeriodLock.id.desc()).limit(limit))]
