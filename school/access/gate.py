"""Few passwords are looked at at once, because each costs a third of a second of a processor.

Callers wait in line, one line an address, and the lines take turns: a guesser who fills one delays nobody at
another address by more than a turn. When the lines together are full, the longest loses its last place.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from school.access import passwords, telling
from school.errors import NotAllowed

WAITING_MAX = 24  # with one processor to spare, the last of them waits about eight seconds
BUSY = "Many people are signing in at this moment. Try again in a few seconds."


def at_once() -> int:
    """One processor fewer than this process may use, so that pages always have one; at least one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, usable - 1)


class _Place:
    """One caller in a line. `lost` when it had to make room for another address."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.lost = False


class Gate:
    """Lets `at_once` callers in and keeps `waiting_max` in line."""

    def __init__(self, *, at_once: int, waiting_max: int = WAITING_MAX) -> None:
        self._free = at_once
        self._waiting_max = waiting_max
        self.waiting = 0  # callers in line
        self._guard = threading.Lock()
        self._lines: OrderedDict[str, deque[_Place]] = OrderedDict()  # the first line is served next

    @contextmanager
    def turn(self, address: str) -> Iterator[None]:
        """Waits for a turn and holds it. Raises NotAllowed when there is no place in line."""
        place = self._arrive(address)
        if place is not None:
            place.called.wait()
            if place.lost:
                telling.was_wrong("busy")
                raise NotAllowed(BUSY)
        try:
            yield
        finally:
            self._leave()

    def refuse_when_full(self, address: str) -> None:
        """Raises NotAllowed when a caller from this address would find no place now."""
        with self._guard:
            if not self._free:
                self._line_to_shorten(address)

    def _arrive(self, address: str) -> _Place | None:
        with self._guard:
            if self._free:
                self._free -= 1
                return None
            if shortened := self._line_to_shorten(address):
                self._lose_last(shortened)
            place = _Place()
            self.waiting += 1
            self._lines.setdefault(address, deque()).append(place)
            return place

    def _line_to_shorten(self, address: str) -> str | None:
        if self.waiting < self._waiting_max:
            return None
        longest = max(self._lines, key=lambda known: len(self._lines[known]))
        if len(self._lines[longest]) <= len(self._lines.get(address, ())) + 1:
            telling.was_wrong("busy")
            raise NotAllowed(BUSY)
        return longest

    def _lose_last(self, address: str) -> None:
        place = self._lines[address].pop()
        self.waiting -= 1
        place.lost = True
        place.called.set()

    def _leave(self) -> None:
        with self._guard:
            if not self._lines:
                self._free += 1
                return
            self.waiting -= 1
            address, line = self._lines.popitem(last=False)
            line.popleft().called.set()
            if line:
                self._lines[address] = line  # behind the others


_gate = Gate(at_once=at_once())


def right(password: str, password_hash: str | None, *, address: str) -> bool:
    """True when this is the password behind the hash; None or "" stand for nobody's, in the same time.

    `address` is the caller's, empty where it is not known. Raises NotAllowed when too many wait.
    """
    with _gate.turn(address):
        return passwords.matches(password, password_hash)


def refuse_when_full(address: str) -> None:
    """Raises NotAllowed when `right` would: asked before an attempt is counted that nobody would look at."""
    _gate.refuse_when_full(address)
