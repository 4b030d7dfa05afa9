"""The first start: the school, its calendar and its first administrator."""

from __future__ import annotations

import streamlit as st

from school.access import queries as access
from school.db import database, reading
from school.students import queries as students

_done: set[str] = set()  # database urls known to be set up; a school is never taken down again


def is_done() -> bool:
    """True when there is a school and somebody who may run it."""
    url = str(database().url)
    if url in _done:
        return True
    with reading() as session:
        done = students.has_school(session) and access.any_administrator(session)
    if done:
        _done.add(url)
    return done


def draw() -> None:
    st.title("Set up")
