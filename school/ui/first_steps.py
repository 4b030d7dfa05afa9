"""What comes after empty books: the students, or a made-up school to look around in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from school.db import database
from school.settings import ROOT
from school.ui import feedback, identity, letterhead, words

if TYPE_CHECKING:
    from school.demo.make import ThrowAway

WIDTH = 720


def just_opened() -> bool:
    """True for the one who has just opened the books, until they choose what comes next."""
    return identity.WELCOME in st.session_state


def draw_students_next() -> None:
    """The way on from empty books."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title(f"The books of {words.plain(letterhead.school_name())} are open", anchor=False)
        st.write("They are empty so far. Bring in your students next.")
        with st.container(border=True):
            st.header("Students from a spreadsheet", anchor=False)
            st.write("You see row by row what would happen before anything is kept.")
            students_next = st.button("Import students", type="primary", key="set_up.import")
        later = st.button("Not now", type="tertiary", key="set_up.later")
    if students_next or later:
        del st.session_state[identity.WELCOME]
        st.switch_page(ROOT / "pages" / ("imports.py" if students_next else "today.py"))


def offer_demo() -> None:
    """Only where there is neither a school nor a user: made-up students never mix with real ones."""
    with st.container(border=True):
        st.header("Only looking around?", anchor=False)
        st.write("A made-up school with 600 students and three years of books shows what the program does.")
        wanted = st.button("Load a demo school", key="set_up.demo")
    if not wanted:
        return
    from school.demo import make  # names and stories that a real school never needs

    with feedback.refusals("set_up"):
        with st.spinner("Making students, charges and payments of three years …"):
            make.fill(database())
        st.session_state[identity.THROW_AWAY] = make.renew_sign_ins(database())
        st.rerun()


def draw_throw_away_sign_ins() -> bool:
    """The sign-ins of a demo school, shown once to the one who loaded it. False: there is nothing to show."""
    made: list[ThrowAway] | None = st.session_state.get(identity.THROW_AWAY)
    if made is None:
        return False
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title("The demo school is ready", anchor=False)
        st.write("Note these sign-ins: they are shown only now. Each role sees different pages.")
        st.table([{"Role": one.role, "User name": one.name, "Password": one.password} for one in made])
        if st.button("Go to the sign-in", type="primary", key="set_up.sign_in"):
            del st.session_state[identity.THROW_AWAY]
            st.rerun()
    return True
