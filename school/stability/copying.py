"""A copy of the live books to try things on. The live ones are only read, and the copy goes at the end.

SQLite is copied online into a temporary folder that nobody else may enter. PostgreSQL is copied, as of one
moment, into a scratch database of the same server, or into an empty one that the operator names.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

from school import migrations
from school.backups import sqlite
from school.backups.scratch import of_ours, of_theirs, opened
from school.db import Database
from school.errors import BadInput, RuleBroken, Unavailable
from school.moving.filling import fill

ROOM = 3  # the copy, what is added to it, and its write-ahead log
OUT_OF_DATE = "The database is not up to date: run python3 -m school migrate first."


@contextmanager
def copied(live: str | URL, scratch: str | None = None) -> Iterator[URL]:
    """The URL of a copy that lives as long as the block; `scratch` is an empty PostgreSQL database.

    Raises BadInput, RuleBroken or Unavailable when there is nothing to copy or nowhere to put it.
    """
    url = make_url(live)
    if url.get_backend_name() == "sqlite":
        if scratch is not None:
            raise BadInput("--scratch is for PostgreSQL; a SQLite file is copied into a temporary folder.")
        with _sqlite_copy(url) as copy:
            yield copy
        return
    with _scratch(url, scratch) as copy:
        _fill(url, copy)
        yield copy


@contextmanager
def _sqlite_copy(live: URL) -> Iterator[URL]:
    source = Path(live.database or "")
    if not source.is_file():
        raise BadInput(f"There is no database at {source}: name yours in SCHOOL_DATABASE_URL.")
    with tempfile.TemporaryDirectory(prefix="school-stability-") as folder:  # made with mode 0700
        if shutil.disk_usage(folder).free < ROOM * source.stat().st_size:
            raise Unavailable(f"There is no room for a copy in {folder}: name a roomier folder in TMPDIR.")
        path = Path(folder) / "copy.db"
        sqlite.copy(source, path)
        copy = URL.create("sqlite", database=str(path))
        _refuse_if_out_of_date(copy)
        yield copy


def _refuse_if_out_of_date(copy: URL) -> None:
    database = Database(str(copy))
    try:
        with database.reading() as session:
            if migrations.current(session.connection()) != migrations.head():
                raise RuleBroken(OUT_OF_DATE)
    finally:
        database.engine.dispose()


def _scratch(live: URL, named: str | None) -> AbstractContextManager[URL]:
    if named is None:
        return of_ours(live, "stability", "name an empty database with --scratch")
    return of_theirs(make_url(named), "--scratch")


def _fill(live: URL, copy: URL) -> None:
    """Every row as of one moment."""
    migrations.migrate(copy)
    source, target = opened(live), opened(copy)
    try:
        with source.reading() as reader, target.writing() as writer:
            if migrations.current(reader.connection()) != migrations.head():
                raise RuleBroken(OUT_OF_DATE)
            fill(reader.connection(), writer.connection())
    finally:
        source.engine.dispose()
        target.engine.dispose()
