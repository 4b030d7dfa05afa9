"""The statement of one account: every movement with the balance after it, for any period."""

from __future__ import annotations

from datetime import date

import streamlit as st

from school.ledger.queries import Statement, StatementRow
from school.money import Currency
from school.ui import links, tables, words


def draw(statement: Statement, unit: Currency, since: date | None) -> None:
    """Oldest first; a row opens its entry."""
    rows = statement.rows
    if not rows:
        st.caption(f"Nothing was posted in this period; the account {_stands(statement.closing, unit)}.")
        return
    if since:
        st.markdown(f"On {words.date(since)} the account {_stood(statement.opening, unit)}.")
    columns = {
        "What": [_what(row) for row in rows],
        "Date": [words.date(row.date) for row in rows],
        "Charges": [words.amount(row.amount, unit) if row.amount > 0 else "" for row in rows],
        "Credits": [words.amount(-row.amount, unit) if row.amount < 0 else "" for row in rows],
        "Balance": [words.owes(row.balance, unit) for row in rows],
    }
    goals = [(links.ENTRY, links.entry(row.entry_id)) for row in rows]
    amounts = ("Charges", "Credits", "Balance")
    alt = "Statement, oldest first, with the balance after each movement"
    tables.rows(columns, goals, opens="What", amounts=amounts, key="student.statement", alt=alt)
    more = sum(row.amount for row in rows if row.amount > 0)
    less = -sum(row.amount for row in rows if row.amount < 0)
    st.markdown(
        f"Charges of {words.amount(more, unit)} less credits of {words.amount(less, unit)}: "
        f"at the end the account {_stands(statement.closing, unit)}."
    )


def _stands(balance: int, unit: Currency) -> str:
    return f"{'is ' if balance <= 0 else ''}{words.owes_in_colour(balance, unit)}"


def _stood(balance: int, unit: Currency) -> str:
    if balance == 0:
        return "was settled"
    return f"{'owed' if balance > 0 else 'was in credit by'} {words.amount(abs(balance), unit)}"


def _what(row: StatementRow) -> str:
    return f"{row.description} (reversed)" if row.reversed_by is not None else row.description
