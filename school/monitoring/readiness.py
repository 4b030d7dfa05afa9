"""Whether this process should be sent work: the books answer, are current and take entries, and it stays."""

from __future__ import annotations

import os
import threading
import time

from sqlalchemy import text
from sqlalchemy.orm import Session

from school import migrations
from school.checks.machine import newest_revision
from school.db import Database
from school.errors import Unavailable

OK = "ok"
ASKED_EVERY_S = 1  # however many ask


class Readiness:
    """Of one process. `leave` says that it is about to stop, and that nobody new should be sent here."""

    def __init__(self) -> None:
        self.leaving = False
        self._lock = threading.Lock()
        self._asked: tuple[float, Database, dict[str, str]] | None = None

    def leave(self) -> None:
        self.leaving = True

    def look(self, books: Database) -> dict[str, str]:
        """`ok` or what is the matter, by what was looked at; the books are asked once a second at most."""
        with self._lock:
            now = time.monotonic()
            if self._asked is None or self._asked[1] is not books or now - self._asked[0] >= ASKED_EVERY_S:
                self._asked = (now, books, _of(books))
            found = self._asked[2]
        return {"process": "leaving" if self.leaving else OK, **found}


def _of(books: Database) -> dict[str, str]:
    try:
        with books.reading() as session:
            current = migrations.current(session.connection()) == newest_revision()
            writable = _is_writable(session, books)
    except Unavailable:
        return {"database": "cannot be reached"}
    return {
        "database": OK,
        "migrations": OK if current else "not up to date",
        "writing": OK if writable and books.takes_entries() else "read only",
    }


def _is_writable(session: Session, books: Database) -> bool:
    """As far as can be told without writing; a write that fails is remembered by the database's own door."""
    if books.path is not None:
        return os.access(books.path, os.W_OK) and os.access(books.path.parent, os.W_OK)
    if books.is_sqlite:
        return True
    asked = text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool")
    return not session.scalar(asked)


readiness = Readiness()
