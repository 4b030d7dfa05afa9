"""How counts and their variances are said: a number and a word, never a bare sign."""

from __future__ import annotations

from school.cashier import rules
from school.cashier.queries import Count
from school.money import Currency
from school.ui import words

STATES = {"waiting": "Waits for a signature", "signed": "Signed", "replaced": "Counted again"}


def amount(minor: int, unit: Currency) -> str:
    """`40.00`, or `40.00 paid back` where more went out than came in."""
    return words.amount(minor, unit) if minor >= 0 else f"{words.amount(-minor, unit)} paid back"


def variance(minor: int, unit: Currency) -> str:
    """`5.00 short`, `5.00 over` or `agrees`"""
    return rules.in_words(minor, unit, words.tag())


def in_colour(minor: int, unit: Currency) -> str:
    """The same as Markdown; the word says it without colour too."""
    colour = "green" if minor == 0 else "orange"
    return f":{colour}[{variance(minor, unit)}]"


def of_count(count: Count, unit: Currency) -> str:
    """`5.00 short`, or `differs` where tenders differ and their sum does not."""
    difference = count.counted - count.expected
    return "differs" if count.varies and difference == 0 else variance(difference, unit)
