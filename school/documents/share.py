"""The share of one guardian on a family's statement: the family's figures, and the guardian's beside them."""

from __future__ import annotations

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


def rows(share: PayerShare) -> list[tuple[str, int, int]]:
    """(what, of the family, of this payer), from what stood before to what is owed; credits are below 0."""
    family, own = share.family, share.own
    told = [
        ("Charged after concessions", family.charged, own.charged),
        ("Paid", -family.paid, -own.paid),
    ]
    if family.opening or own.opening:
        told.insert(0, ("Brought forward", family.opening, own.opening))
    if family.paid_by_others or own.paid_by_others:
        told.append(("Paid by others", -family.paid_by_others, -own.paid_by_others))
    return told


def said(share: PayerShare, head: Letterhead) -> dict[str, Any]:
    """The share as the words its table prints."""
    told = rows(share)
    largest = max(abs(amount) for _, *amounts in told for amount in amounts)
    return {
        "title": f"Your share: {share.percent}",
        "head": ["", "The family", share.name],
        "rows": [(what, _signed(whole, head), _signed(own, head)) for what, whole, own in told],
        "end": ["Still owed", _owed(share.family.closing, head), _owed(share.own.closing, head)],
        "wide": width([f"{head.amount(largest)} credit"]),
    }


def notes(share: PayerShare, head: Letterhead) -> list[str]:
    """What stands below the large figure, which is the payer's own."""
    return [
        f"your share, {share.percent} of the charges",
        f"the family: {head.balance(share.family.closing)}",
    ]


def _signed(minor: int, head: Letterhead) -> str:
    return f"− {head.amount(-minor)}" if minor < 0 else head.amount(minor)


def _owed(minor: int, head: Letterhead) -> str:
    return f"{head.amount(-minor)} credit" if minor < 0 else head.amount(minor)
