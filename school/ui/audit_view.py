"""The audit log: filters in the address, rows, the file of all that match, and the way to the ledger."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from functools import partial

import streamlit as st
from defusedcsv import csv as safe_csv
from sqlalchemy.orm import Session

from school.access import listing
from school.access.rules import Actor
from school.access.service import authorise
from school.audit import wording
from school.audit.events import EVENTS
from school.columns import moment_text
from school.db import reading
from school.reports import audit_log
from school.reports.audit_log import Asked, AuditRow
from school.students import queries as students
from school.ui import filters, links, periods, tables, words
from school.ui.audit_goals import goal

ROWS = tables.ROWS_PER_PAGE
MOST = 100_000  # rows of the file; a spreadsheet opens no more with comfort
OLDER, SUBJECT = "older", "subject"  # in the address, beside the filters

WHAT: dict[str, str | None] = {"Everything": None} | {
    wording.what(event): event for event in sorted(EVENTS, key=wording.what)
}


def choose(session: Session) -> Asked:
    """What is looked for, by fields that live in the address."""
    text = st.text_input(
        "Find",
        key="audit.search",
        type="search",
        live=True,
        bind="query-params",
        placeholder="A student, a user, a reason, what was done",
        on_change=newest,
    )
    actors = {"Everybody": None} | {called: name for name, called in audit_log.actors(session)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        actor = filters.choice("Who", actors, key="audit.actor", on_change=newest)
        event = filters.choice("What", WHAT, key="audit.event", on_change=newest)
        since, until = periods.choose(students.terms(session), students.years(session), page="audit")
    subject = st.query_params.get(SUBJECT) or None
    if subject:
        whose = words.plain(audit_log.called(session, subject))
        st.button(f"Only {whose}", icon=":material/close:", key="audit.all", on_click=_of_all)
    return Asked(text or "", actor, event, subject, since, until)


def newest() -> None:
    """Other filters begin with the newest again."""
    st.query_params.pop(OLDER, None)


def _of_all() -> None:
    st.query_params.pop(SUBJECT, None)
    newest()


def older_than() -> int | None:
    return links.number(OLDER) or None


def rows(found: Sequence[AuditRow], time_zone: str, actor: Actor) -> None:
    columns = {
        "What": [wording.what(row.event) for row in found],
        "Of": [row.about for row in found],
        "When": [words.moment(row.at, time_zone) for row in found],
        "Who": [row.actor for row in found],
        "Before and after": [wording.difference(row.before, row.after) for row in found],
        "Reason": [row.reason or "" for row in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [goal(row.subject, row.about, actor) for row in found]
    alt = "Changes, the newest first, with what they were about"
    tables.rows(kept, goals, opens="What", key="audit.rows", alt=alt)


def turn(found: Sequence[AuditRow]) -> None:
    """Pages have no numbers: the log grows while it is read."""
    if older_than():
        st.button("Newest", icon=":material/first_page:", key="audit.newest", on_click=newest)
    if len(found) > ROWS:
        last = str(found[ROWS - 1].id)
        st.button("Older", icon=":material/chevron_right:", key="audit.older", on_click=_turn, args=(last,))


def _turn(last: str) -> None:
    st.query_params[OLDER] = last


def download(asked: Asked, actor: Actor) -> None:
    """The file is made when it is asked for, of all that match at that moment."""
    st.download_button(
        "All as CSV",
        partial(_file, asked, actor),
        file_name="audit-log.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="audit.download",
    )


def _file(asked: Asked, actor: Actor) -> bytes:
    with reading() as session:
        authorise(session, actor, "audit.read")
        return csv_file(audit_log.everything(session, asked, most=MOST))


def csv_file(found: Iterable[AuditRow]) -> bytes:
    """UTF-8 with the mark spreadsheets look for; moments in UTC; no cell is a formula."""
    text = io.StringIO(newline="")
    writer = safe_csv.writer(text)
    writer.writerow(["at", "who", "what", "subject", "of", "before", "after", "reason"])
    for row in found:
        facts = ["" if f is None else json.dumps(f, ensure_ascii=False) for f in (row.before, row.after)]
        what = wording.what(row.event)
        writer.writerow(
            [moment_text(row.at), row.actor, what, row.subject, row.about, *facts, row.reason or ""]
        )
    return text.getvalue().encode("utf-8-sig")


def entries_too(asked: Asked) -> None:
    """What was posted and reversed stands in the ledger, which is its own log."""
    address = links.entries(since=asked.since, until=asked.until)
    if asked.actor:
        with reading() as session:
            user_id = next((user.id for user in listing.names(session) if user.name == asked.actor), None)
        address = links.entries(since=asked.since, until=asked.until, actor_id=user_id)
    whose = "their entries" if asked.actor else "the entries"
    st.page_link(
        links.ENTRIES,
        label=f"What was posted and reversed: {whose}",
        icon=":material/list_alt:",
        query_params=address,
    )
