"""The state of the house: do the books agree, what went wrong, who is here, is there room."""

import streamlit as st

from school.db import reading
from school.students import queries as students
from school.ui import guard, health_charts, health_kept, health_state, health_view, tabs

VIEWS = ("Incidents", "Books", "Checks", "Backups", "Machine")
CHART_WIDTH_MIN = 320

actor = guard.require("health.read")
st.title("Health")

with reading() as session:
    health = health_state.read(session, students.school(session))
    health_view.in_a_sentence(health)
    health_view.figures(health)
    as_table = st.toggle("Tables for charts", key="health.tables", bind="query-params")
    with st.grid(2, min_column_width=CHART_WIDTH_MIN):
        for chart in (
            health_charts.payments,
            health_charts.pages,
            health_charts.incidents,
            health_charts.failed_sign_ins,
        ):
            chart(health, as_table=as_table)
    shown, view = tabs.choose(VIEWS, key=health_charts.VIEW)
    with view:
        if shown == "Incidents":
            health_view.incident_table(session, health)
        elif shown == "Backups":
            health_kept.backup_table(health)
        elif shown == "Machine":
            health_kept.facts(health)
with view:
    if shown == "Books":
        health_view.books(health, actor)
    elif shown == "Checks":
        health_view.checked()
