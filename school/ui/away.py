"""When the books are away or take no entries: said calmly, with the form kept, until it is over by itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date

import streamlit as st

from school.access import queries as access
from school.db import database, reading, trouble
from school.errors import Unavailable
from school.ui import memory, words

WIDTH = 640
LOOK_EVERY_S = 2
PROBE_EVERY_S = 5
_AWAY = "guard.away"  # what stood in the fields of the page while they are not drawn, to be put back
_NOT_FIELDS = ("guard.", "feedback.", "frame.", "browser.")


def draw(error: Unavailable) -> None:
    """In place of the page, or of what is left of it; the page goes on as soon as the books can be read."""
    kept = {key: value for key, value in _fields().items() if value is not True}  # it may be a button's
    st.session_state[_AWAY] = st.session_state.get(_AWAY, {}) | kept
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH, border=True):
        st.title("The books cannot be reached", anchor=False)
        if error.sentence != trouble.AWAY:
            st.warning(words.plain(error.sentence), icon=":material/warning:")
        st.markdown(
            "Nothing is lost. This page looks for them every few seconds and goes on by itself: you stay "
            "signed in, and what you typed comes back with it. A payment that was being recorded is then "
            "shown as recorded, or its form is here again."
        )
        st.markdown(words.quiet("If this lasts longer than a few minutes, tell your administrator."))
    _look(itertools.count())


@st.fragment(run_every=LOOK_EVERY_S)
def _look(turns: Iterator[int]) -> None:
    if next(turns) and answers():  # not at once: a page that fails on readable books would turn in circles
        st.rerun()


def answers() -> bool:
    """True when the books can be read."""
    try:
        with reading() as session:
            access.any_administrator(session)
    except Unavailable:
        return False
    return True


def put_back() -> None:
    """Before the page is drawn again: what stood in its fields, which the browser has forgotten meanwhile.

    Buttons are at rest by now and files have to be chosen again; nothing else is left out.
    """
    if _AWAY not in st.session_state:
        return
    for key, value in (st.session_state[_AWAY] | _fields()).items():
        st.session_state[key] = value
    del st.session_state[_AWAY]


def _fields() -> dict[str, object]:
    """Kept aside, because Streamlit forgets a field that two runs in a row have not drawn."""
    return {
        str(key): value
        for key, value in memory.everything().items()
        if not str(key).startswith(_NOT_FIELDS) and _is_typed(value)
    }


def _is_typed(value: object) -> bool:
    return bool(value) and isinstance(value, str | int | date | tuple | list)


def banner() -> None:
    """Above every page while the books take no entries; the place is kept, so that nothing below moves."""
    with st.container():
        if not database().takes_entries():
            st.warning(
                "**The books can be read but not written at this moment.** Nothing is recorded until this "
                "notice goes away; what you typed stands where it is. An administrator has to look at the "
                "disk or the database.",
                icon=":material/lock:",
            )
            _probe(itertools.count())


@st.fragment(run_every=PROBE_EVERY_S)
def _probe(turns: Iterator[int]) -> None:
    if next(turns) and database().takes_entries():
        st.rerun()
