"""What the school's rules for fees come to: sibling concessions and late fees. Amounts are minor units.

Percentages are whole basis points (10 % is 1000), so that no float decides about money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from school.money import split

WHOLE = 10_000  # basis points
DAYS_A_YEAR = 365  # in leap years too: a day costs the same every year


@dataclass(frozen=True)
class LateFee:
    """A flat fee, and interest on what was open."""

    flat: int
    interest: int

    @property
    def total(self) -> int:
        return self.flat + self.interest


def part_of(amount_minor: int, basis_points: int) -> int:
    """This share of the amount, to the nearest minor unit, a half up. Raises ValueError above the whole."""
    if not 0 <= basis_points <= WHOLE:
        raise ValueError("a share lies between nothing and the whole")
    return split(amount_minor, [basis_points, WHOLE - basis_points])[0]


def sibling_shares(children: int, *, basis_points: Sequence[int], basis_points_max: int) -> list[int]:
    """The share of each child of a family, in the order of their rank.

    `basis_points` are by rank, the last for every later child. Their sum over the family is at most
    `basis_points_max`: the child at which it is reached gets what is left, the next ones nothing.
    """
    shares, left = [], basis_points_max
    for rank in range(children):
        share = min(basis_points[min(rank, len(basis_points) - 1)], left)
        shares.append(share)
        left -= share
    return shares


def sibling_concessions(
    tuition_minor: Sequence[int], *, basis_points: Sequence[int], basis_points_max: int
) -> list[int]:
    """The concession of each child of a family by its `sibling_shares`, on tuition only."""
    shares = sibling_shares(len(tuition_minor), basis_points=basis_points, basis_points_max=basis_points_max)
    return [part_of(tuition, share) for tuition, share in zip(tuition_minor, shares, strict=True)]


def late_fee(
    open_minor: int,
    days_overdue: int,
    *,
    flat_minor: int = 0,
    basis_points_a_year: int = 0,
    grace_days_max: int = 0,
) -> LateFee:
    """What being late costs: nothing within the days of grace, then the flat fee and simple interest from the
    due date on what is open, to the nearest minor unit, a half rounded up.
    """
    if open_minor <= 0 or days_overdue <= grace_days_max:
        return LateFee(0, 0)
    return LateFee(flat_minor, interest(open_minor * days_overdue, basis_points_a_year))


def interest(minor_days: int, basis_points_a_year: int) -> int:
    """Simple interest on what was open, added up over days, to the nearest minor unit, a half rounded up."""
    exact, whole = minor_days * basis_points_a_year, WHOLE * DAYS_A_YEAR
    return (2 * exact + whole) // (2 * whole)
