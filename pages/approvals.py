"""What waits for a second person: who asked for how much and why, to be approved or refused here."""

import streamlit as st

from school.db import reading
from school.students import queries as students
from school.ui import approvals_view, feedback, guard, tabs

VIEWS = ("Waiting", "Decided")

actor = guard.require("approvals.decide")
with reading() as session:
    school = students.school(session)
    st.title("Approvals", anchor=False)
    st.metric("Waiting for your decision", approvals_view.mine(session, actor), border=True, width="content")
    feedback.show("approvals")
    shown, view = tabs.choose(VIEWS, key="approvals.view")
    with view:
        if shown == "Waiting":
            found = approvals_view.read(session, actor, school.currency)
        else:
            approvals_view.decided(session, school.currency, school.time_zone)
if shown == "Waiting":
    with view:
        approvals_view.waiting(found, school.currency)
