"""Every account with what it holds, as at any day: two columns that are equal."""

from __future__ import annotations

import streamlit as st

from school.access.rules import Actor
from school.db import reading
from school.reports import movements
from school.students import queries as students
from school.ui import filters, links, tables, words


def draw(actor: Actor) -> None:  # noqa: ARG001
    with reading() as session:
        unit, today = students.school(session).currency, students.today(session)
        as_at = filters.as_at(key="reports.as_at", today=today)
        accounts = movements.trial_balance(session, as_at=as_at)
    tables.rows(
        {
            "Account": [row.name for row in accounts],
            "Debit": [words.amount(row.amount, unit) if row.amount > 0 else "" for row in accounts],
            "Credit": [words.amount(-row.amount, unit) if row.amount < 0 else "" for row in accounts],
        },
        [(links.ENTRIES, links.entries(until=as_at, account=row.name)) for row in accounts],
        opens="Account",
        amounts=("Debit", "Credit"),
        key="reports.trial_balance",
        alt="Trial balance",
    )
    if not accounts:
        st.info("Nothing was posted yet.")
