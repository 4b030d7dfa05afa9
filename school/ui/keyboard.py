"""The cursor waits in the right field, and Enter moves on. No page needs it to be used, only to be quick."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from school.ui import elements

_NEXT = "feedback.cursor"  # where the last callback led


def picked(key: str) -> str | None:
    """What stood in the pick field of element `key` when Enter was pressed there, on the run it caused."""
    state = st.session_state.get(key)
    return state.get("picked") if state else None


def lead(field: str) -> None:
    """For callbacks: the cursor goes to this field after the run."""
    st.session_state[_NEXT] = field


def mount(
    key: str,
    *,
    form: str,
    start: str,
    late: bool = False,
    move: str | None = None,
    pick: str | None = None,
    enter: Mapping[str, str] | None = None,
    press: str | None = None,
) -> None:
    """Mounts the invisible element `key`. All other names are keys of widgets.

    The cursor goes to `start` when `form` is another than before (`late`: not at once, so that a key pressed
    twice does not press it), and after this run to `move`, or to where a callback has led. Enter in `pick`
    sends what is typed there (see `picked`); Enter in each field of `enter` leads to the field it names;
    Ctrl+Enter anywhere presses the button `press`.
    """
    move = st.session_state.pop(_NEXT, None) or move
    turn = f"{key}.turn"
    if move:
        st.session_state[turn] = st.session_state.get(turn, 0) + 1
    told = {
        "form": form,
        "start": start,
        "late": late,
        "move": {"to": move, "turn": st.session_state[turn]} if move else None,
        "pick": pick,
        "enter": dict(enter or {}),
        "press": press,
    }
    elements.mount("keyboard", key=key, told=told, on_picked_change=lambda: None)
