"""A closed day on one sheet: every count, what was banked, and where the books ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from school.documents.deposit import variance_in_words
from school.documents.letterhead import Letterhead, paper

ROWS_A_PAGE = 24  # more may not fit on one page


class DayCount(NamedTuple):
    """One count of the day, + received."""

    number: str
    cashier: str
    expected_minor: int
    counted_minor: int
    signed_by: str


class DayTender(NamedTuple):
    """What came in for the day by one tender, + received."""

    name: str
    amount_minor: int


class DayDeposit(NamedTuple):
    number: str
    tender: str
    bank: str
    amount_minor: int


@dataclass(frozen=True)
class DayFacts:
    """All that the sheet says. `hash` is of the last entry: whoever changes the books changes it."""

    head: Letterhead
    date: date
    tenders: tuple[DayTender, ...]
    counts: tuple[DayCount, ...]
    deposits: tuple[DayDeposit, ...]
    closed_by: str
    closed_at: datetime
    last_entry: int
    check_code: str
    hash: str


def day_pdf(facts: DayFacts) -> bytes:
    """The day sheet as a tagged PDF; the same facts always give the same bytes."""
    head = facts.head
    total = sum(tender.amount_minor for tender in facts.tenders)
    title = head.say("Day sheet of {day}", day=head.day(facts.date))
    closed_at = head.moment(facts.closed_at)
    said = {
        "title": title,
        "name": title,
        "long": len(facts.tenders) + len(facts.counts) + len(facts.deposits) > ROWS_A_PAGE,
        "number": head.day(facts.date),
        "day": head.long_day(facts.date),
        "about": head.say("Closed on {moment} by {name}", moment=closed_at, name=facts.closed_by),
        "total_with_code": head.amount_with_code(total),
        "tenders": [(head.say(tender.name), head.amount(tender.amount_minor)) for tender in facts.tenders],
        "total": head.amount(total),
        "counts": [_count(count, head) for count in facts.counts],
        "deposits": [
            (d.number, head.say(d.tender), d.bank, head.amount(d.amount_minor)) for d in facts.deposits
        ],
        "closed": head.say("{name}, {detail}", name=facts.closed_by, detail=closed_at),
        "proof": head.say(
            "Entry {number}, check code {code}", number=str(facts.last_entry), code=facts.check_code
        ),
        "hash": facts.hash,
    }
    return paper("day_sheet", head, said)


def _count(count: DayCount, head: Letterhead) -> tuple[str, ...]:
    word = variance_in_words(count.counted_minor - count.expected_minor, head) or "–"
    expected, counted = head.amount(count.expected_minor), head.amount(count.counted_minor)
    return count.number, count.cashier, expected, counted, word, count.signed_by
