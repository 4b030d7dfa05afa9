"""How a connection to a SQLite file is opened, begun and left: durable, strict, and patient with others."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from school import metrics
from school.errors import Unavailable

WRITER_WAIT_MS = 30_000  # longer than any write of ours; a writer that waits more is a fault worth a sentence
READER_WAIT_MS = 3_000  # readers wait for nobody, unless another program has locked the whole file
LOOK_AGAIN_S = 0.01


def make_private(path: Path) -> None:
    """An empty file for new books, for its owner alone; SQLite gives what it puts beside it the same rights.

    Raises Unavailable where there can be none.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Unavailable(
            f"There can be no books at {path}: {(error.strerror or 'unknown reason').lower()}."
        ) from error


def opened(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and skips DDL
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={READER_WAIT_MS}")
    _log_ahead(cursor)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # without it REPLACE deletes rows past the delete guards
        "trusted_schema=OFF",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    """Of two that turn a new file to WAL at once one is told that it is locked, whatever its patience is."""
    until = time.monotonic() + READER_WAIT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(LOOK_AGAIN_S)
        else:
            return


def begin(connection: Any) -> None:
    write = connection.get_execution_options().get("school_door") != "read"
    driver = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={WRITER_WAIT_MS if write else READER_WAIT_MS}")
    if not write:
        driver.execute("BEGIN")  # by way of the engine it takes as long as a short read
        return
    with metrics.database_wait.labels("lock").time():
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def leave_clean(connection: Any, _record: object) -> None:
    """A COMMIT that failed (full disk, deferred key) leaves SQLite inside its transaction; we roll back."""
    if connection is not None and connection.in_transaction:
        connection.rollback()
