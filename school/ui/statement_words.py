"""How a statement says where an account stands."""

from __future__ import annotations

from school.ledger import wording
from school.ledger.queries import StatementRow
from school.money import Currency
from school.ui import words


def stands(balance: int, unit: Currency, *, coloured: bool = True) -> str:
    """`owes 40.00`, `is settled`, as Markdown."""
    said = words.owes_in_colour(balance, unit) if coloured else words.owes(balance, unit)
    return f"{'is ' if balance <= 0 else ''}{said}"


def stood(balance: int, unit: Currency) -> str:
    """`owed 40.00`, `was settled`"""
    if balance == 0:
        return "was settled"
    return f"{'owed' if balance > 0 else 'was in credit by'} {words.amount(abs(balance), unit)}"


def what(row: StatementRow) -> str:
    """The due date is written as the reader writes dates, like the others of the screen."""
    text = row.description
    if row.due_date:
        text = text.replace(f"due {wording.day(row.due_date)}", f"due {words.date(row.due_date)}")
    return f"{text} (reversed)" if row.reversed_by is not None else text
