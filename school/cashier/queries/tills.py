"""What the books expect of a till: what its cashier received, less paid back and reversed, by tender.

Who reverses another cashier's payment pays the money back, so it is the till of that person that changes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session

from school.access.models import User
from school.cashier.models import CashUp
from school.errors import NotFound
from school.ledger import wording
from school.ledger.models import Account, Entry, Line, PeriodLock
from school.ledger.queries.allocation import total

MONEY_MOVES = ("payment", "refund", "reversal")


@dataclass(frozen=True)
class Expected:
    """What should have come by one tender; negative where more was paid back."""

    account: str
    name: str
    amount: int


@dataclass(frozen=True)
class Till:
    """What one cashier is to count: the entries after `after_entry` through `through_entry`.

    `tenders` are those by which money moved; none while there is nothing to count.
    """

    cashier_id: int
    cashier: str
    after_entry: int
    through_entry: int
    entries: int
    tenders: tuple[Expected, ...]

    @property
    def total(self) -> int:
        return sum(tender.amount for tender in self.tenders)

    def expected(self, account: str) -> int:
        return sum(tender.amount for tender in self.tenders if tender.account == account)


@dataclass(frozen=True)
class Moved:
    """One entry of a till, with what came by all tenders."""

    entry_id: int
    name: str
    amount: int


def till(
    session: Session, cashier_id: int, *, through: int | None = None, replaces: int | None = None
) -> Till:
    """The till of a user since their last count, or since the one before where that is to be replaced.

    Raises NotFound for a user who is not there.
    """
    cashier = session.scalar(select(User.name).where(User.id == cashier_id))
    if cashier is None:
        raise NotFound("There is no such cashier. Choose one from the list.")
    after = begins_after(session, cashier_id, replaces=replaces)
    through = session.scalar(select(func.max(Entry.id))) or 0 if through is None else through
    return Till(
        cashier_id,
        cashier,
        after,
        through,
        session.scalar(_how_many(cashier_id, after, through)) or 0,
        expected(session, cashier_id, after=after, through=through),
    )


def since_last_count(session: Session, cashier_id: int) -> int | None:
    """What came in all since this user was last counted; None where that has never been."""
    last = session.scalar(_LAST_COUNTED, {"cashier": cashier_id})
    if last is None:
        return None
    return session.scalar(_since(), {"cashier": cashier_id, "after": last}) or 0


_LAST_COUNTED = (
    select(CashUp.through_entry)
    .where(CashUp.cashier_id == bindparam("cashier"))
    .order_by(CashUp.id.desc())
    .limit(1)
)


@lru_cache
def _since() -> Select[int]:
    own = (Entry.actor_id == bindparam("cashier"), Entry.id > bindparam("after"))
    return (
        select(-total(Line.amount))
        .select_from(Entry)
        .join(Line, Line.entry_id == Entry.id)
        .join(Account, Account.code == Line.account)
        .where(Account.type == "tender", Entry.kind.in_(MONEY_MOVES), *own)
    )


def begins_after(session: Session, cashier_id: int, *, replaces: int | None = None) -> int:
    """The entry after which the next count of this till begins."""
    last = session.execute(
        select(CashUp.id, CashUp.after_entry, CashUp.through_entry)
        .where(CashUp.cashier_id == cashier_id)
        .order_by(CashUp.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return beginning(session)
    ended: int = last.after_entry if last.id == replaces else last.through_entry
    return ended


def beginning(session: Session) -> int:
    """Where counting began in this school: with the first money outside the period closed at that time.

    What was received before is counted and banked already, and nobody counts a year at once.
    """
    first = session.scalar(select(CashUp.after_entry).order_by(CashUp.id).limit(1))
    if first is not None:
        return first
    locked = session.scalar(select(PeriodLock.locked_through).order_by(PeriodLock.id.desc()).limit(1))
    if locked is None:
        return 0
    after_it = select(func.min(Entry.id)).where(Entry.date > locked, Entry.kind.in_(MONEY_MOVES))
    last = select(func.max(Entry.id))
    begins = select(func.coalesce(after_it.scalar_subquery() - 1, last.scalar_subquery(), 0))
    found: int = session.execute(begins).scalar_one()
    return found


def expected(session: Session, cashier_id: int, *, after: int, through: int) -> tuple[Expected, ...]:
    """By tender, in the order of the chart of accounts; a tender that came and went is among them with 0."""
    rows = session.execute(_by_tender().where(*_of_till(cashier_id, after, through)))
    return tuple(Expected(*row) for row in rows)


def taken_on(session: Session, cashier_id: int | None, day: dt.date) -> tuple[Expected, ...]:
    """The same of the entries this cashier dated to the day, counted or not."""
    rows = session.execute(_taken_on(), {"day": day, "cashier": cashier_id})
    return tuple(Expected(*row) for row in rows)


@lru_cache
def _taken_on() -> Select[*tuple[Any, ...]]:
    # + 0 keeps SQLite from the index of all the cashier ever did: the day's entries are fewer
    own = Entry.actor_id + 0 == bindparam("cashier", type_=Integer)
    return _by_tender().where(Entry.date == bindparam("day"), own)


def taken_by_all(session: Session, day: dt.date) -> tuple[Expected, ...]:
    """What came in for a day by tender, whoever took it."""
    rows = session.execute(_by_tender().where(Entry.date == day))
    return tuple(Expected(*row) for row in rows)


def _by_tender() -> Select[*tuple[Any, ...]]:
    return (
        select(Account.code, Account.name, -total(Line.amount))
        .select_from(Entry)
        .join(Line, Line.entry_id == Entry.id)
        .join(Account, Account.code == Line.account)
        .where(Account.type == "tender")
        .group_by(Account.code, Account.name, Account.position)
        .order_by(Account.position, Account.code)
    )


def _of_till(cashier_id: int, after: int, through: int) -> tuple[Any, ...]:
    kinds = Entry.kind.in_(MONEY_MOVES)
    return (Entry.actor_id == cashier_id, kinds, Entry.id > after, Entry.id <= through)


def _how_many(cashier_id: int, after: int, through: int) -> Select[int]:
    moves = exists().where(Line.entry_id == Entry.id, Account.code == Line.account, Account.type == "tender")
    return select(func.count()).select_from(Entry).where(*_of_till(cashier_id, after, through), moves)


def entries(session: Session, cashier_id: int, *, after: int, through: int | None = None) -> list[Moved]:
    """The entries that moved money in or out of this till, in their order."""
    query = (
        select(Entry.id, Entry.kind, Entry.series, Entry.no, -total(Line.amount).label("amount"))
        .join(Line, Line.entry_id == Entry.id)
        .join(Account, Account.code == Line.account)
        .where(Account.type == "tender", Entry.actor_id == cashier_id, Entry.kind.in_(MONEY_MOVES))
        .where(Entry.id > after)
        .group_by(Entry.id, Entry.kind, Entry.series, Entry.no)
        .order_by(Entry.id)
    )
    rows = session.execute(query if through is None else query.where(Entry.id <= through))
    return [
        Moved(id_, wording.document_or_none(series, no) or wording.KIND_NAMES[kind], amount)
        for id_, kind, series, no, amount in rows
    ]


def names(session: Session) -> dict[int, str]:
    """Whoever was counted, by id."""
    rows = select(CashUp.cashier_id, CashUp.cashier).order_by(CashUp.id)
    return dict(session.execute(rows).all())


def tenders(session: Session) -> dict[str, str]:
    """The names of the tenders in use, by account."""
    rows = select(Account.code, Account.name).where(Account.type == "tender", Account.active)
    return dict(session.execute(rows.order_by(Account.position, Account.code)).all())
