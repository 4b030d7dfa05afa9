"""The state of the house: do the books agree, what went wrong, who is here, is there room."""

import streamlit as st

from school.db import reading
from school.ui import guard, health_view, tabs

VIEWS = ("Incidents", "Books", "Machine")

actor = guard.require("health.read")
st.title("Health")

with reading() as session:
    health = health_view.read(session)
    health_view.figures(health)
    shown, view = tabs.choose(VIEWS, key="health.view")
    with view:
        if shown == "Incidents":
            health_view.incident_table(session, health)
        elif shown == "Machine":
            health_view.facts(health)
if shown == "Books":
    with view:
        health_view.books(health, actor)
