"""Writers of one process take turns."""

from __future__ import annotations

import threading
from collections import deque

from school import metrics


class FairLock:
    """Writers of one process go in the order in which they came; SQLite alone lets latecomers overtake."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def __enter__(self) -> None:
        with metrics.database_wait.labels("turn").time():
            self._wait()

    def _wait(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False
