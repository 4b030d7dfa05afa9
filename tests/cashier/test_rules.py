"""Notes and coins are those people have in their hands, and any sum of cash can be counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.cashier import rules
from school.money import currency

SERIES = "1000 500 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01"


@pytest.mark.parametrize(
    ("code", "largest", "smallest", "number"),
    [
        ("KES", 1_000_00, 1_00, 9),
        ("USD", 100_00, 1, 12),
        ("EUR", 500_00, 1, 15),
        ("JPY", 10_000, 1, 10),
        ("KWD", 20_000, 5, 11),
        ("CHF", 1_000_00, 1, 16),
        ("XOF", 10_000, 1, 13),
        ("BHD", 1_000_000, 10, 16),
    ],
)
def test_the_denominations_of_a_currency(code: str, largest: int, smallest: int, number: int) -> None:
    values = rules.denominations(currency(code))

    assert (values[0], values[-1], len(values)) == (largest, smallest, number)
    assert list(values) == sorted(set(values), reverse=True)


def test_a_currency_that_is_not_listed_is_counted_in_ones_twos_and_fives() -> None:
    assert [value / 100 for value in rules.denominations(currency("CHF"))] == [
        float(one) for one in SERIES.split()
    ]


@given(
    st.dictionaries(st.integers(1, 10**6), st.integers(0, 10**4), max_size=12),
    st.integers(0, 10**9),
    st.integers(-(10**9), 10**9),
)
def test_a_count_neither_makes_nor_loses_a_coin(
    coins: dict[int, int], cash_float: int, expected: int
) -> None:
    by_coin = sorted(value for value, pieces in coins.items() for _ in range(min(pieces, 3)))
    few = {value: min(pieces, 3) for value, pieces in coins.items()}

    assert rules.cash(few, cash_float) == sum(by_coin) - cash_float
    said = rules.in_words(rules.cash(coins, cash_float) - expected, currency("JPY"), "en")
    difference = rules.cash(coins, cash_float) - expected
    assert said == (
        "agrees" if not difference else f"{abs(difference):,} {'over' if difference > 0 else 'short'}"
    )
