"""What was given up, paid back or taken back in a period, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.tabular import Column, Row
from school.ledger.wording import KIND_NAMES
from school.reports import day_book
from school.reports.day_book import DayBookRow, DayBookTotals
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import filters, links, tables, words
from school.ui.reporting import files, periods, shown
from school.ui.reporting.periods import Period

PAGE = "reports.corrections.page"
KINDS = ("write_off", "refund", "credit_note", "reversal", "transfer")


def draw(actor: Actor) -> None:
    with reading() as session:
        school = students.school(session)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            period = periods.choose(session, tab="corrections", first=periods.YEAR, page_key=PAGE)
            options = {"Every correction": KINDS, **{KIND_NAMES[kind]: (kind,) for kind in KINDS}}
            turn = filters.from_page_one(PAGE)
            kinds = filters.choice("Kind", options, key="reports.corrections.kind", on_change=turn) or KINDS
        if periods.refused(period):
            return
        asked: dict[str, Any] = {"since": period.since, "until": period.until, "kinds": kinds}
        totals = day_book.totals(session, **asked)
        page = day_book.page(session, **asked, offset=filters.first_row(PAGE))
    if not totals.entries:
        st.info(f"Nothing was corrected in {period.words}. Choose another period or kind.")
        return
    figures(totals, school)
    rows(page, school, period)
    if totals.entries > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(totals.entries), key=PAGE)
    files.offer(report(period, kinds, totals.entries), actor)


def figures(totals: DayBookTotals, school: SchoolFacts) -> None:
    """How much of each kind, and how often."""
    amounts: dict[str, tuple[int, int]] = {}
    for row in totals.kinds:
        count, amount = amounts.get(row.kind, (0, 0))
        sides = row.sides
        moved = sides.charges + sides.credits + sides.money_in + sides.money_out
        amounts[row.kind] = (count + row.entries, amount + moved)
    with st.grid(4, gap="small", min_column_width=shown.CARD):
        for kind, (count, amount) in amounts.items():
            st.metric(
                KIND_NAMES[kind] + ("" if count == 1 else "s"),
                words.amount(amount, school.currency),
                delta=f"{count:,} {'entry' if count == 1 else 'entries'}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                height="stretch",
            )


def rows(page: Sequence[DayBookRow], school: SchoolFacts, period: Period) -> None:
    columns = {
        "What": [row.what for row in page],
        "Amount": [words.amount(abs(row.amount), school.currency) if row.amount else "" for row in page],
        "For": [row.students for row in page],
        "Reason": [row.reason for row in page],
        "Account": [row.accounts for row in page],
        "Date": [words.date(row.date) for row in page],
        "By": [row.actor for row in page],
        "No.": [f"{row.entry_id:,}" for row in page],
    }
    goals = [(links.ENTRY, links.entry(row.entry_id)) for row in page]
    alt = f"Corrections of {period.words} with their reasons"
    tables.rows(
        columns,
        goals,
        fitted=True,
        opens="What",
        amounts=("Amount", "No."),
        key="reports.corrections.rows",
        alt=alt,
    )


def report(period: Period, kinds: Sequence[str], count: int) -> files.Report:
    def read(session: Session) -> Iterator[Row]:
        for row in day_book.every(session, since=period.since, until=period.until, kinds=kinds):
            what = (row.entry_id, row.date, row.what, row.students, row.accounts)
            more = max(row.amount, 0) or None, max(-row.amount, 0) or None
            yield *what, *more, row.reason, row.actor

    return files.Report(
        key="reports.corrections",
        title="Corrections",
        about=period.words,
        day=period.name,
        columns=(
            Column("No.", "count"),
            Column("Date", "day"),
            Column("What"),
            Column("For", wide=True),
            Column("Account"),
            Column("Owed more", "amount", summed=True),
            Column("Owed less", "amount", summed=True),
            Column("Reason", wide=True),
            Column("By"),
        ),
        rows=read,
        count=count,
    )
