"""What a till is counted in, and what a count comes to. Amounts are minor units, + = received."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from school.money import Currency, show

CASH, CHEQUE = "CASH", "CHEQUE"
BANKED = (CASH, CHEQUE)  # what is carried to the bank; the other tenders are there already
PIECES_MAX = 1_000_000  # more of one coin is a slip

# Notes and coins people have in their hands, in major units, where the series of 1, 2 and 5 is not theirs.
_IN_HANDS = {
    "EUR": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "GBP": "50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "GHS": "200 100 50 20 10 5 2 1 0.50 0.20 0.10",
    "INR": "500 200 100 50 20 10 5 2 1",
    "JPY": "10000 5000 2000 1000 500 100 50 10 5 1",
    "KES": "1000 500 200 100 50 20 10 5 1",
    "KWD": "20 10 5 1 0.500 0.250 0.100 0.050 0.020 0.010 0.005",
    "NGN": "1000 500 200 100 50 20 10 5",
    "RWF": "5000 2000 1000 500 100 50 20 10",
    "TZS": "10000 5000 2000 1000 500 200 100 50",
    "UGX": "50000 20000 10000 5000 2000 1000 500 200 100 50",
    "USD": "100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
    "ZAR": "200 100 50 20 10 5 2 1 0.50 0.20 0.10",
}
_LARGEST = {0: 10_000}  # of a currency that is not listed, in major units, by its decimals
_LARGEST_ELSE = 1_000


def denominations(unit: Currency) -> tuple[int, ...]:
    """Notes and coins in minor units, the largest first; what else there is, is counted as one amount."""
    known = _IN_HANDS.get(unit.code)
    if known:
        return tuple(int(Decimal(one).scaleb(unit.exponent)) for one in known.split())
    largest = _LARGEST.get(unit.exponent, _LARGEST_ELSE) * 10**unit.exponent
    smallest = max(1, 10 ** (unit.exponent - 2))
    series = [factor * 10**power for power in range(len(str(largest))) for factor in (1, 2, 5)]
    return tuple(value for value in sorted(series, reverse=True) if smallest <= value <= largest)


def cash(coins: Mapping[int, int], cash_float: int) -> int:
    """What the coins come to without the float that stays in the till."""
    return sum(value * pieces for value, pieces in coins.items()) - cash_float


def in_words(variance: int, unit: Currency, tag: str) -> str:
    """`5.00 short`, `5.00 over` or `agrees`: never a bare sign. A variance is counted less expected."""
    if variance == 0:
        return "agrees"
    return f"{show(abs(variance), unit, tag)} {'over' if variance > 0 else 'short'}"
