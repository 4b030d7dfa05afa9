"""What came in: by tender and step of time beside what was billed; by fee head what became of its charges.

Amounts are minor units. `billed`, `conceded` and `collected` are as on the dashboard, by accounting date.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, aliased

from school.ledger.models import Account, Entry, Line
from school.ledger.projections import ClassTotal, DayTotal, OpenItem
from school.ledger.queries.allocation import total
from school.students.queries import TermFacts

TYPES = ("tender", "income", "concession")


@dataclass
class Step:
    """One day, month or term; `by_tender` is keyed by account code."""

    since: date
    until: date
    term: TermFacts | None = None
    billed: int = 0
    conceded: int = 0
    by_tender: dict[str, int] = field(default_factory=dict)

    def add(self, account: str, type_: str, amount: int) -> None:
        if type_ == "tender":
            self.by_tender[account] = self.by_tender.get(account, 0) - amount
        elif type_ == "income":
            self.billed += amount
        else:
            self.conceded -= amount

    @property
    def collected(self) -> int:
        return sum(self.by_tender.values())

    @property
    def moved(self) -> bool:
        return bool(self.billed or self.conceded or any(self.by_tender.values()))


@dataclass(frozen=True)
class HeadRow:
    """The charges made on one fee head, and what became of them until now.

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


def steps(session: Session, *, since: date, until: date, step: str) -> list[Step]:
    """The days or months of the period in which anything was billed or collected, in order."""
    found: dict[date, Step] = {}
    rows = session.execute(
        select(DayTotal.date, Account.code, Account.type, DayTotal.amount)
        .join(Account, Account.code == DayTotal.account)
        .where(DayTotal.date.between(since, until), Account.type.in_(TYPES))
        .order_by(DayTotal.date)
    )
    for day, code, type_, amount in rows:
        first, last = (day, day) if step == "day" else _month(day)
        found.setdefault(first, Step(max(first, since), min(last, until))).add(code, type_, amount)
    return [one for one in found.values() if one.moved]


def by_term(session: Session, begun: Sequence[TermFacts]) -> list[Step]:
    """The same of what was posted to each of these terms, as on the dashboard, whenever it was posted."""
    found = {term.id: Step(term.starts_on, term.ends_on, term) for term in begun}
    rows = session.execute(
        select(ClassTotal.term_id, Account.code, Account.type, total(ClassTotal.amount))
        .join(Account, Account.code == ClassTotal.account)
        .where(ClassTotal.term_id.in_(found), Account.type.in_(TYPES))
        .group_by(ClassTotal.term_id, Account.code, Account.type)
    )
    for term_id, code, type_, amount in rows:
        found[term_id].add(code, type_, amount)
    return [one for one in found.values() if one.moved]


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def fee_heads(
    session: Session, *, since: date, until: date, term_ids: Collection[int] | None = None
) -> list[HeadRow]:
    """By fee head, in the school's order, what was charged in the period and how much of it is still open.

    With `term_ids`, what was charged for these terms, whenever that was.
    """
    charge, credit = aliased(Line), aliased(Line)
    pinned = (
        select(credit.pays.label("line_id"), total(credit.amount).label("amount"))
        .join(Account, Account.code == credit.account)
        .where(credit.pays.is_not(None), Account.type != "tender")
        .group_by(credit.pays)
        .subquery()
    )
    taken: Any = -func.coalesce(pinned.c.amount, 0)
    query = (
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
        .where(charge.due_date.is_not(None))
        .group_by(Account.code, Account.name, Account.position)
        .order_by(Account.position, Account.code)
    )
    if term_ids is None:
        query = query.where(Entry.date.between(since, until))
    else:
        query = query.where(charge.term_id.in_(term_ids))
    return [HeadRow(*row) for row in session.execute(query)]
