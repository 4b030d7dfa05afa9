"""The views of a page as tabs, of which one is drawn; a narrow strip is moved to the one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@lru_cache
def _element() -> Any:
    script = Path(__file__).with_name("assets") / "tabs.js"
    return st.components.v2.component("school_tabs", js=script.read_text(encoding="utf-8"))


def choose(views: Sequence[str], *, key: str) -> tuple[str, DeltaGenerator]:
    """The view that is open, and where it is drawn; it lives in the address."""
    drawn = st.tabs(list(views), key=key, bind="query-params")
    at = next((number for number, tab in enumerate(drawn) if tab.open), 0)
    with st.sidebar:  # where an element that is not seen takes no room
        _element()(key=f"{key}.strip", data={"strip": key, "open": views[at]}, height=0)
    return views[at], drawn[at]
