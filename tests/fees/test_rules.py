"""The school's rules for fees come out to the cent, however the numbers fall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.fees.rules import LateFee, late_fee, part_of, sibling_concessions

SIBLINGS = {"basis_points": (0, 10_00, 20_00), "basis_points_max": 30_00}


def test_the_second_child_gets_a_tenth_and_the_third_a_fifth_off_the_tuition() -> None:
    assert sibling_concessions([1000_00, 1000_00, 800_00], **SIBLINGS) == [0, 100_00, 160_00]


def test_a_family_gets_at_most_thirty_percent_so_the_fourth_child_gets_nothing() -> None:
    assert sibling_concessions([500_00] * 4, **SIBLINGS) == [0, 50_00, 100_00, 0]


def test_the_child_at_which_the_limit_is_reached_gets_what_is_left() -> None:
    found = sibling_concessions([500_00] * 3, basis_points=(10_00, 15_00), basis_points_max=30_00)

    assert found == [50_00, 75_00, 25_00]


def test_an_only_child_gets_no_sibling_concession() -> None:
    assert sibling_concessions([1000_00], **SIBLINGS) == [0]


def test_fifteen_days_late_cost_the_flat_fee_and_fifteen_days_of_interest() -> None:
    fee = late_fee(100_00, 15, flat_minor=10_00, basis_points_a_year=10_00)

    assert fee == LateFee(flat=10_00, interest=41)
    assert 100_00 + fee.total == 110_41


@pytest.mark.parametrize(("days", "cost"), [(0, 0), (7, 0), (8, 10_00)])
def test_days_of_grace_cost_nothing(days: int, cost: int) -> None:
    assert late_fee(100_00, days, flat_minor=10_00, grace_days_max=7).total == cost


def test_nothing_open_costs_nothing() -> None:
    assert late_fee(0, 90, flat_minor=10_00, basis_points_a_year=10_00).total == 0


@pytest.mark.parametrize(
    ("amount", "share", "part"),
    [(2000_00, 20_00, 400_00), (2000_00, 50_00, 1000_00), (5, 50_00, 3), (1, 1, 0)],
)
def test_a_share_is_rounded_to_the_nearest_minor_unit(amount: int, share: int, part: int) -> None:
    assert part_of(amount, share) == part


@pytest.mark.parametrize("share", [-1, 100_01])
def test_a_share_beyond_the_whole_is_refused(share: int) -> None:
    with pytest.raises(ValueError, match="between nothing and the whole"):
        part_of(100, share)


@given(st.integers(1, 10**9), st.integers(0, 10_000), st.integers(0, 3650))
def test_interest_is_within_half_a_minor_unit_of_the_exact_fraction(
    amount: int, rate: int, days: int
) -> None:
    interest = late_fee(amount, days, basis_points_a_year=rate).interest

    assert abs(interest * 10_000 * 365 - amount * rate * days) * 2 <= 10_000 * 365


@given(st.lists(st.integers(0, 10**9), max_size=8))
def test_no_family_gets_more_than_thirty_percent_of_its_dearest_tuition(tuition: list[int]) -> None:
    granted = sibling_concessions(tuition, **SIBLINGS)

    assert len(granted) == len(tuition)
    assert all(0 <= part <= whole for part, whole in zip(granted, tuition, strict=True))
    assert sum(granted) <= part_of(max(tuition, default=0), 30_00) + len(tuition)
