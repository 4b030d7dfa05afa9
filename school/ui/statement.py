"""The statement of one account: every movement with the balance after it, for any period."""

from __future__ import annotations

from datetime import date

import streamlit as st

from school.ledger.queries import Statement
from school.money import Currency
from school.ui import links, statement_words, tables, words


def draw(statement: Statement, unit: Currency, since: date | None) -> None:
    """Oldest first; a row opens its entry."""
    rows = statement.rows
    if not rows:
        stands = statement_words.stands(statement.closing, unit)
        st.caption(f"Nothing was posted in this period; the account {stands}.")
        return
    if since:
        st.markdown(f"On {words.date(since)} the account {statement_words.stood(statement.opening, unit)}.")
    columns = {
        "What": [statement_words.what(row) for row in rows],
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
        f"at the end the account {statement_words.stands(statement.closing, unit)}."
    )
