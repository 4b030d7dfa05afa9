"""A period chosen by its name – a term, a year, everything – or by its two days. It lives in the address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from school.students.queries import TermFacts, YearFacts
from school.ui import filters, words

EVERYTHING, OTHER = "Everything", "Other dates"


def choose(
    terms: Sequence[TermFacts], years: Sequence[YearFacts], *, page: str
) -> tuple[date | None, date | None]:
    """The first and the last day, both inclusive; None is without end. Latest periods are offered first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return fields(terms, years, page=page)


def fields(
    terms: Sequence[TermFacts], years: Sequence[YearFacts], *, page: str
) -> tuple[date | None, date | None]:
    """The same within a row of filters that is the caller's."""
    named = {f"{t.name} {t.year_name}": (t.starts_on, t.ends_on) for t in reversed(terms)}
    named |= {y.name: (y.starts_on, y.ends_on) for y in reversed(years)}
    how: dict[str, Any] = {"bind": "query-params", "width": filters.WIDTH}
    name = st.selectbox("Period", [EVERYTHING, *named, OTHER], key=f"{page}.period", **how)
    if name != OTHER:
        return named.get(name, (None, None))
    since = st.date_input("From", None, key=f"{page}.since", format=words.date_order(), **how)
    until = st.date_input("To", None, key=f"{page}.until", format=words.date_order(), **how)
    return _day(since), _day(until)


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
