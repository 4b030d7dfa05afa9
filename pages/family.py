"""One family account: what it owes in all and why, its children, who pays which part, whom to write to."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.ui import (
    family_payers,
    family_statement,
    family_view,
    feedback,
    guard,
    links,
    student_account,
    tabs,
)

VIEWS = ("Children", "Statement", "Who pays", "Contacts")

actor = guard.require("students.read")
try:
    with reading() as session:
        family = family_view.read(session, links.number("family"))
        family_view.head(family)
        feedback.show("family")
        family_view.offer(family, actor)
        shown, view = tabs.choose(VIEWS, key="family.view")
        with view:
            if shown == "Children":
                family_view.children(family)
            elif shown == "Statement":
                family_statement.draw(session, family, actor)
            elif shown == "Contacts":
                student_account.guardians(family.guardians, key="family.guardians")
except NotFound:
    st.title("Family account")
    st.info("No family is chosen. Open one from a student's account.", icon=":material/family_restroom:")
    st.page_link(links.STUDENTS, label="Students", icon=":material/groups:")
    st.stop()

if shown == "Who pays":
    with view:
        family_payers.draw(family)
        family_payers.form(family, actor)
