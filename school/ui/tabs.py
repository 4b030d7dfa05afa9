"""The views of a page as tabs, of which one is drawn; a narrow strip is moved to the one that is open."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from school.ui import elements


def choose(views: Sequence[str], *, key: str) -> tuple[str, DeltaGenerator]:
    """The view that is open, and where it is drawn; it lives in the address."""
    drawn = st.tabs(list(views), key=key, bind="query-params")
    at = next((number for number, tab in enumerate(drawn) if tab.open), 0)
    with st.sidebar:  # where an element that is not seen takes no room
        elements.mount("tabs", key=f"{key}.strip", told={"strip": key, "open": views[at]})
    return views[at], drawn[at]
