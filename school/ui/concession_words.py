"""What schemes and grants give, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from school.fees.conceding import Rate
from school.fees.scheme_listing import GrantFacts, SchemeFacts
from school.money import Currency
from school.ui import percents, words

KINDS = {
    "sibling": "Siblings",
    "staff": "Staff",
    "bursary": "Bursary",
    "scholarship": "Scholarship",
    "other": "Other",
}
STATES = {"waiting": "Waits for approval", "granted": "In force", "refused": "Refused", "ended": "Ended"}
EVERY_HEAD = "every fee head"
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def gives(scheme: SchemeFacts, heads: Mapping[str, str], unit: Currency) -> str:
    """`2nd child 10 %, 3rd child 20 % of Tuition, at most 30 % a family`."""
    parts = []
    for head in dict.fromkeys(rate.head for rate in scheme.rates):
        of_head = [rate for rate in scheme.rates if rate.head == head]
        on = heads.get(head, head) if head else EVERY_HEAD
        parts.append(f"{_rates(of_head, unit)} of {on}")
    if scheme.cap_bp:
        parts.append(f"at most {percents.shown(scheme.cap_bp)} a family")
    if scheme.cap:
        parts.append(f"at most {words.amount(scheme.cap, unit)} a term")
    return ", ".join(parts if scheme.rates else ["what each grant says", *parts])


def _rates(rates: Sequence[Rate], unit: Currency) -> str:
    return ", ".join(_rate(rate, unit) for rate in rates)


def _rate(rate: Rate, unit: Currency) -> str:
    part = percents.shown(rate.share_bp) if rate.share_bp else words.amount(rate.amount or 0, unit)
    if rate.ordinal is None:
        return part
    return f"{_ORDINALS.get(rate.ordinal, f'{rate.ordinal}th')} child {part}"


def of_grant(grant: GrantFacts, unit: Currency) -> str:
    """`50 % of Tuition`, or `as the scheme says`."""
    if grant.share_bp is None and grant.amount is None:
        return "as the scheme says"
    part = percents.shown(grant.share_bp) if grant.share_bp else words.amount(grant.amount or 0, unit)
    return f"{part} of {grant.head or EVERY_HEAD}" if grant.share_bp else f"{part} a term"


def span(grant: GrantFacts) -> str:
    """`from 5 Jan 2026`, `5 Jan 2026 to 31 Jul 2026`"""
    last = grant.ended_on or grant.valid_until
    first = words.date(grant.valid_from)
    if last is None:
        return f"from {first}"
    return f"{first} to {words.date(last)}" if last >= grant.valid_from else "never"


def state(grant: GrantFacts) -> str:
    if grant.state == "granted" and grant.decided_by:
        return f"In force, approved by {grant.decided_by}"
    if grant.state == "refused":
        return f"Refused by {grant.decided_by}"
    return STATES[grant.state]
