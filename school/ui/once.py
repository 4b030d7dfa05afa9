"""A form is named when it is drawn, and the name is in the page's address.

F5, Back, a reconnect, a restarted server and a second click all carry the same request id; every tab has its
own. The id changes only after success: while the outcome is unknown, it is what finds the receipt again.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

import streamlit as st

T = TypeVar("T")


class Press(Generic[T]):
    """A form as it was drawn, where no request id names what it does: pressed twice, it acts once.

    The later press waits for the earlier and has its answer, while the same stands in the form; a refusal is
    nobody's answer. A button gets a new one at every drawing: what was proven counts in no other form.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, T] = {}

    def once(self, typed: Hashable, act: Callable[[], T]) -> T:
        """No `st.*` and no session state in `act`: a run is stopped there."""
        with self._lock:
            if typed not in self._answers:
                self._answers[typed] = act()
            return self._answers[typed]


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
