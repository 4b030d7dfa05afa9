"""Find a student, see who owes what. Filters live in the address; totals are of all that match."""

import streamlit as st

from school.db import reading
from school.reports import roster
from school.students import queries as students
from school.ui import feedback, filters, guard, links, roster_view, tables

actor = guard.require("students.read")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    st.title("Students", width="content")
    if actor.can("students.write"):
        st.page_link(links.DETAILS, label="Add a student", icon=":material/person_add:", query_params={})
feedback.show("students")

with reading() as session:
    unit = students.school(session).currency
    asked = roster_view.choose(students.classes(session))
    page = roster.page(session, **asked, offset=filters.first_row(roster_view.PAGE))

if page.matches:
    roster_view.totals(page, unit)
    roster_view.rows(page, unit)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if page.matches > tables.ROWS_PER_PAGE:
            st.pagination(tables.pages(page.matches), key=roster_view.PAGE)
        roster_view.download(asked, actor, unit)
elif asked["text"] or any(asked[name] is not None for name in ("class_id", "status", "owing")):
    st.info("Nobody matches. Type less, or choose wider filters.", icon=":material/person_search:")
else:
    st.info("There are no students yet.", icon=":material/groups:")
    if actor.can("imports.run"):
        st.page_link(links.IMPORTS, label="Import students", icon=":material/upload_file:")
