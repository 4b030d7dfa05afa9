"""What schemes forgive of a term's charges, as arithmetic. Amounts are minor units.

A percentage is of the full charge. The claims of a student are met one after the other, and each takes of a
charge only what those before it have left, so that no more is forgiven than charged. What is for every fee
head is split over them by largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from school.fees.rules import WHOLE, part_of, sibling_shares
from school.money import split


@dataclass(frozen=True)
class HeadCharge:
    """The full charge of a student for the term on one fee head."""

    student_id: int
    head: str
    amount_minor: int


@dataclass(frozen=True)
class Conceded:
    """What a scheme forgives of it in total for that term; `scheme` is a concession account."""

    student_id: int
    head: str
    scheme: str
    amount_minor: int


@dataclass(frozen=True)
class Rate:
    """A share or an amount, on one fee head or on every that no other rate of the scheme names.

    With an `ordinal` it is for the child of that rank in the family and for the later ones.
    """

    head: str | None
    share_bp: int | None = None
    amount: int | None = None
    ordinal: int | None = None


@dataclass(frozen=True)
class Claim:
    """What one student has of one scheme; `cap` is the most of the scheme in a term."""

    scheme: str
    rates: tuple[Rate, ...]
    cap: int | None = None


def rates_of_rank(rates: Sequence[Rate], rank: int, *, cap_bp: int | None) -> tuple[Rate, ...]:
    """What the child of this rank, from 1, gets: on each fee head the rate of the last ordinal it reaches.

    The shares of a family on one head add up to `cap_bp` at most, the eldest served first.
    """
    found = []
    for head in dict.fromkeys(rate.head for rate in rates):
        by_rank = [_reached([r for r in rates if r.head == head], n) for n in range(1, rank + 1)]
        own = by_rank[-1]
        if own is not None and own.share_bp is not None:
            shares = [(r.share_bp or 0) if r else 0 for r in by_rank]
            most = WHOLE * rank if cap_bp is None else cap_bp
            share = sibling_shares(rank, basis_points=shares, basis_points_max=most)[-1]
            own = Rate(head, share_bp=share) if share else None
        if own is not None:
            found.append(own)
    return tuple(found)


def _reached(rates: Iterable[Rate], rank: int) -> Rate | None:
    reached = [rate for rate in rates if (rate.ordinal or 1) <= rank]
    return max(reached, key=lambda rate: rate.ordinal or 1, default=None)


def forgiven(charges: Mapping[str, int], claims: Iterable[Claim]) -> dict[tuple[str, str], int]:
    """By (fee head, scheme), what the claims of one student come to on these charges by fee head."""
    left = dict(charges)
    given: dict[tuple[str, str], int] = {}
    for claim in claims:
        wanted = _wanted(charges, left, claim.rates)
        had = sum(amount for (_, scheme), amount in given.items() if scheme == claim.scheme)
        for head, amount in _capped(wanted, claim.cap, had).items():
            left[head] -= amount
            given[head, claim.scheme] = given.get((head, claim.scheme), 0) + amount
    return {key: amount for key, amount in given.items() if amount}


def _wanted(charges: Mapping[str, int], left: Mapping[str, int], rates: Sequence[Rate]) -> dict[str, int]:
    named = {rate.head for rate in rates}
    wanted = dict.fromkeys(charges, 0)
    for rate in rates:
        heads = [h for h in charges if (h == rate.head if rate.head else h not in named)]
        room = [left[h] - wanted[h] for h in heads]
        for head, free, part in zip(
            heads, room, _parts(rate, [charges[h] for h in heads], room), strict=True
        ):
            wanted[head] += min(part, free)
    return wanted


def _parts(rate: Rate, charges: Sequence[int], room: Sequence[int]) -> list[int]:
    weights = charges if rate.share_bp is not None else room
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    total = min(rate.amount or 0, whole) if rate.share_bp is None else part_of(whole, rate.share_bp)
    return split(total, weights)


def _capped(wanted: Mapping[str, int], cap: int | None, had: int) -> dict[str, int]:
    whole = sum(wanted.values())
    if cap is None or not whole or had + whole <= cap:
        return dict(wanted)
    return dict(zip(wanted, split(max(0, cap - had), list(wanted.values())), strict=True))


def kept_where_given(
    charges: Mapping[str, int],
    wanted: Mapping[tuple[str, str], int],
    given: Mapping[tuple[str, str], int],
) -> dict[tuple[str, str], int]:
    """The same as `forgiven` found it, but on the fee heads on which it was given already: all by (fee head,
    scheme), of one student.

    What was given is never taken back. Where a scheme's amount would move to another head, it stays; what is
    new takes of a charge only what nothing was given of.
    """
    of_scheme: dict[str, int] = {}
    for (_, scheme), amount in wanted.items():
        of_scheme[scheme] = of_scheme.get(scheme, 0) + amount
    left = dict(charges)
    found: dict[tuple[str, str], int] = {}
    for (head, scheme), before in given.items():
        left[head] = left.get(head, 0) - before
        kept = min(before, of_scheme.get(scheme, 0))
        of_scheme[scheme] = of_scheme.get(scheme, 0) - kept
        found[head, scheme] = kept
    for (head, scheme), amount in wanted.items():
        new = min(amount - given.get((head, scheme), 0), left[head], of_scheme[scheme])
        if new > 0:
            left[head] -= new
            of_scheme[scheme] -= new
            found[head, scheme] = found.get((head, scheme), 0) + new
    return {key: amount for key, amount in found.items() if amount}
