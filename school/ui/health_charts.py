"""What happened, in pictures; each can be had as a table, and says whose figures it shows."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from school import metrics
from school.monitoring import history
from school.ui import charts, links, tables, words
from school.ui.charts import FAINT, Bar, Pair
from school.ui.health_state import Health, PageTimes, counted, milliseconds
from school.ui.tables import Goal

VIEW = "health.view"
PAGES_MAX, PAGES_DRAWN = 30, 4
HERE_PROCESS = "of this process since it started"
HOURS_TOLD = f"the last {history.HOURS} hours"


def payments(health: Health, *, as_table: bool) -> None:
    """Recorded ones are in the books; a refused one leaves no row, so each process counts its own."""
    hours = _hours(health)
    refused = Counter(history.hour_of(one.at) for one in metrics.payments_not_taken())
    with _card("Payments by hour", f"{HOURS_TOLD}; refused ones {HERE_PROCESS}"):
        if not any(health.history.payments.get(hour) or refused[hour] for hour in hours):
            st.write("Nobody has recorded a payment.")
            return
        bars = [
            Pair(
                f"{health.local(hour):%H}",
                health.history.payments.get(hour, 0),
                refused[hour],
                f"{health.moment(hour)}: {health.history.payments.get(hour, 0):,} recorded, "
                f"{refused[hour]:,} refused",
                _entries_of(health, hour),
            )
            for hour in hours
        ]
        if as_table:
            _table(
                {
                    "From": [health.moment(hour) for hour in hours],
                    "Recorded": [f"{bar.now:,}" for bar in bars],
                    "Refused": [f"{bar.before:,}" for bar in bars],
                },
                key="health.payments",
                alt="Payments by hour",
            )
            return
        total = counted(sum(bar.now for bar in bars), "payment")
        charts.pairs(
            bars,
            now="Recorded",
            before="Refused",
            minor=1,
            key="health.payments",
            alt=f"Payments by hour, {total} recorded in {HOURS_TOLD}",
        )


def pages(health: Health, *, as_table: bool) -> None:
    times = health.pages[:PAGES_MAX]
    with _card("How long pages take", f"95 of 100 runs, and half of them, stay within; {HERE_PROCESS}"):
        if not times:
            st.write("No page has been opened yet.")
            return
        if as_table:
            _table(
                {
                    "Page": [_called(one.page) for one in times],
                    "Half stay within": [milliseconds(one.middle) for one in times],
                    "95 of 100 stay within": [milliseconds(one.late) for one in times],
                    "Runs": [f"{one.runs:,}" for one in times],
                },
                key="health.pages",
                alt="How long pages take",
            )
            return
        bars = [bar for one in times[:PAGES_DRAWN] for bar in _of_page(one)]
        charts.rows(bars, key="health.pages", alt=f"How long pages take; the slowest is {bars[0].said}")


def _of_page(one: PageTimes) -> tuple[Bar, Bar]:
    name = _called(one.page)
    said = (
        f"{name}: half of {counted(one.runs, 'run')} within {milliseconds(one.middle)}, "
        f"95 of 100 within {milliseconds(one.late)}"
    )
    late, middle = (max(1, round(seconds * 1000)) for seconds in (one.late, one.middle))
    return (
        Bar(name, late, milliseconds(one.late), said, _open("Machine")),
        Bar(f"{name}, half", middle, milliseconds(one.middle), said, _open("Machine"), FAINT),
    )


def incidents(health: Health, *, as_table: bool) -> None:
    today = health.day(health.history.now)
    days = [today - timedelta(days=back) for back in reversed(range(history.DAYS))]
    found: Counter[date] = Counter()
    for hour, count in health.history.incidents.items():
        found[health.day(hour)] += count
    with _card("Incidents by day", f"the last {history.DAYS} days; faults of the program that somebody met"):
        if not found.total():
            st.write("Nobody has met a fault.")
            return
        counts = [found[day] for day in days]
        labels = [words.date(day) for day in days]
        if as_table:
            _table(
                {"Day": labels, "Incidents": [f"{count:,}" for count in counts]},
                key="health.by_day",
                alt="Incidents by day",
            )
            return
        bars = [
            Bar(f"{day:%d}", count, "", f"{label}: {counted(count, 'incident')}", _open("Incidents"))
            for day, label, count in zip(days, labels, counts, strict=True)
        ]
        charts.columns(bars, key="health.by_day", alt=f"Incidents by day, {found.total():,} in all")


def failed_sign_ins(health: Health, *, as_table: bool) -> None:
    hours, failed = _hours(health), health.history.failed_sign_ins
    with _card("Failed sign-ins by hour", HOURS_TOLD):
        if not any(failed.values()):
            st.write("Nobody was refused.")
            return
        counts = [failed.get(hour, 0) for hour in hours]
        if as_table:
            _table(
                {"From": [health.moment(hour) for hour in hours], "Failed": [f"{n:,}" for n in counts]},
                key="health.failed",
                alt="Failed sign-ins by hour",
            )
            return
        goal: Goal = (links.USERS, {"users.view": "Failed attempts"})
        bars = [
            Bar(f"{health.local(hour):%H}", count, "", f"{health.moment(hour)}: {count:,} failed", goal)
            for hour, count in zip(hours, counts, strict=True)
        ]
        charts.columns(bars, key="health.failed", alt=f"Failed sign-ins by hour, {sum(counts):,} in all")


def _hours(health: Health) -> list[datetime]:
    last = history.hour_of(health.history.now)
    return [last - timedelta(hours=back) for back in reversed(range(history.HOURS))]


def _entries_of(health: Health, hour: datetime) -> Goal:
    day = health.day(hour)
    return links.ENTRIES, links.entries(since=day, until=day, account_type="tender")


def _open(view: str) -> Goal:
    return tables.HERE, {VIEW: view}


def _called(page: str) -> str:
    return page.replace("_", " ").capitalize()


def _table(columns: dict[str, list[str]], *, key: str, alt: str) -> None:
    tables.plain(columns, key=f"{key}.table", alt=alt, amounts=list(columns)[1:])


def _card(title: str, note: str) -> DeltaGenerator:
    card = st.container(border=True, height="stretch")
    card.header(title, anchor=False)
    card.markdown(words.quiet(note))
    return card
