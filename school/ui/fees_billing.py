"""The billing run of a term: what it would charge, the run itself, and its undoing."""

from __future__ import annotations

import streamlit as st

from school.access.rules import Actor


def draw(actor: Actor) -> None:
    st.info("Nothing stands here yet.", icon=":material/hourglass_empty:")
