"""What a person is told: a refusal beside the field it belongs to, and what happened after a write.

Both outlive the rerun that would otherwise lose them: they leave the session only after they were drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import streamlit as st

from school.errors import SchoolError

Kind = Literal["success", "info", "warning", "error"]
_PROBLEMS = "feedback.problems"  # (sentence, what stood there) by widget key; the page's own name is no field
_MESSAGES = "feedback.messages"
_PAGE = "feedback.page"
_ICONS = {
    "success": ":material/check_circle:",
    "info": ":material/info:",
    "warning": ":material/warning:",
    "error": ":material/error:",
}


@contextmanager
def refusals(page: str, **fields: str) -> Iterator[None]:
    """Runs an attempt; when it is refused, the page is run again with the sentence beside the field.

    A SchoolError's `field` is a widget key such as `payments.amount`, or a short name: `amount` means
    `<page>.amount` unless `fields` maps it (`amount_minor="payments.amount"`). Anything else passes through.
    """
    st.session_state[_PROBLEMS] = {}
    try:
        yield
    except SchoolError as error:
        refused = error
    else:
        return
    widget = _widget_of(refused.field, page, fields)
    st.session_state[_PROBLEMS] = {widget: (refused.sentence, st.session_state.get(widget))}
    st.rerun()


def _widget_of(field: str | None, page: str, fields: dict[str, str]) -> str:
    if field is None:
        return page
    field = fields.get(field, field)
    return field if "." in field else f"{page}.{field}"


def problem(field: str) -> bool:
    """Draws the refusal of this field while what was refused stands there; call it right under the field."""
    sentence, refused = st.session_state.get(_PROBLEMS, {}).get(field, (None, None))
    if sentence is None or st.session_state.get(field) != refused:
        return False
    st.error(sentence, icon=_ICONS["error"])
    return True


def say(kind: Kind, text: str) -> None:
    """A message for the next `show`, on this run or the one after."""
    st.session_state[_MESSAGES] = [*st.session_state.get(_MESSAGES, []), (kind, text)]


def show(page: str | None = None) -> None:
    """Draws what `say` left, and the refusal of `page` that belongs to no field. Call it under the title."""
    for kind, text in st.session_state.get(_MESSAGES, []):
        getattr(st, kind)(text, icon=_ICONS[kind])
    st.session_state[_MESSAGES] = []
    if page:
        problem(page)


def forget_on_another_page(page: str) -> None:
    """A refusal belongs to the page it was made on."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PROBLEMS] = {}
        st.session_state[_PAGE] = page
