"""The database held still from outside, so that “during the write” is a fact and not luck.

The locks are the writers' own, so a press waits exactly where it would wait for another cashier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from school.db import Database, one_writer
from tests.serving import Site

PATIENCE_S = 120
SOON_S = 0.15  # a press is at SQLite's door in a third of it; nothing outside can see it wait there
SQLITE_WRITER = "120 120"  # the byte of the shared-memory file that SQLite's one writer locks in WAL mode


@contextmanager
def writers_held(database: Database) -> Iterator[Session]:
    """Nobody else writes to the books until the block ends; what the block itself writes lands then."""
    with database.writing() as session:
        session.connection()  # SQLite's lock is taken by the first statement, which is BEGIN IMMEDIATE
        one_writer(session)
        yield session


@contextmanager
def balance_held(database: Database, student_id: int) -> Iterator[None]:
    """PostgreSQL only: a payment for this student stops amid its own transaction, its lines written."""
    with database.writing() as session:
        row = text("SELECT FROM student_balance WHERE student_id = :id FOR UPDATE")
        session.execute(row, {"id": student_id})
        yield
        session.rollback()


def writer_waits(database: Database, presses: int = 1) -> None:
    """Returns once as many presses have come to the write that is held."""
    if database.is_sqlite:
        time.sleep(SOON_S)
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def so_many() -> bool:
        with database.reading() as session:
            return (session.scalar(waiting) or 0) >= presses

    until(so_many, every_s=0.01)


def writing_now(site: Site) -> bool:
    """SQLite only: whether the server is within a write transaction at this very moment."""
    assert site.process is not None
    shared = Path(f"{site.database.url.database}-shm")
    if not shared.exists():
        return False
    ending = f":{shared.stat().st_ino} {SQLITE_WRITER}"
    locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return any(lock.endswith(ending) and f" {site.process.pid} " in lock for lock in locks)


def until(is_so: Callable[[], bool], *, every_s: float = 0.0, within_s: float = PATIENCE_S) -> None:
    """Waits for what only the machine or the books can tell."""
    end = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError("what was waited for did not come to be")
        time.sleep(every_s)
