"""Whether the books take entries again: a write that leaves no trace, and room for more than itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

ROOM_MIN_BYTES = 4 * 2**20  # with less, the next payments may fit or not: the disk counts as full

_ON_POSTGRESQL = text("""
    CREATE TEMPORARY TABLE room ON COMMIT DROP AS
    SELECT n, repeat('0', 1900) AS filling FROM generate_series(1, 600) AS n""")  # a megabyte of real pages


def for_more(session: Session, path: Path | None) -> bool:
    """Writes within the caller's transaction; `path` is the file of SQLite's books."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_ON_POSTGRESQL)
        return True
    session.execute(text(f"PRAGMA user_version = {_pragma(session, 'user_version')}"))
    pages = _pragma(session, "max_page_count") - _pragma(session, "page_count")
    pages += _pragma(session, "freelist_count")
    free = shutil.disk_usage(path.parent).free if path else ROOM_MIN_BYTES
    return min(free, pages * _pragma(session, "page_size")) >= ROOM_MIN_BYTES


def _pragma(session: Session, name: str) -> int:
    return int(session.scalar(text(f"PRAGMA {name}")) or 0)
