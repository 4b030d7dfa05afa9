"""What came in: by tender and step of time beside what was billed; by fee head what became of its charges.

Amounts are minor units. `billed`, `conceded` and `collected` are as on the dashboard, by accounting date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, aliased

from school.ledger.models import Account, Entry, Line
from school.ledger.projections import DayTotal, OpenItem
from school.ledger.queries.allocation import total
from school.students.queries import TermFacts

STEPS = ("day", "month", "term")


@dataclass
class Step:
    """One day, month or term of the period; `by_tender` is keyed by account code."""

    since: date
    until: date
    term: TermFacts | None = None
    billed: int = 0
    conceded: int = 0
    by_tender: dict[str, int] = field(default_factory=dict)

    @property
    def collected(self) -> int:
        return sum(self.by_tender.values())


@dataclass(frozen=True)
class HeadRow:
    """The charges made in the period on one fee head, and what became of them until now.

    settled is what payments and credit have paid: charged − taken_off − open.
    """

    account: str
    name: str
    charged: int
    taken_off: int
    open: int

    @property
    def settled(self) -> int:
        return self.charged - self.taken_off - self.open


def steps(session: Session, *, since: date, until: date, step: str, terms: Sequence[TermFacts]) -> list[Step]:
    """The steps in which anything was billed or collected, in order.

    A term lasts until the next one begins; what is before the first stands without a term.
    """
    found: dict[date, Step] = {}
    rows = session.execute(
        select(DayTotal.date, Account.code, Account.type, DayTotal.amount)
        .join(Account, Account.code == DayTotal.account)
        .where(DayTotal.date.between(since, until), Account.type.in_(("tender", "income", "concession")))
        .order_by(DayTotal.date)
    )
    for day, code, type_, amount in rows:
        first, last, term = _bounds(day, step, terms)
        at = found.setdefault(first, Step(max(first, since), min(last, until), term))
        if type_ == "tender":
            at.by_tender[code] = at.by_tender.get(code, 0) - amount
        elif type_ == "income":
            at.billed += amount
        else:
            at.conceded -= amount
    return [at for at in found.values() if at.billed or at.conceded or any(at.by_tender.values())]


def _bounds(day: date, step: str, terms: Sequence[TermFacts]) -> tuple[date, date, TermFacts | None]:
    if step == "day":
        return day, day, None
    if step == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), None
    begun = [term for term in terms if term.starts_on <= day]
    later = [term.starts_on for term in terms if term.starts_on > day]
    last = min(later) - timedelta(days=1) if later else date.max
    return (begun[-1].starts_on, last, begun[-1]) if begun else (date.min, last, None)


def fee_heads(session: Session, *, since: date, until: date) -> list[HeadRow]:
    """By fee head, in the school's order, what was charged in the period and how much of it is still open."""
    charge, credit = aliased(Line), aliased(Line)
    pinned = (
        select(credit.pays.label("line_id"), total(credit.amount).label("amount"))
        .join(Account, Account.code == credit.account)
        .where(credit.pays.is_not(None), Account.type != "tender")
        .group_by(credit.pays)
        .subquery()
    )
    taken: Any = -func.coalesce(pinned.c.amount, 0)
    rows = session.execute(
        select(
            Account.code,
            Account.name,
            total(charge.amount),
            total(case((taken > charge.amount, charge.amount), else_=taken)),
            total(OpenItem.open),
        )
        .select_from(Entry)
        .join(charge, charge.entry_id == Entry.id)
        .join(Account, and_(Account.code == charge.account, Account.type == "income"))
        .outerjoin(pinned, pinned.c.line_id == charge.id)
        .outerjoin(OpenItem, OpenItem.line_id == charge.id)
        .where(Entry.date.between(since, until), charge.due_date.is_not(None))
        .group_by(Account.code, Account.name, Account.position)
        .order_by(Account.position, Account.code)
    )
    return [HeadRow(*row) for row in rows]
