"""A copy of the live books to try things on. The live ones are only read, and the copy goes at the end.

SQLite is copied online into a temporary folder that nobody else may enter. PostgreSQL is copied, as of one
moment, into a scratch database of the same server, or into an empty one that the operator names.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import URL, Connection, MetaData, Table, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from school import migrations
from school.db import Database
from school.errors import BadInput, RuleBroken, Unavailable
from school.ledger import guards

PAGES_AT_ONCE = 1000  # of SQLite; between them the live books' writers go on
NAME_MAX = 40  # letters of the live database's name; PostgreSQL allows 63 in all
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
    place = _scratch_of_ours(url) if scratch is None else _scratch_of_theirs(make_url(scratch))
    with place as copy:
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
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(_opened_to_read(source)) as theirs, closing(sqlite3.connect(path)) as ours:
            theirs.backup(ours, pages=PAGES_AT_ONCE)
        copy = URL.create("sqlite", database=str(path))
        _refuse_if_out_of_date(copy)
        yield copy


def _opened_to_read(source: Path) -> sqlite3.Connection:
    """Leaves the file and its neighbours as they were.

    Beside a write-ahead log only a reader may close last without moving it into the file; without one, only a
    writer takes the log away that it had to make.
    """
    in_use = Path(f"{source}-wal").exists()
    return sqlite3.connect(f"{source.resolve().as_uri()}?mode={'ro' if in_use else 'rw'}", uri=True)


def _refuse_if_out_of_date(copy: URL) -> None:
    database = Database(str(copy))
    try:
        with database.reading() as session:
            if migrations.current(session.connection()) != migrations.head():
                raise RuleBroken(OUT_OF_DATE)
    finally:
        database.engine.dispose()


@contextmanager
def _scratch_of_ours(live: URL) -> Iterator[URL]:
    name = f"{str(live.database)[:NAME_MAX]}_stability_{secrets.token_hex(6)}"
    _create_database(live, name)
    try:
        yield live.set(database=name)
    finally:
        _administer(live, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create_database(live: URL, name: str) -> None:
    like = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = :name"
    database = _database(live)
    try:
        with database.reading() as session:
            encoding, collate, ctype = session.execute(text(like), {"name": live.database}).one()
    finally:
        database.engine.dispose()
    try:
        _administer(
            live,
            f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING '{encoding}' "
            f"LC_COLLATE '{collate}' LC_CTYPE '{ctype}'",
        )
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise RuleBroken(
            f"The database user {live.username} may not make a database for the copy: allow it with "
            f"ALTER ROLE {live.username} CREATEDB, or name an empty database with --scratch."
        ) from None


def _administer(live: URL, statement: str) -> None:
    database = _database(live)
    try:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(statement)
    finally:
        database.engine.dispose()


@contextmanager
def _scratch_of_theirs(scratch: URL) -> Iterator[URL]:
    if scratch.get_backend_name() != "postgresql":
        raise BadInput("--scratch names a PostgreSQL database, as the live one is.")
    database = _database(scratch)
    try:
        with database.reading() as session:
            if _tables(session.connection()):
                raise BadInput(f"The database {scratch.database} is not empty: name an empty one.")
        try:
            yield scratch
        finally:
            with database.writing() as session:
                _empty(session.connection())
    except OperationalError as error:
        raise Unavailable(f"The database {scratch.database} cannot be reached: see --scratch.") from error
    finally:
        database.engine.dispose()


def _empty(connection: Connection) -> None:
    guards.remove(connection)
    tables = _tables(connection)
    if tables:
        names = ", ".join(f'"{table.name}"' for table in tables)
        connection.exec_driver_sql(f"DROP TABLE {names} CASCADE")


def _fill(live: URL, copy: URL) -> None:
    """Every row as of one moment, without the guards, which come back before anything else is done."""
    migrations.migrate(copy)
    source, target = _database(live), _database(copy)
    try:
        with source.reading() as reader, target.writing() as writer:
            theirs, ours = reader.connection(), writer.connection()
            if migrations.current(theirs) != migrations.head():
                raise RuleBroken(OUT_OF_DATE)
            guards.remove(ours)
            for table in _tables(theirs):
                if table.name != VERSION_TABLE:
                    _copy_rows(table, theirs, ours)
                    _count_on(table, ours)
            guards.install(ours)
        with target.writing() as writer:
            writer.execute(text("ANALYZE"))
    finally:
        source.engine.dispose()
        target.engine.dispose()


def _tables(connection: Connection) -> list[Table]:
    """All there are, a parent before its children."""
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata.sorted_tables


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


def _database(url: URL) -> Database:
    return Database(url.render_as_string(hide_password=False))
