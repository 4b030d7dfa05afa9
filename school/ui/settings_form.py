"""What all forms of the settings share: pressed twice they write once, and they say what was kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.db import writing
from school.ui import feedback, filled, once

WIDTH = 720  # a form wider than this is read like a table

LAST = "settings.last"  # what stood in the form that was written last, and what was said of it

Stands = Mapping[str, Any]
Tell = Callable[[], str]  # what happened, in the reader's words, once it is written
Write = Callable[[Session, Stands], Tell]  # writes what stands in the fields; no `st.*` in it


def button(
    label: str, key: str, write: Write, *, empties: tuple[str, ...] = (), first: bool = True, **fields: str
) -> None:
    """The button of a form. `fields` say which widget a refused argument stands in, as in `feedback.attempt`;
    `empties` are text fields that are empty again after success. It is the `first` of its page or not.
    """
    st.form_submit_button(
        label,
        type="primary" if first else "secondary",
        key=key,
        on_click=_press,
        args=(write, once.Press[Tell](), empties, fields),
    )


def _press(write: Write, press: once.Press[Tell], empties: tuple[str, ...], fields: dict[str, str]) -> None:
    """For the button: what was pressed is written before anything can stop it.

    A form that is emptied by success and holds the same again was pressed before the success was seen.
    """
    typed: Stands = {}
    tell: Tell = str
    with feedback.attempt("settings", **fields) as stands:
        typed = {
            key: value
            for key, value in stands.items()
            if key.startswith("settings.") and key not in (LAST, filled.name_of("settings"))
        }
        tell = press.once(repr(sorted(typed.items())), lambda: _written(write, typed))
    held = [(key, typed.get(key)) for key in (*fields.values(), *empties)]
    if not feedback.refused():
        st.session_state[LAST] = (held, tell())
    elif not empties or st.session_state.get(LAST, ([], ""))[0] != held:
        return
    feedback.forget_refusals()
    feedback.say("success", st.session_state[LAST][1])
    for key in empties:
        st.session_state[key] = ""


def _written(write: Write, typed: Stands) -> Tell:
    with writing() as session:
        return write(session, typed)


def text(stands: Stands, key: str) -> str:
    value = stands.get(key)
    return value if isinstance(value, str) else ""
