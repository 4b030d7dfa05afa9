"""What each scheme has cost in a period, and behind it who was given how much, by whom and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.tabular import Column, Row
from school.fees import register
from school.fees.register import Recipient, SchemeCost
from school.money import Currency
from school.reports import collections
from school.students import queries as students
from school.ui import board, charts, filters, links, tables, words
from school.ui.charts import Bar
from school.ui.reporting import files, periods, shown
from school.ui.reporting.periods import Period
from school.ui.tables import Goal

PAGE = "reports.concessions.page"
EVERY = "Every scheme"
BY_HAND = "by hand"  # a concession account that is no scheme
TITLE = "Concession register"


def draw(actor: Actor) -> None:
    with reading() as session:
        unit = students.school(session).currency
        with st.container(horizontal=True, vertical_alignment="bottom"):
            period = periods.choose(session, tab="concessions", first=periods.YEAR, page_key=PAGE)
            scheme = st.container()
        if periods.refused(period):
            return
        costs = register.register(session, **_reach(period))
        names: dict[str, SchemeCost | None] = {EVERY: None, **{cost.name: cost for cost in costs}}
        with scheme:
            turn = filters.from_page_one(PAGE)
            chosen = filters.choice("Scheme", names, key="reports.concessions.scheme", on_change=turn)
        billed = _billed(session, period)
        rows = _recipients(session, chosen, period, filters.first_row(PAGE)) if chosen else []
    if not any(cost.amount for cost in costs):
        st.info(f"Nothing was conceded in {period.words}. Choose another period.")
        return
    figures(costs, chosen, billed, unit)
    if chosen:
        behind(rows, chosen, unit)
        files.offer(_report_behind(chosen, period), actor)
    else:
        by_scheme(costs, billed, unit)
        files.offer(_report(period, len(costs)), actor)


def _billed(session: Session, period: Period) -> int:
    if period.terms:
        steps = collections.by_term(session, period.terms)
    else:
        steps = collections.steps(session, since=period.since, until=period.until, step="month")
    return sum(step.billed for step in steps)


def _reach(period: Period) -> dict[str, Any]:
    """A term or a year counts what was given for its terms: they are billed before they begin."""
    term_ids = [term.id for term in period.terms]
    return {"since": period.since, "until": period.until, "term_ids": term_ids}


def _recipients(session: Session, cost: SchemeCost, period: Period, offset: int) -> list[Recipient]:
    return register.recipients(
        session,
        scheme=cost.scheme,
        **_reach(period),
        limit=tables.ROWS_PER_PAGE,
        offset=offset,
    )


def figures(costs: Sequence[SchemeCost], chosen: SchemeCost | None, billed: int, unit: Currency) -> None:
    amount = chosen.amount if chosen else sum(cost.amount for cost in costs)
    note = f"by {len(costs)} {'scheme' if len(costs) == 1 else 'schemes'}"
    if chosen:
        note = f"to {chosen.students:,} {'student' if chosen.students == 1 else 'students'}"
    with st.grid(2, gap="small", min_column_width=shown.CARD):
        label = chosen.name if chosen else "Conceded"
        shown.figure(f"{label}, {unit.code}", words.amount(amount, unit), note)
        of = f"of {words.amount(billed, unit)}"
        shown.figure("Share of what was billed", _share(amount, billed) or "–", of)


def _share(amount: int, billed: int) -> str:
    return board.percent(round(100 * amount / billed, 1)) if billed > 0 else ""


def by_scheme(costs: Sequence[SchemeCost], billed: int, unit: Currency) -> None:
    bars = [
        Bar(cost.name, cost.amount, words.amount(cost.amount, unit), _said(cost, unit), _goal(cost))
        for cost in costs
        if cost.amount
    ]
    charts.rows(bars, key="reports.concessions.chart", alt="What each scheme has cost")
    columns = {
        "Scheme": [cost.name for cost in costs],
        "Cost": [words.amount(cost.amount, unit) for cost in costs],
        "Of billed": [_share(cost.amount, billed) for cost in costs],
        "Students": [f"{cost.students:,}" for cost in costs],
        "Kind": [(cost.kind or BY_HAND).capitalize() for cost in costs],
    }
    goals = [_goal(cost) for cost in costs]
    amounts = ("Cost", "Of billed", "Students")
    alt = "Concession schemes with what they have cost"
    tables.rows(
        columns, goals, opens="Scheme", amounts=amounts, fitted=True, key="reports.concessions.rows", alt=alt
    )


def _said(cost: SchemeCost, unit: Currency) -> str:
    return f"{cost.name}: {words.amount(cost.amount, unit)} to {cost.students:,} students"


def _goal(cost: SchemeCost) -> Goal:
    return tables.HERE, {"reports.concessions.scheme": cost.name}


def behind(rows: Sequence[Recipient], cost: SchemeCost, unit: Currency) -> None:
    """The students a scheme was given to."""
    if not rows:
        st.info("Nobody was given anything by this scheme in this period.")
        return
    columns = {
        "Student": [row.name for row in rows],
        "Amount": [words.amount(row.amount, unit) for row in rows],
        "Reason": [row.reason or "" for row in rows],
        "Granted by": [row.granted_by for row in rows],
        "Approved by": [row.approved_by or "" for row in rows],
        "Class": [row.class_name or links.NO_CLASS for row in rows],
        "Number": [row.admission_no for row in rows],
    }
    goals = [(links.STUDENT, links.student(row.student_id)) for row in rows]
    alt = f"Students given {cost.name}, with the reason"
    tables.rows(
        shown.filled(columns),
        goals,
        opens="Student",
        amounts=("Amount",),
        fitted=True,
        key="reports.concessions.behind",
        alt=alt,
    )
    if cost.students > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(cost.students), key=PAGE)


def _report(period: Period, count: int) -> files.Report:
    def read(session: Session) -> Iterator[Row]:
        for cost in register.register(session, **_reach(period)):
            yield cost.name, (cost.kind or BY_HAND).capitalize(), cost.students, cost.amount

    return files.Report(
        key="reports.concessions",
        title=TITLE,
        about=period.words,
        day=period.name,
        columns=(
            Column("Scheme", wide=True),
            Column("Kind"),
            Column("Students", "count"),
            Column("Cost", "amount", summed=True),
        ),
        rows=read,
        count=count,
    )


def _report_behind(cost: SchemeCost, period: Period) -> files.Report:
    def read(session: Session) -> Iterator[Row]:
        which = register.recipients(session, scheme=cost.scheme, **_reach(period))
        for row in which:
            by = row.granted_by, row.approved_by or ""
            yield row.name, row.admission_no, row.class_name, row.amount, row.reason or "", *by

    return files.Report(
        key="reports.concessions_behind",
        title=TITLE,
        about=f"{cost.name}, {period.words}",
        day=f"{cost.name.lower()} {period.name}",
        columns=(
            Column("Student", wide=True),
            Column("Number"),
            Column("Class"),
            Column("Amount", "amount", summed=True),
            Column("Reason", wide=True),
            Column("Granted by"),
            Column("Approved by"),
        ),
        rows=read,
        count=cost.students,
    )
