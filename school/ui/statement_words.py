"""How a statement says where an account stands."""

from __future__ import annotations

from school.ledger.queries import StatementRow
from school.money import Currency
from school.ui import words


def stands(balance: int, unit: Currency) -> str:
    """`owes 40.00`, `is settled`, as Markdown."""
    return f"{'is ' if balance <= 0 else ''}{words.owes_in_colour(balance, unit)}"


def stood(balance: int, unit: Currency) -> str:
    """`owed 40.00`, `was settled`"""
    if balance == 0:
        return "was settled"
    return f"{'owed' if balance > 0 else 'was in credit by'} {words.amount(abs(balance), unit)}"


def what(row: StatementRow) -> str:
    return f"{row.description} (reversed)" if row.reversed_by is not None else row.description
