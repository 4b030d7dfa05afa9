"""A SQLite file copied as of one moment, while others write."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

PAGES_AT_ONCE = 1000


def copy(source: Path, target: Path) -> None:
    """`target` is made, for our eyes only. Writers of `source` go on, and do not make the copy begin anew.

    Whatever was acknowledged before the call is in the copy: it is what the source holds as the call begins.
    """
    private(target)
    with closing(_opened_to_read(source)) as theirs, closing(sqlite3.connect(target)) as ours:
        theirs.isolation_level = None
        theirs.execute("BEGIN")  # held until the end: else each write of others starts the copy afresh
        theirs.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        ours.execute("PRAGMA synchronous = OFF")  # a copy cut off is thrown away
        theirs.backup(ours, pages=PAGES_AT_ONCE)
        theirs.execute("COMMIT")


def private(file: Path) -> None:
    """Make an empty file that nobody else may read. Raises FileExistsError."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _opened_to_read(source: Path) -> sqlite3.Connection:
    """Leaves the file and its neighbours as they were.

    Beside a write-ahead log only a reader may close last without moving it into the file; without one, only a
    writer takes the log away that it had to make.
    """
    in_use = Path(f"{source}-wal").exists()
    return sqlite3.connect(f"{source.resolve().as_uri()}?mode={'ro' if in_use else 'rw'}", uri=True)
