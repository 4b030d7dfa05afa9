"""What the till leaves on paper: the slip that goes to the bank, and the sheet of a cash-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from school.documents.letterhead import Letterhead, paper
from school.languages import later

ROWS_A_PAGE = 20  # more may not fit on one page


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
    head = facts.head
    title = head.say("Deposit slip {number}", number=facts.number)
    said = {
        "title": title,
        "name": title,
        "long": len(facts.cheques) + len(facts.parts) + len(facts.coins) > ROWS_A_PAGE,
        "number": facts.number,
        "bank": facts.bank,
        "about": head.long_day(facts.date),
        "tender": head.say(facts.tender),
        "total_with_code": head.amount_with_code(facts.total_minor),
        "total": head.amount(facts.total_minor),
        "coins": _coins(facts.coins, head),
        "cheques": [(c.reference, c.payer, head.amount(c.amount_minor)) for c in facts.cheques],
        "parts": [(p.cash_up, head.day(p.date), head.amount(p.amount_minor)) for p in facts.parts],
        "prepared_by": facts.prepared_by,
    }
    return paper("deposit", head, said)


def cash_up_pdf(facts: CashUpFacts) -> bytes:
    """The sheet of a cash-up as a tagged PDF; the same facts always give the same bytes."""
    head = facts.head
    expected = sum(tender.expected_minor for tender in facts.tenders)
    counted = sum(tender.counted_minor for tender in facts.tenders)
    title = head.say("Cash-up {number}", number=facts.number)
    said = {
        "title": title,
        "name": title,
        "long": len(facts.tenders) + len(facts.coins) > ROWS_A_PAGE,
        "number": facts.number,
        "cashier": facts.cashier,
        "about": f"{head.long_day(facts.date)}  ·  {facts.entries}",
        "variance_kind": head.say(_variance_in_all(facts.tenders, counted - expected)),
        "variance": head.amount_with_code(abs(counted - expected)),
        "tenders": [_tender(tender, head) for tender in facts.tenders],
        "sums": [head.say("Together"), *_sums(expected, counted, head)],
        "reason": facts.reason,
        "coins": _coins(facts.coins, head),
        "counted": _who_when(facts.counted_by, facts.counted_at, head),
        "signed": _who_when(facts.signed_by, facts.signed_at, head) if facts.signed_at else "",
        "proof": head.say("The books end with {hash}", hash=facts.hash) if facts.hash else "",
    }
    return paper("cash_up", head, said)


def _who_when(who: str, at: datetime, head: Letterhead) -> str:
    return head.say("{name}, {detail}", name=who, detail=head.moment(at))


def entries_in_words(first: int, last: int, head: Letterhead) -> str:
    """`entries 120 to 164`"""
    return head.say("entries {first} to {last}", first=str(first), last=str(last))


def cash_up_name(number: str, cashier: str, head: Letterhead) -> str:
    """`Cash-up 7, Peter Kamau`"""
    return head.say("Cash-up {number}, {cashier}", number=number, cashier=cashier)


def _variance_in_all(tenders: Iterable[CashUpTender], minor: int) -> str:
    """What is over in one tender and short in another by the same is a variance all the same."""
    differs = any(tender.counted_minor != tender.expected_minor for tender in tenders)
    return later("Differs by tender") if differs and not minor else variance_kind(minor)


def variance_kind(minor: int) -> str:
    """What a difference is called: there is more than expected, or less, or it is right."""
    return later("Over") if minor > 0 else later("Short") if minor < 0 else later("No variance")


def variance_in_words(minor: int, head: Letterhead) -> str:
    """`12.00 over`, `12.00 short`, or nothing."""
    if minor == 0:
        return ""
    amount = head.amount(abs(minor))
    return (
        head.say("{amount} over", amount=amount) if minor > 0 else head.say("{amount} short", amount=amount)
    )


def _tender(tender: CashUpTender, head: Letterhead) -> list[str]:
    return [head.say(tender.name), *_sums(tender.expected_minor, tender.counted_minor, head)]


def _sums(expected: int, counted: int, head: Letterhead) -> list[str]:
    variance = variance_in_words(counted - expected, head) or head.amount(0)
    return [head.amount(expected), head.amount(counted), variance]


def _coins(coins: tuple[Coin, ...], head: Letterhead) -> list[tuple[str, str, str]]:
    return [
        (head.amount(coin.value_minor), str(coin.pieces), head.amount(coin.value_minor * coin.pieces))
        for coin in coins
    ]
