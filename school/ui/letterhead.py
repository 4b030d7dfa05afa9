"""Whose books these are: the school's name, at the top of the sign-in and in the menu."""

from __future__ import annotations

import streamlit as st

from school.db import database, reading
from school.students import queries

NAME_LIFE_S = 60


def school_name() -> str:
    """The name of the school, at most a minute old."""
    return _name_in(str(database().url))


@st.cache_data(ttl=NAME_LIFE_S, show_spinner=False)
def _name_in(url: str) -> str:  # noqa: ARG001 - the key of the cache: other books, another school
    with reading() as session:
        return queries.school(session).name
