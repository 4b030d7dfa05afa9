"""Who may sign in, what they may do, and where they are signed in."""

import streamlit as st

from school.ui import guard

actor = guard.require("users.manage")
st.title("Users")
