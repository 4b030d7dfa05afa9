"""A code that was just made, shown until it is handed over; afterwards nobody can see it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from school import clock
from school.access.invitations import WELCOME, Invited
from school.db import reading
from school.documents.invitation import InvitationSlip, slip_pdf
from school.reports import letterheads
from school.ui import invitation, words
from school.ui.user_view import Person

_MADE = "users.code"


def hold(made: Invited) -> None:
    """From here on the code stands on the page of its user, until the page is left."""
    st.session_state[_MADE] = made


def draw(person: Person) -> None:
    """The code of this user, if one was just made: large, as a link, and as a slip to print."""
    user, school = person.user, person.school
    made: Invited | None = st.session_state.get(_MADE)
    if made is None or made.user_id != user.id:
        return
    until = words.moment(made.expires_at, school.time_zone)
    link = invitation.link(made.code)
    with st.container(border=True):
        st.markdown(f"The code for **{words.plain(user.called)}** to choose a password")
        st.title(words.plain(made.code), anchor=False)
        st.markdown(
            f"It works once, until {words.plain(until)}. Hand it over now: it is shown only this once."
        )
        st.code(link, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            slip = InvitationSlip(
                school_name=school.name,
                school_address=school.address,
                logo=None,
                person=user.called,
                user_name=user.name,
                is_new=made.purpose == WELCOME,
                code=made.code,
                link=link,
                until=until,
                locale=words.tag(),
                made_at=clock.now(),
            )
            st.download_button(
                "Slip to print",
                partial(_pdf, slip),
                file_name=f"{user.name}.pdf",
                mime="application/pdf",
                icon=":material/print:",
                type="primary",
                on_click="ignore",
                key="users.slip",
            )
            st.button("Handed over", icon=":material/check:", key="users.handed_over", on_click=_let_go)


def _let_go() -> None:
    st.session_state.pop(_MADE, None)


def _pdf(slip: InvitationSlip) -> bytes:
    with reading() as session:
        return slip_pdf(replace(slip, logo=letterheads.logo(session)))
