"""The element that speaks for the browser: it fetches the cookie, drops it, notices a sign-in's end.

It has the page run again when a lost server is back, and shows the theme a person chose, which only the
browser can keep.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from school.settings import ROOT
from school.ui import identity


@lru_cache
def _element() -> Any:
    script = Path(__file__).with_name("assets") / "browser.js"
    return st.components.v2.component("school_browser", js=script.read_text(encoding="utf-8"))


@lru_cache
def _pages() -> list[str]:
    return [page.stem for page in (ROOT / "pages").glob("*.py")]


def keep_in_step() -> None:
    """Mounts the element on every page, signed in or not; it is invisible."""
    held = st.session_state.get(identity.SIGN_IN)
    data = {
        "ticket": identity.ticket(),
        "left": identity.left(),
        "watch": held,
        "theme": identity.theme(),
        "pages": _pages(),
    }
    heard = {"on_ended_change": _run_again, "on_returned_change": _run_again}
    _element()(key="browser.link", data=data, height=0, **heard)


def _run_again() -> None:
    """A callback alone makes Streamlit run the page."""
