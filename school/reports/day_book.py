"""The day book: every entry of a period in the order of its days, and what they come to.

Each entry stands in one of four columns: money in or out where a tender moved, else charges or credits, by
what it did to what is owed. So charges − credits − in + out is how what is owed has moved, and in − out is
what the tenders gained: `movements.takings`. Amounts are minor units.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from school.db import rows_of
from school.ledger import wording
from school.ledger.models import Account, Entry
from school.ledger.projections import DayTotal
from school.ledger.queries.allocation import total
from school.ledger.queries.entries import ROWS_PER_PAGE
from school.ledger.queries.receipts import names_of_lines
from school.reports.movements import AccountTotal

MONEY = ("payment", "refund")  # their lines, and those of their reversals, are on tenders and nowhere else
ROWS_AT_ONCE = 1_000

_ORIGINAL = aliased(Entry)


@dataclass(frozen=True)
class Sides:
    """An amount in the column it belongs to; never below 0."""

    charges: int
    credits: int
    money_in: int
    money_out: int

    @property
    def moved(self) -> int:
        """How much more is owed; − is less."""
        return self.charges - self.credits - self.money_in + self.money_out


@dataclass(frozen=True)
class DayBookRow:
    """`original` is the kind of what a reversal takes back; `amount` is + where more is owed."""

    entry_id: int
    date: date
    at: datetime
    kind: str
    original: str | None
    what: str
    reason: str
    students: str
    accounts: str
    actor: str
    amount: int

    @property
    def sides(self) -> Sides:
        return _sides(self.kind, self.original, max(self.amount, 0), max(-self.amount, 0))


@dataclass(frozen=True)
class KindTotal:
    """All entries of a kind; the reversals of each kind stand by themselves."""

    kind: str
    original: str | None
    entries: int
    sides: Sides


@dataclass(frozen=True)
class DayBookTotals:
    """Of all entries of the period; `accounts` are what each account moved, + is more owed."""

    kinds: list[KindTotal]
    accounts: list[AccountTotal]

    @property
    def entries(self) -> int:
        return sum(kind.entries for kind in self.kinds)

    @property
    def sides(self) -> Sides:
        parts = [kind.sides for kind in self.kinds]
        return Sides(
            charges=sum(part.charges for part in parts),
            credits=sum(part.credits for part in parts),
            money_in=sum(part.money_in for part in parts),
            money_out=sum(part.money_out for part in parts),
        )


def totals(
    session: Session, *, since: date, until: date, kinds: Collection[str] | None = None
) -> DayBookTotals:
    """What the period comes to, by kind and by account; `kinds` are those asked for, None is every kind."""
    return DayBookTotals(
        _by_kind(session, since, until, kinds), [] if kinds else _by_account(session, since, until)
    )


def page(
    session: Session,
    *,
    since: date,
    until: date,
    kinds: Collection[str] | None = None,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> list[DayBookRow]:
    """Some entries of the period, in order."""
    query = _entries(kinds is not None).limit(limit).offset(offset)
    return _rows(session, session.execute(query, _asked(since, until, kinds)).all())


def every(
    session: Session, *, since: date, until: date, kinds: Collection[str] | None = None
) -> Iterator[DayBookRow]:
    """All entries of the period, in order, of which few are held at a time."""
    after: ColumnElement[bool] | None = None
    asked = _asked(since, until, kinds)
    while True:
        query = _entries(kinds is not None).limit(ROWS_AT_ONCE)
        rows = _rows(session, session.execute(query if after is None else query.where(after), asked).all())
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        last = rows[-1]
        after = or_(Entry.date > last.date, and_(Entry.date == last.date, Entry.id > last.entry_id))


def last_day(session: Session) -> date | None:
    """The last day that has entries; None while there are none."""
    return rows_of(session, _LAST_DAY)[0][0]


def _asked(since: date, until: date, kinds: Collection[str] | None) -> dict[str, Any]:
    return {"since": since, "until": until, "kinds": list(kinds or ())}


_LAST_DAY = select(func.max(Entry.date))
_IN_PERIOD = Entry.date.between(bindparam("since"), bindparam("until"))
_OF_KINDS = Entry.kind.in_(bindparam("kinds", expanding=True))


@lru_cache  # statements built once are read four times as fast as those built anew
def _entries(of_kinds: bool) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Entry.id,
            Entry.date,
            Entry.at,
            Entry.kind,
            Entry.series,
            Entry.no,
            Entry.reason,
            Entry.actor,
            Entry.total,
            _ORIGINAL.kind.label("original_kind"),
            _ORIGINAL.date.label("original_date"),
            _ORIGINAL.series.label("original_series"),
            _ORIGINAL.no.label("original_no"),
        )
        .outerjoin(_ORIGINAL, _ORIGINAL.id == Entry.reverses)
        .where(_IN_PERIOD)
        .order_by(Entry.date, Entry.id)
    )
    return query.where(_OF_KINDS) if of_kinds else query


def _rows(session: Session, found: Sequence[Any]) -> list[DayBookRow]:
    students, accounts = names_of_lines(session, [row.id for row in found])
    return [
        DayBookRow(
            entry_id=row.id,
            date=row.date,
            at=row.at,
            kind=row.kind,
            original=row.original_kind,
            what=_what(row),
            reason=row.reason or "",
            students=wording.together(students[row.id]),
            accounts=wording.together(accounts[row.id]),
            actor=row.actor,
            amount=row.total,
        )
        for row in found
    ]


def _what(row: Any) -> str:
    if row.original_kind:
        number = wording.document_or_none(row.original_series, row.original_no)
        return wording.reversal(row.original_kind, row.original_date, document=number, reason=None)
    return wording.movement(row.kind, document=wording.document_or_none(row.series, row.no))


def _by_kind(session: Session, since: date, until: date, kinds: Collection[str] | None) -> list[KindTotal]:
    asked = _asked(since, until, kinds)
    rows = [
        KindTotal(kind, original, entries, _sides(kind, original, more, less))
        for kind, original, entries, more, less in session.execute(_kinds(kinds is not None), asked)
    ]
    order = list(wording.KIND_NAMES)
    return sorted(rows, key=lambda row: (order.index(row.kind), order.index(row.original or row.kind)))


@lru_cache
def _kinds(of_kinds: bool) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Entry.kind,
            _ORIGINAL.kind,
            func.count(),
            total(case((Entry.total > 0, Entry.total), else_=0)),
            total(case((Entry.total < 0, -Entry.total), else_=0)),
        )
        .select_from(Entry)
        .outerjoin(_ORIGINAL, _ORIGINAL.id == Entry.reverses)
        .where(_IN_PERIOD)
        .group_by(Entry.kind, _ORIGINAL.kind)
    )
    return query.where(_OF_KINDS) if of_kinds else query


def _by_account(session: Session, since: date, until: date) -> list[AccountTotal]:
    rows = session.execute(_ACCOUNTS, {"since": since, "until": until})
    return [AccountTotal(*row) for row in rows if row[2]]


_ACCOUNTS = (
    select(Account.code, Account.name, total(DayTotal.amount))
    .join(Account, Account.code == DayTotal.account)
    .where(DayTotal.date.between(bindparam("since"), bindparam("until")))
    .group_by(Account.code, Account.name, Account.type, Account.position)
    .order_by(Account.type, Account.position, Account.code)
)


def _sides(kind: str, original: str | None, more: int, less: int) -> Sides:
    if (original or kind) in MONEY:
        return Sides(0, 0, less, more)
    return Sides(more, less, 0, 0)
