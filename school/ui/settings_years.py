"""School years and their terms: added from the year before, changed where nothing posted says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.students import calendar, next_year
from school.students import queries as students
from school.students.calendar import TermAsked
from school.students.queries import TermFacts, YearFacts
from school.ui import feedback, filters, forms, proposals, tables, words
from school.ui.settings_form import WIDTH, Stands, Tell, button, text

CHOSEN, NEW = "settings.year", "A new year"
TERMS_MAX = 6


@dataclass(frozen=True)
class Row:
    """A term as the form proposes it; one without a name or an id is room for another."""

    id: int | None
    name: str
    starts_on: date | None
    ends_on: date | None


def draw(actor: Actor) -> None:
    with reading() as session:
        years, terms, today = students.years(session), students.terms(session), students.today(session)
    latest = list(reversed(years))
    now = [year for year in latest if year.starts_on <= today <= year.ends_on]
    offered: dict[str, YearFacts | None] = {year.name: year for year in [*now, *latest]}
    chosen = filters.choice("Year", {**offered, NEW: None}, key=CHOSEN)
    if chosen:
        rows = [Row(t.id, t.name, t.starts_on, t.ends_on) for t in terms if t.year_id == chosen.id]
        _form(actor, chosen.id, chosen.name, chosen.starts_on, chosen.ends_on, rows)
    else:
        proposed = proposal(years, terms, today)
        rows = [Row(None, *term) for term in proposed.terms]
        _form(actor, 0, proposed.name, proposed.starts_on, proposed.ends_on, rows)
    _table(latest, terms)


def proposal(years: Sequence[YearFacts], terms: Sequence[TermFacts], today: date) -> next_year.NewYear:
    """The year after the last one; a calendar year in three terms where there is none."""
    if years:
        return next_year.year_after(years[-1], terms)
    first = date(today.year, 1, 1)
    last = proposals.year_end(first)
    return next_year.NewYear(str(today.year), first, last, proposals.terms(first, last, 3))


def _form(actor: Actor, year_id: int, name: str, starts_on: date, ends_on: date, rows: Sequence[Row]) -> None:
    key = f"settings.year_{year_id}"
    with st.form(f"{key}_form", width=WIDTH):
        called, starts, ends = _line(key, "Year", Row(None, name, starts_on, ends_on))
        asked = [_line(f"{key}_term_{n}", f"Term {n + 1}", row) for n, row in enumerate(rows)]
        if len(rows) < TERMS_MAX:
            more = f"{key}_term_{len(rows)}"
            asked.append(_line(more, "Another term (optional)", Row(None, "", None, None)))
        feedback.problem(f"{key}.terms")

        def write(session: Session, stands: Stands) -> Tell:
            terms = [
                TermAsked(row.id, name_, first.at(stands).day(), last.at(stands).day())
                for row, (field, first, last) in zip([*rows, Row(None, "", None, None)], asked, strict=False)
                if (name_ := text(stands, field).strip()) or row.id is not None
            ]
            typed = text(stands, called)
            first_day, last_day = starts.at(stands).day(), ends.at(stands).day()
            if year_id:
                calendar.change_year(
                    session,
                    actor=actor,
                    year_id=year_id,
                    name=typed,
                    starts_on=first_day,
                    ends_on=last_day,
                    terms=terms,
                )
                return lambda: f"{words.plain(typed.strip())} is kept, with {_counted(len(terms))}."
            spans = [(term.name, term.starts_on, term.ends_on) for term in terms]
            calendar.add_year(
                session, actor=actor, name=typed, starts_on=first_day, ends_on=last_day, terms=spans
            )
            return lambda: f"{words.plain(typed.strip())} is added, with {_counted(len(terms))}."

        button(
            "Keep" if year_id else "Add the year",
            f"settings.keep_year_{year_id}",
            write,
            name=called,
            starts_on=starts.key,
            ends_on=ends.key,
            terms=f"{key}.terms",
        )


def _line(key: str, label: str, row: Row) -> tuple[str, forms.TypedDate, forms.TypedDate]:
    """The name and the two days of a year or a term, in one line."""
    called = label.removesuffix(" (optional)")
    first, second, third = st.columns([2, 1, 1])
    with first:
        st.text_input(label, row.name, key=f"{key}_name", autocomplete="off")
        feedback.problem(f"{key}_name")
    with second:
        starts = forms.date_field(f"{called} from", key=f"{key}_from", value=row.starts_on)
    with third:
        ends = forms.date_field(f"{called} to", key=f"{key}_to", value=row.ends_on)
    return f"{key}_name", starts, ends


def _counted(terms: int) -> str:
    return f"{terms} term{'' if terms == 1 else 's'}"


def _table(years: Sequence[YearFacts], terms: Sequence[TermFacts]) -> None:
    rows = [
        (t.name if t else "", y, t)
        for y in years
        for t in [None, *(term for term in terms if term.year_id == y.id)]
    ]
    columns = {
        "Year": ["" if term else year.name for _, year, term in rows],
        "Term": [name for name, _, _ in rows],
        "From": [words.date((term or year).starts_on) for _, year, term in rows],
        "To": [words.date((term or year).ends_on) for _, year, term in rows],
    }
    tables.plain(columns, key="settings.years", alt="School years with their terms, the latest first")
