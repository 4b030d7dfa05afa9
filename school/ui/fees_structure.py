"""The fee structure: what a term costs, by fee head, term and class."""

from __future__ import annotations

import streamlit as st

from school.access.rules import Actor


def draw(actor: Actor) -> None:
    st.info("Nothing stands here yet.", icon=":material/hourglass_empty:")
