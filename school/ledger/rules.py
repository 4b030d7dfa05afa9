"""The arithmetic of the books, on frozen values: who pays what with which tender, what a payment would
settle, what a reversal looks like, and how entries are chained. Amounts are minor units, + = owes more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Protocol, TypeVar

SERIES = {
    "payment": "R",
    "refund": "F",
}  # receipts and refund vouchers, unless the school chose other letters
SERIES_SHAPE = re.compile(r"[A-Z][A-Z0-9]{0,5}")

ENTRY_HASHED = [
    "id",
    "kind",
    "date",
    "at",
    "actor_id",
    "actor",
    "request_id",
    "series",
    "no",
    "reverses",
    "payer",
    "reference",
    "reason",
    "n_lines",
    "total",
]
LINE_HASHED = [
    "id",
    "n",
    "student_id",
    "account",
    "amount",
    "due_date",
    "pays",
    "class_id",
    "term_id",
    "memo",
]


@dataclass(frozen=True)
class NewLine:
    """A line to be posted. A debit (+) has a due date; a credit (−) may be pinned to the charge it `pays`."""

    student_id: int
    account: str
    amount: int
    due_date: date | None = None
    pays: int | None = None
    class_id: int | None = None
    term_id: int | None = None
    memo: str | None = None


@dataclass(frozen=True)
class Share:
    """The part of a payment that is for one student; `pays` pins it to one charge of that student."""

    student_id: int
    amount_minor: int
    pays: int | None = None


@dataclass(frozen=True)
class TenderPart:
    """The part of a payment that came in one way: `account` is a tender."""

    account: str
    amount_minor: int


class Open(Protocol):
    @property
    def open(self) -> int: ...


Charge = TypeVar("Charge", bound=Open)


def cross_cut(shares: Sequence[Share], tenders: Sequence[TenderPart]) -> list[tuple[Share, TenderPart, int]]:
    """Which tender pays which share, and how much: at most shares + tenders − 1 positive parts.

    The largest share meets the largest tender first, ties in the order given, so equal parts meet whole.
    Both sides add up to the same total.
    """
    parts: list[tuple[Share, TenderPart, int]] = []
    waiting = sorted(tenders, key=lambda t: -t.amount_minor)
    left = waiting[0].amount_minor if waiting else 0
    for share in sorted(shares, key=lambda s: -s.amount_minor):
        wanted = share.amount_minor
        while wanted:
            part = min(wanted, left)
            parts.append((share, waiting[0], part))
            wanted, left = wanted - part, left - part
            if not left and len(waiting) > 1:
                waiting = waiting[1:]
                left = waiting[0].amount_minor
    return parts


def allocate(open_charges: Iterable[Charge], amount_minor: int) -> list[tuple[Charge, int]]:
    """What an unpinned credit of this amount would settle, of open charges in the order oldest due first.

    Parts are positive; what they leave of the amount becomes credit on the account.
    """
    parts = []
    for charge in open_charges:
        part = min(charge.open, amount_minor)
        if part <= 0:
            break
        parts.append((charge, part))
        amount_minor -= part
    return parts


def refundable(movements: Iterable[tuple[int, bool, bool]]) -> int:
    """How much of the credit on an account can be paid back, of its movements in the order of posting.

    A movement is (amount, kept, paid out). Credit by a credit note on a fee head that is not refundable is
    `kept`: what is charged next uses it first, and what is `paid out`, or moved, leaves it where it is.
    """
    balance = kept = 0
    for amount, is_kept, is_paid_out in movements:
        credit, balance = max(0, -balance), balance + amount
        grown = max(0, -balance) - credit
        if grown > 0 and is_kept:
            kept += grown
        elif grown < 0 and not is_paid_out:
            kept = max(0, kept + grown)
        kept = min(kept, max(0, -balance))
    return max(0, -balance) - kept


def mirror(line: NewLine, line_id: int, *, money_moves: bool, term_id: int | None) -> NewLine:
    """The line that undoes one line: what was owed is credited to that very charge, and the other way round.

    Class and term are those of the original, so that what was billed in a term nets out in that term; money
    that moves back (`money_moves`: the account is a tender) does so in the reversal's own term.
    """
    return replace(
        line,
        amount=-line.amount,
        due_date=None,
        pays=line_id if line.due_date is not None else line.pays,
        term_id=term_id if money_moves else line.term_id,
    )


def entry_hash(previous: str, entry: Sequence[object], lines: Iterable[Sequence[object]]) -> str:
    """The link of the chain: SHA-256, in hexadecimal, of a JSON text in UTF-8.

    The text is `[previous, entry, [line, …]]` without spaces: the previous entry's hash (`""` before the
    first), the values ENTRY_HASHED of the entry and the values LINE_HASHED of its lines in order of `n`;
    dates as `2026-01-31`, moments as they are stored, no value as null.
    """
    return hashlib.sha256(_json([previous, entry, list(lines)]).encode()).hexdigest()


@lru_cache(maxsize=1024)  # a run has few dates
def _iso(value: object) -> str:
    if type(value) is date:
        return value.isoformat()
    raise TypeError(f"{value!r} is never part of an entry")


def _writer() -> Callable[[object], str]:
    """As JSONEncoder.encode writes it, whose own way makes an encoder anew for every text."""
    whole = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_iso)
    fast: Any = getattr(json.encoder, "c_make_encoder", None)  # only CPython has it
    if fast is None:
        return whole.encode
    parts = fast(None, _iso, json.encoder.encode_basestring, None, ":", ",", False, False, True)
    return lambda value: "".join(parts(value, 0))


_json = _writer()
