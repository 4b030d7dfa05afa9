"""Today: what happened, and where to begin, by what the person at the screen is there for."""

import streamlit as st

from school.db import reading
from school.ui import approvals_view, feedback, guard, today_view, words

actor = guard.require("today.read")

with reading() as session:
    school, today = today_view.school_and_day(session)
    st.title("Today", anchor=False)
    st.caption(f"{words.plain(school.name)} · {words.date(today)}")
    feedback.show("today")
    if actor.can("approvals.decide"):
        approvals_view.beckon(session, actor)
    if actor.can("students.read"):
        today_view.find(school.currency)
    if actor.can("payments.record"):
        today_view.takings(session, actor, school, today)
    if actor.can("health.read"):
        today_view.books(session, actor, school)
    if actor.can("settings.manage"):
        today_view.to_set_up(session, actor, school, today)
    if actor.can("reports.read") and not actor.can("payments.record"):
        today_view.owed(session, school)
