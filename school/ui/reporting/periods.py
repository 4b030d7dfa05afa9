"""The days a report is about, chosen by a name or by the first and the last; they live in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.reports import day_book
from school.students import queries as students
from school.students.queries import TermFacts
from school.ui import filters, words

TODAY, THIS_MONTH, OTHER = "Today", "This month", "Other dates"
LAST_DAY = "Last day with entries"
YEAR = "year"  # to begin with, the last school year that has begun
EARLIEST = date(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """Both days are inclusive. A term or a year knows its terms, for what counts by them and not by days."""

    since: date
    until: date
    terms: tuple[TermFacts, ...] = ()

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def words(self) -> str:
        """`20 Mar 2026`, `1 Mar 2026 to 20 Mar 2026`"""
        first, last = words.date(self.since), words.date(self.until)
        return first if self.since == self.until else f"{first} to {last}"

    @property
    def name(self) -> str:
        """The same in the name of a file."""
        first, last = self.since.isoformat(), self.until.isoformat()
        return first if self.since == self.until else f"{first} to {last}"


def choose(session: Session, *, tab: str, first: str, page_key: str | None = None) -> Period:
    """The period, to begin with the one named `first`; it may end before it begins: see `refused`."""
    today = students.today(session)
    named = _named(session, today)
    if first == YEAR:
        begun = [year.name for year in students.years(session) if year.starts_on <= today]
        first = begun[-1] if begun else THIS_MONTH
    how: dict[str, Any] = {"bind": "query-params", "width": filters.WIDTH}
    if page_key:
        how["on_change"] = filters.from_page_one(page_key)
    names = [*named, OTHER]
    index = names.index(first)
    name = st.selectbox("Period", names, index=index, key=f"reports.{tab}.period", **how)
    if name != OTHER:
        return named.get(name or first, named[first])
    how |= {"min_value": EARLIEST, "max_value": today, "format": words.date_order()}
    since = st.date_input("From", today, key=f"reports.{tab}.since", **how)
    until = st.date_input("To", today, key=f"reports.{tab}.until", **how)
    return Period(since, until)


def refused(period: Period) -> bool:
    """True, and a sentence, where the period ends before it begins."""
    if period.since <= period.until:
        return False
    st.warning(
        f"This period begins on {words.date(period.since)} and ends before, on {words.date(period.until)}. "
        "Choose a first day that is not after the last.",
        icon=":material/date_range:",
    )
    return True


def offer_last_day(tab: str, day: date) -> None:
    """A button that leads to the last day with entries."""
    st.button(
        f"Show {words.date(day)}",
        key=f"reports.{tab}.last_day",
        icon=":material/event:",
        on_click=_turn_to_last_day,
        args=(tab,),
    )


def _turn_to_last_day(tab: str) -> None:
    st.session_state[f"reports.{tab}.period"] = LAST_DAY


def _named(session: Session, today: date) -> dict[str, Period]:
    """Days and months first, then terms and years that have begun, the latest first."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    yesterday = today - timedelta(days=1)
    named = {
        TODAY: Period(today, today),
        "Yesterday": Period(yesterday, yesterday),
        THIS_MONTH: Period(month, today),
        "Last month": Period(before.replace(day=1), before),
    }
    if last := day_book.last_day(session):
        named[LAST_DAY] = Period(last, last)
    terms = students.terms(session)
    for term in reversed(terms):
        if term.starts_on <= today:
            named[term_name(term)] = Period(term.starts_on, min(term.ends_on, today), (term,))
    for year in reversed(students.years(session)):
        if year.starts_on <= today:
            of_year = tuple(term for term in terms if term.year_name == year.name)
            named[year.name] = Period(year.starts_on, min(year.ends_on, today), of_year)
    return named


def term_name(term: TermFacts) -> str:
    return f"{term.name} {term.year_name}"
