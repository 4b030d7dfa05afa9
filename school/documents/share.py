"""The share of one guardian on a family's statement: the family's figures, and the guardian's beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from school.documents.letterhead import Letterhead, width


class Standing(NamedTuple):
    """Minor units, + is owed: opening + charged − paid − paid_by_others = closing."""

    opening: int
    charged: int
    paid: int
    paid_by_others: int
    closing: int


@dataclass(frozen=True)
class PayerShare:
    """Shares of all payers of a family add up to the family's, figure by figure; or ValueError."""

    name: str
    percent: str  # `40 %`
    family: Standing
    own: Standing

    def __post_init__(self) -> None:
        for one in (self.family, self.own):
            if one.opening + one.charged - one.paid - one.paid_by_others != one.closing:
                raise ValueError(f"{self.name}: the share does not add up")


class Row(NamedTuple):
    """What of the family and of this payer, minor units; a balance is + where it is owed."""

    what: str
    family: int
    own: int
    is_balance: bool = False


def rows(share: PayerShare, say: Callable[[str], str] = str) -> list[Row]:
    """From what stood before to what is owed now, in the words of `say`; what was paid is below 0."""
    family, own = share.family, share.own
    told = [
        Row(say("Charged after concessions"), family.charged, own.charged),
        Row(say("Paid"), -family.paid, -own.paid),
    ]
    if family.opening or own.opening:
        told.insert(0, Row(say("Brought forward"), family.opening, own.opening, is_balance=True))
    if family.paid_by_others or own.paid_by_others:
        told.append(Row(say("Paid by others"), -family.paid_by_others, -own.paid_by_others))
    return [*told, Row(say("Still owed"), family.closing, own.closing, is_balance=True)]


def said(share: PayerShare, head: Letterhead) -> dict[str, Any]:
    """The share as the words its table prints."""
    told = rows(share, head.say)
    largest = max(abs(amount) for row in told for amount in (row.family, row.own))
    printed = [(row.what, _amount(row.family, row, head), _amount(row.own, row, head)) for row in told]
    return {
        "title": head.say("Your share: {percent}", percent=share.percent),
        "head": ["", head.say("The family"), share.name],
        "rows": printed[:-1],
        "end": printed[-1],
        "wide": width([head.say("{amount} credit", amount=head.amount(largest))]),
    }


def notes(share: PayerShare, head: Letterhead) -> list[str]:
    """What stands below the large figure, which is the payer's own."""
    return [
        head.say("your share, {percent} of the charges", percent=share.percent),
        head.say("the family: {balance}", balance=head.balance(share.family.closing)),
    ]


def _amount(minor: int, row: Row, head: Letterhead) -> str:
    if minor >= 0:
        return head.amount(minor)
    amount = head.amount(-minor)
    return head.say("{amount} credit", amount=amount) if row.is_balance else f"− {amount}"
