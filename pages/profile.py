"""One's own password, second factor and devices, and how the screens look."""

import streamlit as st

from school.db import reading
from school.ui import feedback, guard, profile_view

actor = guard.require("profile.own")

with reading() as session:
    facts = profile_view.read(session, actor)

st.title("Your profile", anchor=False)
feedback.show("profile")
left, right = st.columns(2, gap="large")
with left:
    profile_view.second_factor(actor, facts)
    profile_view.devices_of(actor, facts)
with right:
    profile_view.password(actor)
    profile_view.screens(actor, facts)
