"""Today: what happened, and where to begin."""

import streamlit as st

from school.ui import feedback, guard

actor = guard.require("today.read")
st.title("Today")
feedback.show("today")
st.write(f"Signed in as {actor.full_name}.")
