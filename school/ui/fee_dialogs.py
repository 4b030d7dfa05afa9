"""Dialogs of the page of fees: the address names the open one; what is pressed is written once, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st
from sqlalchemy.orm import Session

from school.db import writing
from school.errors import SchoolError
from school.ui import feedback, once

T = TypeVar("T")
PAGE, DO, TICKET = "fees", "do", "action"
SCHEME, GRANT, CHARGE, RULE, RUN = "scheme", "grant", "charge", "rule", "late_run"
OF = "of"  # the row of the fee structure, the fee head, the plan or the run a dialog is about
_ABOUT = (DO, GRANT, CHARGE, RULE, RUN, OF)
_DONE = "fees.done"


def open_(name: str, **about: str) -> None:
    """For a button: the address names this dialog, and what it is about."""
    close()
    st.query_params.update({DO: name, **about})


def close() -> None:
    """The address names no dialog; the next one is a new form, without the refusals of this."""
    feedback.forget_refusals()
    once.done(TICKET)
    for name in _ABOUT:
        st.query_params.pop(name, None)


def is_asked(name: str) -> bool:
    return st.query_params.get(DO) == name


def show(title: str, body: Callable[..., None], *about: Any) -> None:
    """The open dialog; `body` is given its request id first."""
    st.dialog(title, on_dismiss=close)(_draw)(once.ticket(TICKET), body, *about)


def _draw(request_id: str, body: Callable[..., None], *about: Any) -> None:
    """A press in a dialog draws the dialog alone: once it is done, the page is drawn without it."""
    if st.session_state.get(_DONE) == request_id:
        st.rerun()
    body(request_id, *about)


def button(
    label: str,
    request_id: str,
    read: Callable[[Mapping[str, Any]], Callable[[Session], T]],
    tell: Callable[[T], str],
    *,
    first: bool = True,
) -> None:
    """The button of a dialog: `read` looks at what stands in the fields and says what is written. It is the
    `first` to be seen unless another one is.
    """
    feedback.problem(PAGE)
    st.button(
        label,
        type="primary" if first else "secondary",
        width="stretch",
        key="fees.press",
        on_click=press,
        args=(request_id, read, tell),
    )


def press(
    request_id: str,
    read: Callable[[Mapping[str, Any]], Callable[[Session], T]],
    tell: Callable[[T], str],
) -> None:
    """For a button: what was pressed is written before anything can stop it; pressed again, it is done."""
    if st.session_state.get(_DONE) == request_id:
        return
    made: list[T] = []
    with attempt() as stands:
        write = read(stands)
        with once.holding(request_id), writing() as session:
            made.append(write(session))
    if made:
        st.session_state[_DONE] = request_id
        feedback.say("success", tell(made[0]))
        close()


@contextmanager
def attempt() -> Iterator[Mapping[str, Any]]:
    """As `feedback.attempt`; what is refused of a field that is not drawn is said of the page."""
    with feedback.attempt(PAGE) as stands:
        try:
            yield stands
        except SchoolError as error:
            if error.field and f"{PAGE}.{error.field.removeprefix(f'{PAGE}.')}" not in stands:
                error.field = None
            raise
