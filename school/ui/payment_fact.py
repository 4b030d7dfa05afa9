"""What stands on the payment form, as the fact it would record. Nothing here reads, writes or draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from school.errors import BadInput, TooMuch
from school.ledger import wording
from school.ledger.queries import OpenCharge
from school.ledger.rules import Share, TenderPart, allocate
from school.ui import words
from school.ui.forms import TypedAmount, TypedChoice, TypedDate, TypedText
from school.ui.payment_desk import Member

FAMILY, TENDERS = "payments.split_over_the_family", "payments.two_tenders"
CHARGE, PAYS, AGAIN = "payments.for_one_charge", "payments.pays", "payments.again"


@dataclass(frozen=True)
class Typed:
    """The fields as they stand, not yet believed.

    `shares` has a field per student while it is split over the family, `second` is None while it came by one
    tender, `pays` is the line of the one charge it is meant for, and `again` says that a payment of the same
    amount is another one.
    """

    amount: TypedAmount
    tender: TypedChoice
    day: TypedDate
    reference: TypedText
    payer: TypedText
    again: bool = False
    second: tuple[TypedChoice, TypedAmount] | None = None
    shares: Mapping[int, TypedAmount] = field(default_factory=dict)
    pays: int | None = None

    def at(self, stands: Mapping[str, Any]) -> Self:
        """The same fields as they stand now. Raises BadInput when the form asks for others meanwhile."""
        drawn = {TENDERS: self.second is not None, FAMILY: bool(self.shares), CHARGE: self.pays is not None}
        if any((stands.get(flag) is True) != there for flag, there in drawn.items()):
            raise BadInput("The form has just changed. Look at it once more, then record it.")
        pays = stands.get(PAYS)
        return replace(
            self,
            amount=self.amount.at(stands),
            tender=self.tender.at(stands),
            day=self.day.at(stands),
            reference=self.reference.at(stands),
            payer=self.payer.at(stands),
            again=stands.get(AGAIN) is True,
            second=self.second and (self.second[0].at(stands), self.second[1].at(stands)),
            shares={one: part.at(stands) for one, part in self.shares.items()},
            pays=pays if self.pays is not None and isinstance(pays, int) else None,
        )


@dataclass(frozen=True)
class Fact:
    """Shares and tenders add up to `total`, all positive minor units."""

    total: int
    shares: tuple[Share, ...]
    tenders: tuple[TenderPart, ...]


@dataclass(frozen=True)
class Outcome:
    """What a share would do: the charges it pays with their parts, and what stays as credit."""

    member: Member
    parts: tuple[tuple[OpenCharge, int], ...]
    credit: int


def fact(typed: Typed, family: Sequence[Member]) -> Fact:
    """`family` begins with the student it is for. Raises BadInput or TooMuch with the field at fault."""
    shares = shares_of(typed, family)
    total = sum(share.amount_minor for share in shares)
    return Fact(total, shares, _tenders(typed, total))


def shares_of(typed: Typed, family: Sequence[Member]) -> tuple[Share, ...]:
    """Whom the amount is for, however it came. Raises as `fact` does."""
    total = typed.amount.minor(empty="Type the amount received.")
    parts = {one: part.minor() for one, part in typed.shares.items() if part.text.strip()}
    by_student = split(total, family if typed.shares else family[:1], parts, typed.amount)
    first = family[0].student.id
    return tuple(
        Share(one, amount, pays=typed.pays if one == first else None)
        for one, amount in by_student.items()
        if amount
    )


def split(
    total: int, family: Sequence[Member], parts: Mapping[int, int], amount: TypedAmount
) -> dict[int, int]:
    """`parts` as typed; the rest goes to the others in turn, up to what each owes, what is left to the first.

    Raises TooMuch when the parts exceed the total, BadInput when they leave some of it to nobody.
    """
    rest = total - sum(parts.values())
    at = f"payments.share.{next(reversed(parts))}" if parts else amount.key
    if rest < 0:
        shown = words.amount(total - rest, amount.unit)
        raise TooMuch(f"The parts add up to {shown}, more than the amount received.", field=at)
    others = [member for member in family if member.student.id not in parts]
    if rest and not others:
        shown = words.amount(rest, amount.unit)
        raise BadInput(f"{shown} of the amount received is given to nobody.", field=at)
    found = dict(parts)
    for member in others:
        found[member.student.id] = min(rest, max(0, member.balance))
        rest -= found[member.student.id]
    if rest:
        found[others[0].student.id] += rest
    return {member.student.id: found[member.student.id] for member in family}


def _tenders(typed: Typed, total: int) -> tuple[TenderPart, ...]:
    first = typed.tender.code(empty="Choose how the money came.")
    if typed.second is None:
        return (TenderPart(first, total),)
    tender, amount = typed.second
    second = tender.code(empty="Choose how the other part came.")
    if second == first:
        raise BadInput("Choose another tender than the first.", field=tender.key)
    part = amount.minor(empty="Type how much came this way.")
    if part >= total:
        shown = words.amount(total, amount.unit)
        raise TooMuch(f"This part must be less than the {shown} received.", field=amount.key)
    return (TenderPart(first, total - part), TenderPart(second, part))


def outcomes(shares: Sequence[Share], family: Sequence[Member]) -> list[Outcome]:
    """What each share would do to the account it is for, as the books allocate it."""
    by_id = {member.student.id: member for member in family}
    return [_outcome(by_id[share.student_id], share) for share in shares]


def _outcome(member: Member, share: Share) -> Outcome:
    pinned = [charge for charge in member.open_charges if charge.line_id == share.pays]
    parts = allocate(pinned, share.amount_minor)
    left = share.amount_minor - sum(part for _, part in parts)
    others = [charge for charge in member.open_charges if charge.line_id != share.pays]
    parts += allocate(others, left)
    return Outcome(member, tuple(parts), share.amount_minor - sum(part for _, part in parts))


def charge_name(charge: OpenCharge) -> str:
    """`Tuition, Term 1`: the charge without its due date."""
    return wording.charge(charge.account_name, term=charge.term_name, memo=charge.memo)


def said(outcome: Outcome, typed: TypedAmount) -> str:
    """`Pays Tuition, Term 1 in full and 400.00 of Transport; 50.00 stays as credit.`"""
    whole = [charge_name(charge) for charge, part in outcome.parts if part == charge.open]
    paid = [f"{_listed(whole)} in full"] if whole else []
    paid += [
        f"{words.amount(part, typed.unit)} of {charge_name(charge)}"
        for charge, part in outcome.parts
        if part < charge.open
    ]
    if not paid:
        return "All of it stays as credit."
    credit = f"; {words.amount(outcome.credit, typed.unit)} stays as credit" if outcome.credit else ""
    return f"Pays {_listed(paid)}{credit}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
