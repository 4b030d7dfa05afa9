"""What the till leaves on paper: the slip that goes to the bank, and the sheet of a cash-up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from school.documents.letterhead import Letterhead, paper


class Coin(NamedTuple):
    """How many notes or coins of one value, in minor units."""

    value_minor: int
    pieces: int


class DepositPart(NamedTuple):
    """What of one signed count is in the deposit."""

    cash_up: str  # as it is called: its number and cashier
    date: date
    amount_minor: int


class Cheque(NamedTuple):
    reference: str
    payer: str
    amount_minor: int


@dataclass(frozen=True)
class DepositFacts:
    """Money of one tender taken to the bank. The parts add up to the total, or ValueError."""

    head: Letterhead
    number: str
    date: date
    bank: str
    tender: str
    parts: tuple[DepositPart, ...]
    total_minor: int
    prepared_by: str
    coins: tuple[Coin, ...] = ()
    cheques: tuple[Cheque, ...] = ()

    def __post_init__(self) -> None:
        if sum(part.amount_minor for part in self.parts) != self.total_minor:
            raise ValueError(f"{self.number}: the parts do not add up to the deposit")


class CashUpTender(NamedTuple):
    """What the ledger expected of a tender and what was counted, + received."""

    name: str
    expected_minor: int
    counted_minor: int


@dataclass(frozen=True)
class CashUpFacts:
    """One count of a till. `hash` is of the last entry it covers: the chain ends here."""

    head: Letterhead
    number: str
    date: date
    cashier: str
    entries: str  # which it covers, as words: `entries 120 to 164`
    tenders: tuple[CashUpTender, ...]
    coins: tuple[Coin, ...]
    reason: str  # of the variance; may be empty
    counted_by: str
    counted_at: datetime
    signed_by: str  # empty while it is not signed
    signed_at: datetime | None
    hash: str = ""


def deposit_pdf(facts: DepositFacts) -> bytes:
    """The deposit slip as a tagged PDF; the same facts always give the same bytes."""
    return paper("deposit", facts.head, {})


def cash_up_pdf(facts: CashUpFacts) -> bytes:
    """The sheet of a cash-up as a tagged PDF; the same facts always give the same bytes."""
    return paper("cash_up", facts.head, {})
