"""The statement of one account: every movement with the balance after it, for any period; and on paper."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading
from school.documents.statement import statement_pdf
from school.ledger import queries as ledger
from school.ledger.queries import StatementPage
from school.money import Currency
from school.reports import statements
from school.ui import links, statement_words, tables, words
from school.ui.student_account import Account


def show(session: Session, account: Account, actor: Actor, since: date | None, until: date | None) -> None:
    """The newest rows first to be seen, in the order in which they came; a row opens its entry."""
    key = f"student.page.{account.student.id}.{since}.{until}"
    chosen = st.session_state.get(key)
    found = ledger.statement_page(
        session,
        account.student.id,
        since=since,
        until=until,
        page=chosen if isinstance(chosen, int) else None,
    )
    download(account, actor, since, until)
    draw(found, account.unit, since)
    if found.pages > 1:
        st.pagination(found.pages, default=found.pages, key=key)


def draw(statement: StatementPage, unit: Currency, since: date | None) -> None:
    rows = statement.rows
    if not rows:
        stands = statement_words.stands(statement.closing, unit)
        st.caption(f"Nothing was posted in this period; the account {stands}.")
        return
    if statement.brought != statement.opening:
        st.markdown(
            f"Before the rows shown here the account {statement_words.stood(statement.brought, unit)}."
        )
    elif since:
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
    tables.rows(columns, goals, opens="What", amounts=amounts, fitted=True, key="student.statement", alt=alt)
    st.markdown(
        f"Charges of {words.amount(statement.charges, unit)} less credits of "
        f"{words.amount(statement.credits, unit)}: "
        f"at the end the account {statement_words.stands(statement.closing, unit)}."
    )


def download(account: Account, actor: Actor, since: date | None, until: date | None) -> None:
    """The paper is made when it is asked for, of the period on the screen."""
    student = account.student
    st.download_button(
        "Statement as PDF",
        partial(_pdf, actor, student.id, since, until),
        file_name=f"{student.admission_no} statement {min(until or account.today, account.today)}.pdf",
        mime="application/pdf",
        icon=":material/download:",
        on_click="ignore",
        key="student.statement_pdf",
        disabled=bool(since and until and until < since),
    )


def _pdf(actor: Actor, student_id: int, since: date | None, until: date | None) -> bytes:
    with reading() as session:
        authorise(session, actor, "students.read")
        (facts,) = statements.student_statements(session, [student_id], since, until)
    return statement_pdf(facts)
