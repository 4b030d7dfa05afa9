"""What a person is told: a refusal beside the field it belongs to, and what happened after a write.

Both outlive the rerun that would otherwise lose them: they leave the session only after they were drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import streamlit as st

from school.errors import SchoolError
from school.ui import memory

Kind = Literal["success", "info", "warning", "error"]
_PROBLEMS = "feedback.problems"  # (sentence, what stood there) by widget key; the page's own name is no field
_MESSAGES = "feedback.messages"
_PRESSED = "feedback.pressed"
_ICONS = {
    "success": ":material/check_circle:",
    "info": ":material/info:",
    "warning": ":material/warning:",
    "error": ":material/error:",
}


@contextmanager
def attempt(page: str, **fields: str) -> Iterator[Mapping[str, Any]]:
    """For callbacks: gives what stands in the fields, and keeps a refusal for the run that follows.

    A SchoolError's `field` is a widget key such as `payments.amount`, or a short name: `amount` means
    `<page>.amount` unless `fields` maps it (`amount_minor="payments.amount"`). Anything else passes through.
    A run is stopped where it touches the session or draws: neither is done from here to the end of the block.
    """
    stands = memory.everything()
    refused = {}
    try:
        yield stands
    except SchoolError as error:
        widget = _widget_of(error.field, page, fields)
        refused = {widget: (error.sentence, stands.get(widget))}
    st.session_state[_PROBLEMS] = refused
    st.session_state[_PRESSED] = True


def pressed() -> bool:
    """True once, on the run that answers an attempt."""
    return bool(st.session_state.pop(_PRESSED, False))


@contextmanager
def refusals(page: str, **fields: str) -> Iterator[None]:
    """For pages: as `attempt`, and a page that is refused is run again with the sentence beside the field."""
    forget_refusals()
    with attempt(page, **fields):
        yield
    if refused():
        st.rerun()


def _widget_of(field: str | None, page: str, fields: dict[str, str]) -> str:
    if field is None:
        return page
    field = fields.get(field, field)
    return field if "." in field else f"{page}.{field}"


def problem(field: str) -> bool:
    """Draws the refusal of this field while what was refused stands there; call it right under the field."""
    if not is_refused(field):
        return False
    st.error(st.session_state[_PROBLEMS][field][0], icon=_ICONS["error"])
    return True


def is_refused(field: str) -> bool:
    """True while what stands in this field is what the last attempt refused."""
    sentence, refused = st.session_state.get(_PROBLEMS, {}).get(field, (None, None))
    stands = st.session_state.get(field)
    return sentence is not None and (stands or None) == (refused or None)  # a box not drawn is one not ticked


def say(kind: Kind, text: str) -> None:
    """A message for the next `show`, on this run or the one after; said twice, it is shown once."""
    waiting = st.session_state.get(_MESSAGES, [])
    if (kind, text) not in waiting:
        st.session_state[_MESSAGES] = [*waiting, (kind, text)]


def show(page: str | None = None) -> None:
    """Draws what `say` left, and the refusal of `page` that belongs to no field. Call it under the title."""
    if waiting := st.session_state.get(_MESSAGES):
        for kind, text in waiting:
            getattr(st, kind)(text, icon=_ICONS[kind])
        st.session_state[_MESSAGES] = []
    if page:
        problem(page)


def refused() -> bool:
    """True when the last attempt was."""
    return bool(st.session_state.get(_PROBLEMS))


def forget_refusals() -> None:
    """They belong to the form they were made on."""
    st.session_state[_PROBLEMS] = {}
