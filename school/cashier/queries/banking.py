"""What is signed and still in the house, and what was taken to the bank."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from school.cashier.models import CashUp, CashUpSignature, CashUpTender, Deposit, DepositPart
from school.cashier.queries.tills import MONEY_MOVES
from school.cashier.rules import BANKED, CHEQUE
from school.errors import NotFound
from school.ledger import wording
from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import total

ROWS_PER_PAGE = 50
SERIES = "D"


@dataclass(frozen=True)
class Part:
    """One tender of one signed count."""

    cash_up_id: int
    cashier: str
    date: dt.date
    amount: int


@dataclass(frozen=True)
class Bankable:
    """What can be taken to the bank of one tender."""

    account: str
    name: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(part.amount for part in self.parts)


@dataclass(frozen=True)
class Slip:
    """A deposit: money of one tender, made of parts of signed counts."""

    id: int
    account: str
    name: str
    amount: int
    date: dt.date
    bank: str
    at: dt.datetime
    actor: str
    parts: tuple[Part, ...]

    @property
    def number(self) -> str:
        return number(self.id)


@dataclass(frozen=True)
class Cheque:
    """A cheque of the counts asked for; one given back in the same counts is not among them."""

    entry_id: int
    document: str
    payer: str
    reference: str
    amount: int


def number(deposit_id: int) -> str:
    """`D-000012`"""
    return wording.document(SERIES, deposit_id)


def bankable(session: Session) -> list[Bankable]:
    """Cash and cheques of signed counts that are in no deposit yet."""
    banked = exists().where(
        DepositPart.cash_up_id == CashUpTender.cash_up_id, DepositPart.account == CashUpTender.account
    )
    rows = session.execute(
        select(
            CashUpTender.account, Account.name, CashUp.id, CashUp.cashier, CashUp.date, CashUpTender.counted
        )
        .join(CashUp, CashUp.id == CashUpTender.cash_up_id)
        .join(CashUpSignature, CashUpSignature.cash_up_id == CashUp.id)
        .join(Account, Account.code == CashUpTender.account)
        .where(CashUpTender.account.in_(BANKED), CashUpTender.counted != 0, ~banked)
        .order_by(Account.position, CashUp.id)
    )
    found: defaultdict[tuple[str, str], list[Part]] = defaultdict(list)
    for row in rows:
        found[row[0], row[1]].append(Part(*row[2:]))
    return [Bankable(account, name, tuple(parts)) for (account, name), parts in found.items()]


def deposit(session: Session, deposit_id: int) -> Slip:
    """Raises NotFound."""
    found = _slips(session, [deposit_id])
    if not found:
        raise NotFound(f"There is no deposit {number(deposit_id)}.")
    return found[0]


def deposit_of_request(session: Session, request_id: str) -> int | None:
    """The deposit that this form has already brought about, or None."""
    return session.scalar(select(Deposit.id).where(Deposit.request_id == request_id))


def deposits_on(session: Session, day: dt.date) -> list[Slip]:
    """What was taken to the bank on a day."""
    return _slips(session, session.scalars(select(Deposit.id).where(Deposit.date == day)).all())


def deposits(session: Session, *, limit: int = ROWS_PER_PAGE, offset: int = 0) -> tuple[list[Slip], int]:
    """Deposits, the latest first, and how many there are in all."""
    ids = select(Deposit.id).order_by(Deposit.id.desc()).limit(limit).offset(offset)
    matches = session.scalar(select(func.count()).select_from(Deposit)) or 0
    return _slips(session, session.scalars(ids).all())[::-1], matches


def deposits_of(session: Session, cash_up_id: int) -> dict[str, int]:
    """The deposits a count went into, by account."""
    rows = select(DepositPart.account, DepositPart.deposit_id).where(DepositPart.cash_up_id == cash_up_id)
    return dict(session.execute(rows).all())


def cheques(session: Session, cash_up_ids: Sequence[int]) -> list[Cheque]:
    """The cheques received in these counts, with what was written down of them."""
    original = aliased(Entry)
    first = func.coalesce(Entry.reverses, Entry.id).label("first")
    moved = (
        select(first, total(Line.amount).label("amount"))
        .select_from(CashUp)
        .join(
            Entry,
            and_(
                Entry.actor_id == CashUp.cashier_id,
                Entry.kind.in_(MONEY_MOVES),
                Entry.id > CashUp.after_entry,
                Entry.id <= CashUp.through_entry,
            ),
        )
        .join(Line, Line.entry_id == Entry.id)
        .where(CashUp.id.in_(cash_up_ids), Line.account == CHEQUE)
        .group_by(first)
        .having(total(Line.amount) != 0)
        .subquery()
    )
    rows = session.execute(
        select(original, -moved.c.amount).join(moved, moved.c.first == original.id).order_by(original.id)
    )
    return [_cheque(entry, amount) for entry, amount in rows]


def _cheque(entry: Any, amount: int) -> Cheque:
    document = wording.document_or_none(entry.series, entry.no) or wording.KIND_NAMES[entry.kind]
    return Cheque(entry.id, document, entry.payer or "", entry.reference or "", amount)


def _slips(session: Session, ids: Sequence[int]) -> list[Slip]:
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    for row in session.execute(
        select(DepositPart.deposit_id, CashUp.id, CashUp.cashier, CashUp.date, DepositPart.amount)
        .join(CashUp, CashUp.id == DepositPart.cash_up_id)
        .where(DepositPart.deposit_id.in_(ids))
        .order_by(CashUp.id)
    ):
        parts[row[0]].append(Part(*row[1:]))
    heads = session.execute(
        select(
            Deposit.id,
            Deposit.account,
            Account.name,
            Deposit.amount,
            Deposit.date,
            Deposit.bank,
            Deposit.at,
            Deposit.actor,
        )
        .join(Account, Account.code == Deposit.account)
        .where(Deposit.id.in_(ids))
        .order_by(Deposit.id)
    )
    return [Slip(*row, tuple(parts[row.id])) for row in heads]
