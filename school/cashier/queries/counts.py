"""Counts as they were made: what was expected, what was there, who counted and who signed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from school.cashier.models import CashUp, CashUpCoin, CashUpSignature, CashUpTender
from school.errors import NotFound
from school.ledger.models import Account

ROWS_PER_PAGE = 50
WAITING, SIGNED, REPLACED, VARIANCE = "waiting", "signed", "replaced", "variance"


@dataclass(frozen=True)
class Counted:
    """One tender of a count, + received."""

    account: str
    name: str
    expected: int
    counted: int

    @property
    def variance(self) -> int:
        return self.counted - self.expected


@dataclass(frozen=True)
class Count:
    """`coins` are (value, pieces), the largest first; `replaced_by` is the count made in its place."""

    id: int
    cashier_id: int
    cashier: str
    date: dt.date
    after_entry: int
    through_entry: int
    counted_at: dt.datetime
    counted_by_id: int | None
    counted_by: str
    cash_float: int
    reason: str | None
    replaces: int | None
    replaced_by: int | None
    signed_by: str | None
    signed_at: dt.datetime | None
    tenders: tuple[Counted, ...]
    coins: tuple[tuple[int, int], ...]

    @property
    def expected(self) -> int:
        return sum(tender.expected for tender in self.tenders)

    @property
    def counted(self) -> int:
        return sum(tender.counted for tender in self.tenders)

    @property
    def varies(self) -> bool:
        return any(tender.variance for tender in self.tenders)

    @property
    def state(self) -> str:
        return REPLACED if self.replaced_by else SIGNED if self.signed_by else WAITING


@dataclass(frozen=True)
class CountPage:
    rows: list[Count]
    matches: int


_later = aliased(CashUp)
_IS_SIGNED = exists().where(CashUpSignature.cash_up_id == CashUp.id)
_IS_REPLACED = exists().where(_later.replaces == CashUp.id)
_STATES: dict[str, tuple[ColumnElement[bool], ...]] = {
    WAITING: (~_IS_SIGNED, ~_IS_REPLACED),
    SIGNED: (_IS_SIGNED,),
    REPLACED: (_IS_REPLACED,),
    VARIANCE: (
        ~_IS_REPLACED,
        exists().where(CashUpTender.cash_up_id == CashUp.id, CashUpTender.counted != CashUpTender.expected),
    ),
}


def is_waiting() -> tuple[ColumnElement[bool], ...]:
    """Of a row of `CashUp`: nobody has signed it, and no other was made in its place."""
    return _STATES[WAITING]


def count(session: Session, cash_up_id: int) -> Count:
    """Raises NotFound."""
    found = _counts(session, [cash_up_id])
    if not found:
        raise NotFound(f"There is no cash-up {cash_up_id}.")
    return found[0]


def count_of_request(session: Session, request_id: str) -> int | None:
    """The count that this form has already brought about, or None."""
    return session.scalar(select(CashUp.id).where(CashUp.request_id == request_id))


def last_count(session: Session, cashier_id: int) -> Count | None:
    """The last count of this till, which no other replaces."""
    last = session.scalar(select(func.max(CashUp.id)).where(CashUp.cashier_id == cashier_id))
    return count(session, last) if last else None


def waiting(session: Session) -> list[Count]:
    """Counts that nobody has signed yet, the oldest first."""
    return _counts(session, session.scalars(select(CashUp.id).where(*is_waiting())).all())


def page(
    session: Session,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    cashier_id: int | None = None,
    state: str | None = None,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> CountPage:
    """Counts that match everything given, the latest first. Dates are inclusive."""
    asked: list[ColumnElement[bool]] = [*(_STATES[state] if state else ())]
    if since is not None:
        asked.append(CashUp.date >= since)
    if until is not None:
        asked.append(CashUp.date <= until)
    if cashier_id is not None:
        asked.append(CashUp.cashier_id == cashier_id)
    matches = session.scalar(select(func.count()).select_from(CashUp).where(*asked)) or 0
    ids = select(CashUp.id).where(*asked).order_by(CashUp.id.desc()).limit(limit).offset(offset)
    return CountPage(_counts(session, session.scalars(ids).all())[::-1], matches)


def _counts(session: Session, ids: Sequence[int]) -> list[Count]:
    """In order of their numbers."""
    tenders: defaultdict[int, list[Counted]] = defaultdict(list)
    coins: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in session.execute(
        select(
            CashUpTender.cash_up_id,
            CashUpTender.account,
            Account.name,
            CashUpTender.expected,
            CashUpTender.counted,
        )
        .join(Account, Account.code == CashUpTender.account)
        .where(CashUpTender.cash_up_id.in_(ids))
        .order_by(Account.position, Account.code)
    ):
        tenders[row[0]].append(Counted(*row[1:]))
    for cash_up_id, value, pieces in session.execute(
        select(CashUpCoin.cash_up_id, CashUpCoin.value, CashUpCoin.pieces)
        .where(CashUpCoin.cash_up_id.in_(ids))
        .order_by(CashUpCoin.value.desc())
    ):
        coins[cash_up_id].append((value, pieces))
    heads = session.execute(
        select(CashUp, _later.id, CashUpSignature.signed_by, CashUpSignature.signed_at)
        .outerjoin(_later, _later.replaces == CashUp.id)
        .outerjoin(CashUpSignature, CashUpSignature.cash_up_id == CashUp.id)
        .where(CashUp.id.in_(ids))
        .order_by(CashUp.id)
    )
    return [_count(row, tuple(tenders[row[0].id]), tuple(coins[row[0].id])) for row in heads]


def _count(row: Any, tenders: tuple[Counted, ...], coins: tuple[tuple[int, int], ...]) -> Count:
    c, replaced_by, signed_by, signed_at = row
    return Count(
        id=c.id,
        cashier_id=c.cashier_id,
        cashier=c.cashier,
        date=c.date,
        after_entry=c.after_entry,
        through_entry=c.through_entry,
        counted_at=c.counted_at,
        counted_by_id=c.counted_by_id,
        counted_by=c.counted_by,
        cash_float=c.cash_float,
        reason=c.reason,
        replaces=c.replaces,
        replaced_by=replaced_by,
        signed_by=signed_by,
        signed_at=signed_at,
        tenders=tenders,
        coins=coins,
    )
