"""One engine, two doors: `reading()` sees one moment of the books, `writing()` adds one fact or nothing.

SQLite runs in WAL with FULL synchronisation and our own BEGIN: IMMEDIATE for writers, so whatever a writer
reads inside is what it decides upon. PostgreSQL writers take one advisory lock first: see `one_writer`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from school.errors import Unavailable
from school.settings import settings

BUSY_WAIT_MS = 30_000  # longer than any write of ours; a writer that waits more is a fault worth a sentence
WRITERS_LOCK = 1200  # PostgreSQL's advisory lock of the books; guards_postgresql.sql takes it too
CONNECTIONS_MAX = 60  # more than the threads a process uses at once


class Base(DeclarativeBase):
    """Every constraint has a name, so that a refusal can be told apart and a migration can find it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class FairLock:
    """Writers of one process go in the order in which they came; SQLite alone lets latecomers overtake."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def __enter__(self) -> None:
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


class Database:
    """The engine of one database URL, and its two doors. Connections are made on first use."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._engine()
        self._read = self.engine.execution_options(school_door="read")
        self._write = self.engine.execution_options(school_door="write")
        self._turns = FairLock()

    def _engine(self) -> Engine:
        if not self.is_sqlite:
            engine = create_engine(
                self.url, pool_size=10, max_overflow=CONNECTIONS_MAX - 10, pool_pre_ping=True, pool_timeout=30
            )
            event.listen(engine, "begin", _begin_postgresql)
            return engine
        path = self.url.database
        if path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url,
            pool_size=10,
            max_overflow=CONNECTIONS_MAX - 10,
            connect_args={"check_same_thread": False},
        )
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "checkin", _leave_clean)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent snapshot; nothing read here is ever written back."""
        with _kindly(), Session(self._read, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One fact: all of it lands when the block ends cleanly, or none of it."""
        with _kindly():
            if not self.is_sqlite:
                with Session(self._write, expire_on_commit=False) as session, session.begin():
                    yield session
                return
            with self._turns, Session(self._write, expire_on_commit=False) as session, session.begin():
                yield session


def _open_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and skips DDL
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_WAIT_MS}",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # without it REPLACE deletes rows past the delete guards
        "trusted_schema=OFF",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    write = connection.get_execution_options().get("school_door") != "read"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgresql(connection: Any) -> None:
    if connection.get_execution_options().get("school_door") == "read":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _leave_clean(connection: Any, _record: object) -> None:
    """A COMMIT that failed (full disk, deferred key) leaves SQLite inside its transaction; we roll back."""
    if connection is not None and connection.in_transaction:
        connection.rollback()


@contextmanager
def _kindly() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            "The books cannot be reached at this moment, so nothing was written. "
            "Try again in a minute; if it goes on, tell your administrator."
        ) from error


def one_writer(session: Session) -> None:
    """Wait until no other writer of the books is at work: what is read from here on may be decided upon.

    SQLite's writers are one at a time by nature; PostgreSQL's guards take this same lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))


def add_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add many rows at the speed of the driver; their ids in order, if the table numbers its rows.

    All rows name the same columns; what they leave out must have its default in the database. Only under
    `one_writer`: on SQLite the next numbers are read before they are used.
    """
    if not rows:
        return []
    table: Any = model.__table__
    connection = session.connection()
    session.flush()
    ids = [] if "id" in rows[0] or "id" not in table.c else _next_ids(connection, table.name, len(rows))
    columns = [*(["id"] if ids else []), *rows[0]]
    types = [table.c[name].type.dialect_impl(connection.dialect) for name in columns]
    kept = [kind.bind_processor(connection.dialect) or _as_it_is for kind in types]
    plain = ((ids[n], *row.values()) if ids else tuple(row.values()) for n, row in enumerate(rows))
    values = ([keep(value) for keep, value in zip(kept, row, strict=True)] for row in plain)
    names = ", ".join(columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)  # noqa: S608
    else:
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    return ids


def _as_it_is(value: Any) -> Any:
    return value


def _next_ids(connection: Connection, table: str, count: int) -> list[int]:
    if connection.dialect.name == "sqlite":
        last = connection.exec_driver_sql(f"SELECT COALESCE(MAX(id), 0) FROM {table}").scalar_one()  # noqa: S608
        return list(range(last + 1, last + 1 + count))
    numbers = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(connection.scalars(numbers, {"table": table, "count": count}))


@lru_cache
def database() -> Database:
    """The database of the settings, one engine for the process."""
    return Database(settings().database_url)


@contextmanager
def reading() -> Iterator[Session]:
    with database().reading() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    with database().writing() as session:
        yield session
