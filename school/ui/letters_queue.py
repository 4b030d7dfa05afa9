"""Every letter and what became of it. Filters live in the address; a row opens its letter."""

from __future__ import annotations

import streamlit as st

from school.db import reading
from school.letters import queries, rules
from school.letters.queries import LetterFacts
from school.students import queries as students
from school.ui import filters, links, tables, words

PAGE = "letters.page"
LOOK_EVERY_S = 5
STATES: dict[str, tuple[str, ...]] = {
    "Every state": (),
    "Waiting": ("waiting", "sending"),
    "Sent": ("sent",),
    "Failed": ("failed",),
    "Printed": ("printed",),
    "Cancelled": ("cancelled",),
    "Dry run": ("rehearsed",),
}
KINDS = {
    "Every kind": None,
    "Receipts": "receipt",
    "Statements": "statement",
    "Invoices": "invoice",
    "Reminders": "reminder",
}
IN_WORDS = {
    "waiting": "Waiting",
    "sending": "Being sent",
    "sent": "Sent",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "rehearsed": "Dry run",
    "printed": "Printed",
}


def draw() -> None:
    with reading() as session:
        school, counts = students.school(session), queries.by_state(session)
        under_way = any(state in counts for state in STATES["Waiting"])
        st.fragment(_figures, run_every=LOOK_EVERY_S if under_way else None)()
        turn = filters.from_page_one(PAGE)
        text = st.text_input(
            "Find",
            key="letters.search",
            type="search",
            live=True,
            bind="query-params",
            placeholder="Name, address, family or subject",
            on_change=turn,
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            states = filters.choice("State", STATES, key="letters.state", on_change=turn)
            kind = filters.choice("Kind", KINDS, key="letters.kind", on_change=turn)
        first = filters.first_row(PAGE)
        found = queries.page(session, states=states or (), kind=kind, text=text or "", offset=first)
    if found.rows:
        _rows(found.rows, school.time_zone)
        if found.matches > tables.ROWS_PER_PAGE:
            st.pagination(tables.pages(found.matches), key=PAGE)
    elif text or states or kind:
        st.info("No letter matches. Type less, or choose wider filters.", icon=":material/search_off:")
    else:
        st.info(
            "No letter was written yet: begin with the reminders. What is e-mailed or printed stands here.",
            icon=":material/mail:",
        )


def _figures() -> None:
    """Counted anew by themselves while something is under way."""
    with reading() as session:
        counts = queries.by_state(session)
    waiting = counts.get("waiting", 0) + counts.get("sending", 0)
    with st.container(horizontal=True, gap="large"):
        st.metric("Waiting", f"{waiting:,}", width="content")
        st.metric("Sent", f"{counts.get('sent', 0):,}", width="content")
        st.metric("Failed", f"{counts.get('failed', 0):,}", width="content")
        st.metric("Printed", f"{counts.get('printed', 0):,}", width="content")


def _rows(found: list[LetterFacts], zone: str) -> None:
    columns = {
        "Letter": [name(letter) for letter in found],
        "To": [letter.to_name for letter in found],
        "State": [state(letter) for letter in found],
        "When": [words.moment(letter.sent_at or letter.at, zone) for letter in found],
        "Address": [letter.to_address for letter in found],
        "Why": [letter.reason or "" for letter in found],
        "Next try": [
            words.moment(letter.next_try_at, zone) if letter.next_try_at and letter.tries else ""
            for letter in found
        ],
        "Tries": [str(letter.tries or "") for letter in found],
        "Family": ["" if letter.family == letter.to_name else letter.family for letter in found],
        "By": [letter.actor for letter in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.LETTERS, links.letters(letter_id=letter.id)) for letter in found]
    amounts = [heading for heading in ("Tries",) if heading in kept]
    tables.rows(kept, goals, opens="Letter", amounts=amounts, key="letters.rows", alt="Letters, newest first")


def name(letter: LetterFacts) -> str:
    """`Second reminder`, `Receipt R-000123`, `Statement`"""
    if letter.stage:
        return rules.STAGE_NAMES[letter.stage]
    document = letter.details.get("document")
    return f"{letter.kind.capitalize()} {document}" if document else letter.kind.capitalize()


def state(letter: LetterFacts) -> str:
    if letter.rehearsal and letter.state == "waiting":
        return "Dry run waiting"
    if letter.state == "waiting" and letter.tries:
        return "Waiting for another try"
    return IN_WORDS[letter.state]
