"""Every account with what it holds, as at any day: two columns that come to the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.tabular import Column, Row
from school.ledger.models import STUDENTS_CONTROL
from school.reports import movements
from school.reports.movements import AccountTotal
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import filters, links, tables, words
from school.ui.reporting import files
from school.ui.tables import Goal

COLUMNS = (
    Column("Account", wide=True),
    Column("Code"),
    Column("Debit", "amount", summed=True),
    Column("Credit", "amount", summed=True),
)


def draw(actor: Actor) -> None:
    with reading() as session:
        school, today = students.school(session), students.today(session)
        as_at = filters.as_at(key="reports.trial_balance.as_at", today=today)
        accounts = movements.trial_balance(session, as_at=as_at)
    if not any(row.amount for row in accounts):
        st.info(f"No account holds anything as at {words.date(as_at)}. Choose a later day.")
        return
    figures(accounts, school, as_at)
    rows(accounts, school, as_at)
    files.offer(report(as_at, len(accounts)), actor)


def figures(accounts: Sequence[AccountTotal], school: SchoolFacts, as_at: date) -> None:
    debit = sum(row.amount for row in accounts if row.amount > 0)
    credit = -sum(row.amount for row in accounts if row.amount < 0)
    st.metric(
        "Debits and credits" if debit == credit else "Debits",
        f"{school.currency.code} {words.amount(debit, school.currency)}",
        delta=f"equal, as at {words.date(as_at)}" if debit == credit else "not equal to the credits",
        delta_color="off" if debit == credit else "inverse",
        delta_arrow="off",
    )


def rows(accounts: Sequence[AccountTotal], school: SchoolFacts, as_at: date) -> None:
    unit = school.currency
    columns = {
        "Account": [row.name for row in accounts],
        "Debit": [words.amount(row.amount, unit) if row.amount > 0 else "" for row in accounts],
        "Credit": [words.amount(-row.amount, unit) if row.amount < 0 else "" for row in accounts],
        "Code": [row.account for row in accounts],
    }
    tables.rows(
        columns,
        [_goal(row, as_at) for row in accounts],
        opens="Account",
        fitted=True,
        amounts=("Debit", "Credit"),
        key="reports.trial_balance.rows",
        alt=f"Trial balance as at {words.date(as_at)}",
    )


def _goal(row: AccountTotal, as_at: date) -> Goal:
    """The entries of the account; those of the students' account are all entries."""
    name = None if row.account == STUDENTS_CONTROL else row.name
    return links.ENTRIES, links.entries(until=as_at, account=name)


def report(as_at: date, count: int) -> files.Report:
    def read(session: Session) -> Iterator[Row]:
        for row in movements.trial_balance(session, as_at=as_at):
            yield row.name, row.account, max(row.amount, 0) or None, max(-row.amount, 0) or None

    return files.Report(
        key="reports.trial_balance",
        title="Trial balance",
        about=f"As at {words.date(as_at)}",
        day=as_at.isoformat(),
        columns=COLUMNS,
        rows=read,
        count=count,
    )
