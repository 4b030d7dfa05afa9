"""Every entry of a day or a period, in order, and what they come to by kind and by account."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.tabular import Column, Row
from school.ledger.wording import KIND_NAMES
from school.money import Currency
from school.reports import day_book
from school.reports.day_book import DayBookRow, DayBookTotals, KindTotal, Sides
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import filters, links, tables, words
from school.ui.reporting import files, periods, shown
from school.ui.reporting.periods import Period

PAGE = "reports.day_book.page"
SIDES = {"Charges": "charges", "Credits": "credits", "In": "money_in", "Out": "money_out"}
COLUMNS = (
    Column("No.", "count"),
    Column("Date", "day"),
    Column("Time"),
    Column("What"),
    Column("For", wide=True),
    Column("Account"),
    *(Column(name, "amount", summed=True) for name in SIDES),
    Column("By"),
    Column("Reason", wide=True),
)


def draw(actor: Actor) -> None:
    with reading() as session:
        school = students.school(session)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            period = periods.choose(session, tab="day_book", first=periods.TODAY, page_key=PAGE)
        if periods.refused(period):
            return
        totals = day_book.totals(session, since=period.since, until=period.until)
        offset = filters.first_row(PAGE)
        rows = day_book.page(session, since=period.since, until=period.until, offset=offset)
        last = day_book.last_day(session)
    if not totals.entries:
        st.info(f"Nothing was entered for {period.words}. Choose another period.")
        if last:
            periods.offer_last_day("day_book", last)
        return
    st.markdown(words.quiet(period.words))
    figures(totals.sides, totals.entries, school)
    entries(rows, school, period)
    if totals.entries > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(totals.entries), key=PAGE)
    files.offer(_report(totals, school, period), actor)
    left, right = st.columns(2, gap="medium")
    with left:
        by_kind(totals, school.currency, period)
    with right:
        by_account(totals, school.currency, period)


def figures(sides: Sides, entries: int, school: SchoolFacts) -> None:
    unit = school.currency
    taken = sides.money_in - sides.money_out
    with st.grid(4, gap="small", min_column_width=shown.CARD):
        out = f"{words.amount(sides.money_out, unit)} went out" if sides.money_out else "nothing went out"
        shown.figure(f"Taken, {unit.code}", words.amount(taken, unit), out)
        shown.figure("Charges", words.amount(sides.charges, unit), "without money")
        shown.figure("Credits", words.amount(sides.credits, unit), "without money")
        owed = "Owed less" if sides.moved < 0 else "Owed more"
        count = f"{entries:,} {'entry' if entries == 1 else 'entries'}"
        shown.figure(owed, words.amount(abs(sides.moved), unit), f"by {count}")


def entries(rows: list[DayBookRow], school: SchoolFacts, period: Period) -> None:
    zone, unit = ZoneInfo(school.time_zone), school.currency
    columns = {
        "No.": [f"{row.entry_id:,}" for row in rows],
        "What": [row.what for row in rows],
        "For": [row.students for row in rows],
        "Account": [row.accounts for row in rows],
        **{
            name: [shown.some(getattr(row.sides, side), unit) for row in rows] for name, side in SIDES.items()
        },
        "Date": [words.date(row.date) if period.days > 1 else "" for row in rows],
        "Time": [f"{row.at.astimezone(zone):%H:%M}" for row in rows],
        "By": [row.actor for row in rows],
        "Reason": [row.reason for row in rows],
    }
    kept = shown.filled(columns)
    goals = [(links.ENTRY, links.entry(row.entry_id)) for row in rows]
    amounts = [name for name in SIDES if name in kept]
    alt = f"Day book of {period.words}, in the order of its days"
    tables.rows(kept, goals, fitted=True, opens="No.", amounts=amounts, key="reports.day_book.rows", alt=alt)


def by_kind(totals: DayBookTotals, unit: Currency, period: Period) -> None:
    st.header("By kind", anchor=False)
    columns = {
        "Kind": [_kind(row) for row in totals.kinds],
        "Entries": [f"{row.entries:,}" for row in totals.kinds],
        **{
            name: [shown.some(getattr(row.sides, side), unit) for row in totals.kinds]
            for name, side in SIDES.items()
        },
    }
    kept = shown.filled(columns)
    goals = [
        (links.ENTRIES, links.entries(since=period.since, until=period.until, kind=row.kind))
        for row in totals.kinds
    ]
    amounts = [name for name in kept if name != "Kind"]
    alt = "What the period comes to, by kind of entry"
    tables.rows(
        kept, goals, fitted=True, opens="Kind", amounts=amounts, key="reports.day_book.kinds", alt=alt
    )


def _kind(row: KindTotal) -> str:
    if row.original:
        return f"Reversal of {KIND_NAMES[row.original].lower()}"
    return KIND_NAMES[row.kind]


def by_account(totals: DayBookTotals, unit: Currency, period: Period) -> None:
    """Debit and credit of each account: a tender gains what a student's account is credited."""
    st.header("By account", anchor=False)
    rows = totals.accounts
    columns = {
        "Account": [row.name for row in rows],
        "Debit": [shown.some(max(-row.amount, 0), unit) for row in rows],
        "Credit": [shown.some(max(row.amount, 0), unit) for row in rows],
    }
    goals = [
        (links.ENTRIES, links.entries(since=period.since, until=period.until, account=row.name))
        for row in rows
    ]
    amounts = ("Debit", "Credit")
    alt = "What the period comes to, by account"
    tables.rows(
        columns,
        goals,
        fitted=True,
        opens="Account",
        amounts=amounts,
        key="reports.day_book.accounts",
        alt=alt,
    )


def _report(totals: DayBookTotals, school: SchoolFacts, period: Period) -> files.Report:
    zone = ZoneInfo(school.time_zone)

    def rows(session: Session) -> Iterator[Row]:
        for row in day_book.every(session, since=period.since, until=period.until):
            sides = (getattr(row.sides, side) or None for side in SIDES.values())
            time = f"{row.at.astimezone(zone):%H:%M}"
            what = (row.entry_id, row.date, time, row.what, row.students, row.accounts)
            yield *what, *sides, row.actor, row.reason

    return files.Report(
        key="reports.day_book",
        title="Day book",
        about=period.words,
        day=period.name,
        columns=COLUMNS,
        rows=rows,
        count=totals.entries,
    )
