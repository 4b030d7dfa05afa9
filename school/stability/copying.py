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

from sqlalchemy import URL, Connection, Table, make_url, text

from school import migrations
from school.backups import sqlite
from school.backups.scratch import of_ours, of_theirs, opened, tables
from school.db import Database
from school.errors import BadInput, RuleBroken, Unavailable
from school.ledger import guards

ROOM = 3  # the copy, what is added to it, and its write-ahead log
VERSION_TABLE = "alembic_version"
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
    """Every row as of one moment, without the guards, which come back before anything else is done."""
    migrations.migrate(copy)
    source, target = opened(live), opened(copy)
    try:
        with source.reading() as reader, target.writing() as writer:
            theirs, ours = reader.connection(), writer.connection()
            if migrations.current(theirs) != migrations.head():
                raise RuleBroken(OUT_OF_DATE)
            guards.remove(ours)
            for table in tables(theirs):
                if table.name != VERSION_TABLE:
                    _copy_rows(table, theirs, ours)
                    _count_on(table, ours)
            guards.install(ours)
        with target.writing() as writer:
            writer.execute(text("ANALYZE"))
    finally:
        source.engine.dispose()
        target.engine.dispose()


def _copy_rows(table: Table, theirs: Connection, ours: Connection) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    reading, writing = theirs.connection.driver_connection, ours.connection.driver_connection
    if reading is None or writing is None:
        raise RuntimeError("a connection in use has its driver's")
    with (
        reading.cursor().copy(f'COPY "{table.name}" ({columns}) TO STDOUT (FORMAT BINARY)') as rows,
        writing.cursor().copy(f'COPY "{table.name}" ({columns}) FROM STDIN (FORMAT BINARY)') as sink,
    ):
        for block in rows:
            sink.write(block)


def _count_on(table: Table, ours: Connection) -> None:
    """The next id follows the last one, where the database numbers the rows."""
    if "id" not in table.columns:
        return
    sequence = ours.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name})
    if sequence is not None:
        last = f'SELECT setval(:sequence, COALESCE(MAX(id), 1), MAX(id) IS NOT NULL) FROM "{table.name}"'  # noqa: S608
        ours.execute(text(last), {"sequence": sequence})
