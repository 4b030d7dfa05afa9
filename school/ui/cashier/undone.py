"""What a period lock leaves behind: tills that are not counted and signed up to its date, said before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school.cashier import queries
from school.cashier.queries import Missing
from school.money import Currency
from school.ui import words
from school.ui.cashier import said

NAMED_MAX = 5


def of(session: Session, through: object, locked: date | None) -> list[Missing]:
    """What is to be done with tills before a later day is closed; nothing where days are opened again."""
    if not isinstance(through, date) or (locked is not None and through <= locked):
        return []
    return queries.missing(session, through)


def named(undone: Sequence[Missing], unit: Currency) -> str:
    """`the till of finn (USD 40.00), cash-up 3 of bea (USD 12.00)`, as Markdown"""
    parts = [
        f"{f'cash-up {one.cash_up_id}' if one.cash_up_id else 'the till'} of {words.plain(one.cashier)} "
        f"({unit.code} {said.amount(one.amount, unit)})"
        for one in undone[:NAMED_MAX]
    ]
    more = len(undone) - NAMED_MAX
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")


def warn(undone: Sequence[Missing], through: object, unit: Currency) -> None:
    """Under the date, before the button."""
    if undone and isinstance(through, date):
        st.warning(
            f"Not counted and signed up to {words.date(through)}: {named(undone, unit)}. Count and sign "
            "first: what is then found wrong cannot be entered for a closed day.",
            icon=":material/pending_actions:",
        )


def told(undone: Sequence[Missing], unit: Currency) -> str:
    """To say once it is closed all the same."""
    return f" Not counted and signed yet: {named(undone, unit)}." if undone else ""
