"""What a page remembers begins with the page's name, and is forgotten when another page is shown."""

from __future__ import annotations

import streamlit as st

from school.ui import feedback, memory

_PAGE = "guard.page"  # the page this session shows


def page_changed(page: str) -> None:
    """Before a page is drawn: the one that was left is forgotten, and a refusal belongs to its page."""
    left = st.session_state.get(_PAGE)
    if left == page:
        return
    forget_page(left)
    st.session_state[_PAGE] = page


def forget_page(page: str | None = None) -> None:
    """Drops all that this page, or else the one being shown, remembers; it begins anew from its address."""
    page = page or st.session_state.get(_PAGE)
    feedback.forget_refusals()
    for key in memory.everything():
        if page and key.startswith(f"{page}."):
            memory.forget(key)
