"""What came in, by tender, beside what was billed; and by fee head what became of the charges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.documents.tabular import Column, Row
from school.ledger import queries as ledger
from school.ledger.queries import AccountFacts
from school.money import Currency
from school.reports import collections
from school.reports.collections import HeadRow, Step
from school.students import queries as students
from school.students.queries import SchoolFacts, TermFacts
from school.ui import board, charts, filters, links, tables, words
from school.ui.charts import Pair
from school.ui.reporting import files, periods, shown
from school.ui.reporting.periods import Period
from school.ui.tables import Goal

STEPS = {"Month": "month", "Day": "day", "Term": "term"}
PAIRS_MAX = 31  # more columns than that cannot be told apart


def draw(actor: Actor) -> None:
    with reading() as session:
        school = students.school(session)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            period = periods.choose(session, tab="collections", first=periods.YEAR)
            step = filters.choice("By", STEPS, key="reports.collections.step") or "month"
        if periods.refused(period):
            return
        steps = _read(session, period, step)
        terms = _terms(session, period) if step == "term" else None
        ids = None if terms is None else [term.id for term in terms]
        heads = collections.fee_heads(session, since=period.since, until=period.until, term_ids=ids)
        tenders = _used(ledger.accounts(session, type="tender"), steps)
    if not steps:
        st.info(f"Nothing was billed or collected in {period.words}. Choose another period.")
        return
    figures(steps, school)
    if 1 < len(steps) <= PAIRS_MAX:
        chart(steps, step, school)
    by_step(steps, tenders, step, school.currency)
    files.offer(report(period, step, tenders, len(steps)), actor)
    if heads:
        by_head(heads, school.currency, _entries(period, terms))


def _read(session: Session, period: Period, step: str) -> list[Step]:
    if step == "term":
        return collections.by_term(session, _terms(session, period))
    return collections.steps(session, since=period.since, until=period.until, step=step)


def _terms(session: Session, period: Period) -> list[TermFacts]:
    return [term for term in students.terms(session) if period.since <= term.starts_on <= period.until]


def _entries(period: Period, terms: Sequence[TermFacts] | None) -> dict[str, Any]:
    """How the page of entries is asked for the same: by its days, or by the one term, not by several."""
    if terms is None:
        return {"since": period.since, "until": period.until}
    return {"term": periods.term_name(terms[0])} if len(terms) == 1 else {}


def _used(tenders: Sequence[AccountFacts], steps: Sequence[Step]) -> list[AccountFacts]:
    return [tender for tender in tenders if any(step.by_tender.get(tender.code) for step in steps)]


def figures(steps: Sequence[Step], school: SchoolFacts) -> None:
    unit = school.currency
    collected, payable = sum(s.collected for s in steps), sum(s.billed - s.conceded for s in steps)
    conceded = sum(s.conceded for s in steps)
    less = f"after concessions of {words.amount(conceded, unit)}" if conceded else "nothing was conceded"
    with st.grid(2, gap="small", min_column_width=shown.CARD):
        shown.figure(f"Collected, {unit.code}", words.amount(collected, unit), "less refunds and reversals")
        shown.figure("Billed", words.amount(payable, unit), less)


def chart(steps: Sequence[Step], step: str, school: SchoolFacts) -> None:
    unit = school.currency
    pairs = []
    for one in steps:
        name, payable = _name(one, step), one.billed - one.conceded
        said = f"{name}: {words.amount(one.collected, unit)} collected, {words.amount(payable, unit)} billed"
        pairs.append(Pair(_brief(one, step), one.collected, payable, said, _goal(one)))
    charts.pairs(
        pairs,
        now="Collected",
        before="Billed",
        minor=10**unit.exponent,
        key="reports.collections.chart",
        alt=f"Collected beside billed, by {step}",
    )


def _name(one: Step, step: str) -> str:
    if step == "day":
        return words.date(one.since)
    if step == "month":
        return board.month_and_year(one.since)
    return periods.term_name(one.term) if one.term else ""


def _brief(one: Step, step: str) -> str:
    return (
        str(one.since.day)
        if step == "day"
        else board.month(one.since)
        if step == "month"
        else _name(one, step)
    )


def _goal(one: Step) -> Goal:
    if one.term:
        return links.ENTRIES, links.entries(term=periods.term_name(one.term), account_type="tender")
    return links.ENTRIES, links.entries(since=one.since, until=one.until, account_type="tender")


def by_step(steps: Sequence[Step], tenders: Sequence[AccountFacts], step: str, unit: Currency) -> None:
    head = next(name for name, known in STEPS.items() if known == step)
    columns = {
        head: [_name(one, step) for one in steps],
        "Collected": [words.amount(one.collected, unit) for one in steps],
        **{t.name: [shown.some(one.by_tender.get(t.code, 0), unit) for one in steps] for t in tenders},
        "Billed": [shown.some(one.billed, unit) for one in steps],
        "Conceded": [shown.some(one.conceded, unit) for one in steps],
    }
    kept = shown.filled(columns)
    amounts = [name for name in kept if name != head]
    alt = f"Collected by {step} and tender"
    goals = [_goal(one) for one in steps]
    tables.rows(
        kept, goals, fitted=True, opens=head, amounts=amounts, key="reports.collections.rows", alt=alt
    )


def by_head(heads: Sequence[HeadRow], unit: Currency, which: Mapping[str, Any]) -> None:
    st.header("What became of these charges", anchor=False)
    st.markdown(
        words.quiet(
            "By fee head: what was charged, less concessions and other credits given for it, "
            "and what payments have settled until now."
        )
    )
    columns = {
        "Fee head": [row.name for row in heads],
        "Charged": [words.amount(row.charged, unit) for row in heads],
        "Taken off": [shown.some(row.taken_off, unit) for row in heads],
        "Settled": [shown.some(row.settled, unit) for row in heads],
        "Open": [shown.some(row.open, unit) for row in heads],
        "Rate": [_rate(row) for row in heads],
    }
    goals = [(links.ENTRIES, links.entries(account=row.name, **which)) for row in heads]
    amounts = [name for name in columns if name != "Fee head"]
    alt = "What was charged by fee head, and what of it is settled"
    tables.rows(
        columns,
        goals,
        fitted=True,
        opens="Fee head",
        amounts=amounts,
        key="reports.collections.heads",
        alt=alt,
    )


def _rate(row: HeadRow) -> str:
    payable = row.charged - row.taken_off
    return board.percent(round(100 * row.settled / payable, 1)) if payable > 0 else ""


def report(period: Period, step: str, tenders: Sequence[AccountFacts], count: int) -> files.Report:
    def read(session: Session) -> Iterator[Row]:
        for one in _read(session, period, step):
            each = (one.by_tender.get(tender.code) for tender in tenders)
            name = (one.term and periods.term_name(one.term)) or ""
            yield one.since, one.until, name, one.collected, *each, one.billed or None, one.conceded or None

    names = ("Collected", *(tender.name for tender in tenders), "Billed", "Conceded")
    return files.Report(
        key="reports.collections",
        title="Collections",
        about=f"{period.words}, by {step}",
        day=period.name,
        columns=(
            Column("From", "day"),
            Column("To", "day"),
            Column("Term", wide=True),
            *(Column(name, "amount", summed=True) for name in names),
        ),
        rows=read,
        count=count,
    )
