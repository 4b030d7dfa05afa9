"""The first line of every page: `actor = guard.require("payments.record")`."""

from __future__ import annotations

import streamlit as st

from school.access.rules import Actor
from school.ui import enrolment, identity, links, signin


def current() -> Actor | None:
    """The person this run acts for, or None."""
    found = identity.of_this_run()
    return found.actor if found else None


def require(capability: str) -> Actor:
    """The person this run acts for, who may do this. Anybody else sees the sign-in or one sentence.

    Raises Unavailable when the database cannot answer.
    """
    found = identity.of_this_run()
    if found is None:
        signin.draw()
        st.stop()
    if found.must_change_password:
        signin.draw_new_password(found.actor)
        st.stop()
    if codes := enrolment.codes_to_keep():
        enrolment.draw_codes(codes)
        st.stop()
    if found.must_enrol:
        enrolment.draw_required(found.actor)
        st.stop()
    arrived = identity.just_arrived()
    if not found.actor.can(capability):
        if arrived:
            st.switch_page(links.TODAY)
        st.title("Not for your role")
        st.info("This page is not part of your role. An administrator can change what you may do.")
        st.page_link(links.TODAY, label="Go to today", icon=":material/today:")
        st.stop()
    return found.actor
