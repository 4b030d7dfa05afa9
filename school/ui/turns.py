"""Runs of pages take turns: who has pressed a button first, then first come first served.

Runs at once share one interpreter: each is slower by as many as there are, and by what changing over costs.
With a hundred people at work turns bring each answer in less than half of the time.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 1
LONG_S = 0.1  # a run of so long most likely waits for something: it keeps nobody waiting any more


class Turns:
    """At most `at_once` runs that have not been going for `long_s` seconds; others wait in their order.

    Who waits for a receipt waits for something; who opens a page has only just begun to look.
    """

    def __init__(self, at_once: int = AT_ONCE, long_s: float = LONG_S) -> None:
        self._at_once, self._long_s = at_once, long_s
        self._lock = threading.Lock()
        self._pressed: deque[threading.Event] = deque()
        self._waiting: deque[threading.Event] = deque()
        self._running: dict[threading.Event, float] = {}

    @contextmanager
    def one(self, *, pressed: bool = False) -> Iterator[None]:
        mine = threading.Event()
        with self._lock:
            (self._pressed if pressed else self._waiting).append(mine)
            self._hand_out()
        while not mine.wait(self._long_s):
            with self._lock:
                self._hand_out()
        try:
            yield
        finally:
            with self._lock:
                del self._running[mine]
                self._hand_out()

    def _hand_out(self) -> None:
        now = time.monotonic()
        short = sum(now - began < self._long_s for began in self._running.values())
        while (waiting := self._pressed or self._waiting) and short < self._at_once:
            turn = waiting.popleft()
            self._running[turn] = now
            turn.set()
            short += 1


turns = Turns()
