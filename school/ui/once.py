"""A form is named when it is drawn, and the name is in the page's address.

F5, Back, a reconnect, a restarted server and a second click all carry the same request id; every tab has its
own. The id changes only after success: while the outcome is unknown, it is what finds the receipt again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

import streamlit as st


class _Turn:
    """A lock that can be forgotten once nobody holds or awaits it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
_turns_guard = threading.Lock()


def ticket(name: str) -> str:
    """The request id of the form called `name`, from the address, or a new one that is put there.

    A write in flight under this id is waited for: what is read after this knows of it.
    """
    given = st.query_params.get(name, "")
    if _is_request_id(given):
        with holding(given):
            return given
    fresh = str(uuid.uuid4())
    st.query_params[name] = fresh
    return fresh


def done(name: str) -> None:
    """Forgets the id after success: the next `ticket` names a new form."""
    if name in st.query_params:
        del st.query_params[name]


@contextmanager
def holding(request_id: str) -> Iterator[None]:
    """One at a time per request id: a run that interrupted a write waits here until the write is known.

    No `st.*` and no session state inside: a run is stopped there.
    """
    with _turns_guard:
        turn = _turns.setdefault(request_id, _Turn())
    with turn.lock:
        yield


def _is_request_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
