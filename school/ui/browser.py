"""The element that speaks for the browser: it fetches the cookie, drops it, notices a sign-in's end.

It has the page run again when a lost server is back, and shows the theme a person chose, which only the
browser can keep.
"""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from school.settings import ROOT
from school.ui import elements, identity


@lru_cache
def _pages() -> list[str]:
    return [page.stem for page in (ROOT / "pages").glob("*.py")]


def keep_in_step() -> None:
    """Mounts the element on every page, signed in or not; it is invisible."""
    held = st.session_state.get(identity.SIGN_IN)
    told = {
        "ticket": identity.ticket(),
        "left": identity.left(),
        "watch": held,
        "theme": identity.theme(),
        "pages": _pages(),
    }
    heard = {"on_ended_change": _run_again, "on_returned_change": _run_again}
    elements.mount("browser", key="browser.link", told=told, **heard)


def _run_again() -> None:
    """A callback alone makes Streamlit run the page."""
