"""The steps of an import: what was read, which column is which, what it would do, what it did.

The address holds the digest of the file, which is all the request id an import needs: the same file again
changes nothing. The file itself stays in the uploader of this browser tab.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

import streamlit as st
from defusedcsv import csv
from sqlalchemy.orm import Session

from school.audit import events
from school.audit import queries as audit
from school.errors import BadInput
from school.intake import encodings, headings, tables
from school.intake.headings import IGNORED
from school.intake.importing import BadRow, Choices, Plan
from school.intake.queries import Remembered
from school.intake.tables import Table, text_of
from school.intake.vocabulary import FIELDS
from school.money import Currency
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import forms, links, words
from school.ui import tables as grids

ADDRESS = "file"  # the query parameter that holds the digest
PREVIEW_ROWS = 5
BAD_ROWS_MAX = 200  # more are no reading matter; the file to download has them all
FIELD_WIDTH_MIN, FIGURE_WIDTH_MIN = 190, 140
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
FROM_THE_FILE = "As the file shows it"
MARKS = {FROM_THE_FILE: None, "Comma: 1.250,00": ",", "Point: 1,250.00": "."}
DATES = {FROM_THE_FILE: None, "Day first: 31/01/2026": True, "Month first: 01/31/2026": False}


@dataclass(frozen=True)
class Done:
    """What the import of a file did, when and by whom; `total_minor` in minor units, + is owed."""

    at: datetime
    actor: str
    name: str
    new: int
    changed: int
    unchanged: int
    bad: int
    total_minor: int


@dataclass(frozen=True)
class Desk:
    """What the page knows of the books; `done` is the last import of the file in the address."""

    school: SchoolFacts
    today: date
    done: Done | None


def read(session: Session) -> Desk:
    subject = f"file:{st.query_params.get(ADDRESS, '')}"
    told = audit.latest(session, events.FILE_IMPORTED, subject)
    done = Done(told.at, told.actor, **told.after) if told and told.after else None
    return Desk(students.school(session), students.today(session), done)


def result(desk: Desk, *, file_is_here: bool) -> None:
    """What became of the file in the address; the same after a reload, a lost line or a second click."""
    done = desk.done
    if done is None:
        return
    when = words.moment(done.at, desk.school.time_zone)
    sentence = (
        f"**{words.plain(done.name)}** was imported by {words.plain(done.actor)} on {when}: "
        f"{_count(done.new, 'new student')}, {done.changed:,} changed, {done.unchanged:,} as they were. "
        f"{_openings(done.total_minor, desk.school.currency)}"
    )
    if done.bad:
        again = "see below" if file_is_here else "choose the file again to see them"
        sentence += f" {_count(done.bad, 'row')} left out: {again}."
    st.success(sentence, icon=":material/check_circle:")
    with st.container(horizontal=True):
        st.page_link(links.STUDENTS, label="See the students", icon=":material/groups:", help="")
        st.page_link(links.DASHBOARD, label="See what is owed", icon=":material/monitoring:", help="")


def table(data: bytes, name: str) -> Table:
    """The table in the file, in the sheet and the encoding chosen for it. Raises BadFile."""
    digest = hashlib.sha256(data).hexdigest()
    encoding, sheet = (st.session_state.get(_key(what, digest)) for what in ("encoding", "sheet"))
    return tables.read(data, name, encoding=encoding, sheet=sheet)


def what_was_read(found: Table, data: bytes) -> None:
    """How the file was understood, and its first rows to judge it by."""
    st.header("What was read", anchor=False)
    of_text = f"separated by {DELIMITERS.get(found.delimiter, found.delimiter)}, {found.encoding}"
    how = of_text if found.encoding else f"sheet {words.plain(found.sheet)}"
    st.markdown(
        f"**{words.plain(found.name)}**: {_count(len(found.rows), 'row')} in "
        f"{_count(len(found.headings), 'column')}, {how}."
    )
    with st.container(horizontal=True):
        if len(found.sheets) > 1:
            _select("Sheet", found.sheets, found.sheet, key=_key("sheet", found.digest))
        if not found.certain or st.session_state.get(_key("encoding", found.digest)):
            names = [one.encoding for one in encodings.suggestions(data)]
            label = "Encoding; choose another if names look wrong"
            _select(label, names, found.encoding, key=_key("encoding", found.digest))
    first = found.rows[:PREVIEW_ROWS]
    columns = {
        heading or f"({n + 1})": [text_of(row.cells[n]) if n < len(row.cells) else "" for row in first]
        for n, heading in enumerate(found.headings)
    }
    grids.plain(columns, key="imports.preview", alt=f"The first rows of {found.name}")


def choices(found: Table, before: Remembered | None, desk: Desk) -> Choices:
    """What the user says of the columns and of how to read them. Raises BadInput while that is not enough."""
    proposed = _proposed(found, before.columns if before else {})
    with st.expander(
        "How it is read: columns, decimals, dates",
        expanded=_unclear(proposed.values()) is not None,
        icon=":material/view_column:",
    ):
        if before:
            st.markdown("A file with these headings was imported before: the columns are as they were then.")
        with st.grid(4, min_column_width=FIELD_WIDTH_MIN):
            mapping = {heading: _column(found, heading, field) for heading, field in proposed.items()}
        ways = _ways(found, desk, set(mapping.values()))
    unclear = _unclear(mapping.values())
    if unclear:
        raise BadInput(unclear)
    return Choices(mapping=mapping, **ways)


def dry_run(plan: Plan, desk: Desk) -> None:
    """What importing the file would do, row by row where a row is left out."""
    st.header("What it would do", anchor=False)
    with st.grid(4, min_column_width=FIGURE_WIDTH_MIN):
        st.metric("New students", f"{plan.new:,}", border=True)
        st.metric("Changed", f"{plan.changed:,}", border=True)
        st.metric("As they are", f"{plan.unchanged:,}", border=True)
        st.metric("Left out", f"{len(plan.bad):,}", border=True)
    if plan.total_minor:
        st.markdown(_openings(plan.total_minor, desk.school.currency))
    if plan.new_classes:
        st.markdown(f"New classes: {', '.join(words.plain(name) for name in plan.new_classes)}.")
    for note in plan.notes:
        st.info(words.plain(note), icon=":material/info:")
    if plan.bad:
        _bad_rows(plan)


def button(plan: Plan) -> bool:
    """True on the run in which the user says yes."""
    if not plan.good:
        nothing = "the books hold every good row already" if plan.unchanged else "no row is good"
        st.info(f"Nothing to import: {nothing}.", icon=":material/info:")
        return False
    label = f"Import {_count(plan.good, 'student')}"
    return st.button(label, type="primary", icon=":material/upload:", key="imports.apply")


def bad_rows_csv(bad: Collection[BadRow]) -> str:
    """Row, column, message: for the person who mends the file. No cell is run as a formula."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["Row", "Column", "What is wrong"])
    writer.writerows([row.row, row.column, row.message] for row in bad)
    return "\ufeff" + out.getvalue()


def _bad_rows(plan: Plan) -> None:
    shown = plan.bad[:BAD_ROWS_MAX]
    more = f" These are the first {BAD_ROWS_MAX}." if len(plan.bad) > BAD_ROWS_MAX else ""
    st.markdown(
        f"**{_count(len(plan.bad), 'row')} left out.**{more} Mend them in the file and import it again."
    )
    grids.plain(
        {
            "Row": [str(row.row) for row in shown],
            "Column": [row.column for row in shown],
            "What is wrong": [row.message for row in shown],
        },
        height="auto",
        amounts=("Row",),
        key="imports.bad",
        alt="Rows left out, and why",
    )
    st.download_button(
        "Download all of them",
        lambda: bad_rows_csv(plan.bad),
        file_name="rows left out.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="imports.download",
    )


def _proposed(found: Table, before: Mapping[str, str]) -> dict[str, str]:
    """The field each heading has been given, is known for, or none."""
    own = {
        heading: before.get(heading) or headings.recognised(heading) or IGNORED for heading in found.headings
    }
    try:
        known = headings.mapped(found.headings, remembered=before).by_heading()
    except BadInput:
        return own  # two columns claim one field: the user says which
    return {heading: known.get(heading, IGNORED) for heading in own if heading}


def _column(found: Table, heading: str, field: str) -> str:
    at = found.headings.index(heading)
    example = next(
        (text_of(row.cells[at]) for row in found.rows if len(row.cells) > at and row.cells[at]), ""
    )
    chosen = st.selectbox(
        words.plain(heading),
        [IGNORED, *FIELDS],
        index=[IGNORED, *FIELDS].index(field),
        format_func=lambda one: FIELDS.get(one, "leave out").capitalize(),
        help=f"For example: {words.plain(example[:60])}" if example else None,
        key=f"imports.column.{found.digest[:8]}.{at}",
    )
    return chosen if chosen in FIELDS else IGNORED


def _unclear(fields: Collection[str]) -> str | None:
    """What the columns do not tell yet, as a sentence."""
    used = [field for field in fields if field != IGNORED]
    twice = next((field for field in used if used.count(field) > 1), None)
    if twice:
        return f"Two columns are given as the {FIELDS[twice]}: leave one out."
    if "admission_no" not in used:
        return "Say which column holds the admission number."
    if not {"name", "first_name", "last_name"} & set(used):
        return "Say which column holds the name, or the first and last name."
    return None


def _ways(found: Table, desk: Desk, fields: Collection[str]) -> dict[str, Any]:
    """How amounts and dates are read, and when opening balances begin."""
    ways: dict[str, Any] = {}
    with st.grid(4, min_column_width=FIELD_WIDTH_MIN):
        if "balance" in fields:
            ways["decimal_mark"] = MARKS[_way("Decimals after a", MARKS, "mark", found)]
            typed = forms.date_field(
                "Opening balances as at", key="imports.opening_date", value=desk.today, most=desk.today
            )
            ways["opening_date"] = typed.day()
        if {"joined_on", "due_date"} & set(fields):
            ways["day_first"] = DATES[_way("Dates", DATES, "dates", found)]
    return ways


def _way(label: str, options: Mapping[str, Any], what: str, found: Table) -> str:
    chosen = st.selectbox(label, list(options), key=_key(what, found.digest))
    return chosen if chosen in options else FROM_THE_FILE


def _select(label: str, options: Collection[str], chosen: str, *, key: str) -> None:
    listed = list(dict.fromkeys([chosen, *options]))
    st.selectbox(label, listed, key=key, width=320)


def _key(what: str, digest: str) -> str:
    """Another file is another question."""
    return f"imports.{what}.{digest[:8]}"


def _openings(total_minor: int, unit: Currency) -> str:
    amount = words.amount(abs(total_minor), unit)
    what = "in credit" if total_minor < 0 else "owed"
    return f"Opening balances: **{unit.code} {amount}** {what} in all."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
