"""One engine, two doors: `reading()` sees one moment of the books, `writing()` adds one fact or nothing.

SQLite runs in WAL with FULL synchronisation and our own BEGIN: IMMEDIATE for writers, so whatever a writer
reads inside is what it decides upon. PostgreSQL writers take one advisory lock first: see `one_writer`.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from school import metrics
from school.db import landing, room, sqlite, trouble
from school.db.landing import once_known
from school.db.many import among
from school.db.reader import Reader, rows_of
from school.db.turns import FairLock
from school.errors import BadInput, ReadOnly, Unavailable
from school.settings import settings

log = logging.getLogger(__name__)
__all__ = [
    "Base", "Database", "add_rows", "among", "database", "once_known", "one_writer", "reading", "rows_of",
    "writing",
]  # fmt: skip

ENGINES = ("sqlite", "postgresql")
WRITERS_LOCK = 1200  # PostgreSQL's advisory lock of the books; guards_postgresql.sql takes it too
CONNECTIONS_MAX = 60  # more than the threads a process uses at once
PROBE_EVERY_S = 5
_NUMBERS = text(  # the sequence is looked up once: to ask for its name takes ten times as long as a number
    """WITH of AS MATERIALIZED (SELECT pg_get_serial_sequence(:table, 'id')::regclass AS ids)
       SELECT array_agg(nextval(ids)) FROM of, generate_series(1, :count)"""
)
_SERVER_GONE_AFTER = {  # a server that fell silent is noticed within seconds, not after the network's hours
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


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


class Database:
    """The engine of one database URL, and its two doors. Connections are made on first use.

    A SQLite file that is not there is made only when `create` says so: an empty file in its place would
    hide that the books are gone. Raises BadInput for a URL that names none of ours.
    """

    def __init__(self, url: str | URL, *, create: bool = False) -> None:
        self.url = _usable(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.path = Path(self.url.database or "").absolute() if self._is_file else None
        self.read_only = False  # True from a write that found no room or no right, until one succeeds again
        self._create = create
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgresql_engine()
        self._read = self.engine.execution_options(school_door="read")
        self._write = self.engine.execution_options(school_door="write")
        self._turns = FairLock()
        self._probed_at: float | None = None
        self._probing = threading.Lock()

    @property
    def _is_file(self) -> bool:
        return self.is_sqlite and self.url.database not in (None, "", ":memory:")

    def _postgresql_engine(self) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=10,
            max_overflow=CONNECTIONS_MAX - 10,
            pool_pre_ping=True,
            pool_timeout=30,
            hide_parameters=True,  # an error tells what failed, never whose name was in it
            connect_args={k: v for k, v in _SERVER_GONE_AFTER.items() if k not in self.url.query},
        )
        event.listen(engine, "begin", _begin_postgresql)
        return engine

    def _sqlite_engine(self) -> Engine:
        how: dict[str, Any] = {"creator": self._connect_to_file} if self.path else {}
        engine = create_engine(
            self.url, pool_size=10, max_overflow=CONNECTIONS_MAX - 10, hide_parameters=True, **how
        )
        event.listen(engine, "connect", sqlite.opened)
        event.listen(engine, "begin", sqlite.begin)
        event.listen(engine, "checkin", sqlite.leave_clean)
        if self.path:
            event.listen(engine, "connect", self._remember_file)
            event.listen(engine, "checkout", self._expect_same_file)
        return engine

    def _connect_to_file(self) -> sqlite3.Connection:
        path = self.path or Path()
        if self._create:
            sqlite.make_private(path)
        return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, check_same_thread=False)

    def _remember_file(self, _connection: object, record: Any) -> None:
        record.info["file"] = self._file()

    def _expect_same_file(self, _connection: object, record: Any, _proxy: object) -> None:
        """A file moved away or put in place of another is still open: what is written there would be lost."""
        if record.info["file"] != self._file():
            raise InvalidatePoolError("the file of the books is not the one that was opened")

    def _file(self) -> tuple[int, int] | None:
        try:
            found = (self.path or Path()).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent snapshot; nothing read here is ever written back. Raises Unavailable."""
        with self._kindly(), Reader(self._read, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One fact: all of it lands when the block ends cleanly, or none of it.

        Raises Unavailable when the database cannot answer, ReadOnly when it answers but takes nothing.
        """
        stage = {"committing": False}
        turn = self._turns if self.is_sqlite else nullcontext()
        with (
            metrics.write_seconds.time(),
            landing.telling() as waiting,
            self._kindly(stage),
            turn,
            Session(self._write, expire_on_commit=False, info={landing.WAITING: waiting}) as session,
            session.begin(),
        ):
            yield session
            session.flush()
            stage["committing"] = True

    @contextmanager
    def _kindly(self, stage: Mapping[str, bool] | None = None) -> Iterator[None]:
        """`stage` is a writer's; readers have none."""
        try:
            yield
        except (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error) as error:
            told = trouble.told(
                error, writing=stage is not None, committing=bool(stage and stage["committing"])
            )
            if told is None:
                raise
            metrics.database_errors.labels("read_only" if isinstance(told, ReadOnly) else "unavailable").inc()
            if isinstance(told, ReadOnly) and not self.read_only:
                log.warning("read only", extra={"cause": type(error).__name__, "code": trouble.code(error)})
                self.read_only = True
            raise told from error

    def takes_entries(self) -> bool:
        """False while the books can only be read. Asks them anew every few seconds, and only while so."""
        if not self.read_only:
            return True
        with self._probing:
            if self._probed_at is None or time.monotonic() - self._probed_at >= PROBE_EVERY_S:
                self._probe()
                self._probed_at = time.monotonic()
        return not self.read_only

    def _probe(self) -> None:
        try:
            with self.writing() as session:
                roomy = room.for_more(session, self.path)
        except Unavailable:
            return
        if roomy:
            log.warning("the books take entries again")
            self.read_only = False


def _usable(url: str | URL) -> URL:
    """Raises BadInput where it names no database of ours; what it holds is not said."""
    with suppress(ArgumentError):
        made = make_url(url)
        if made.get_backend_name() in ENGINES and made.database:
            return made
    raise BadInput(
        "SCHOOL_DATABASE_URL names no database: write sqlite:///path/to/school.db or "
        "postgresql://user:password@host/name."
    )


def _begin_postgresql(connection: Any) -> None:
    if connection.get_execution_options().get("school_door") == "read":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def one_writer(session: Session) -> None:
    """Wait until no other writer of the books is at work: what is read from here on may be decided upon.

    SQLite's writers are one at a time by nature; PostgreSQL's guards take this same lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        with metrics.database_wait.labels("lock").time():
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
    kept = [
        (n, _remembered(kind, keep))
        for n, kind in enumerate(types)
        if (keep := kind.bind_processor(connection.dialect))
    ]
    plain = ([ids[n], *row.values()] if ids else [*row.values()] for n, row in enumerate(rows))
    values = (_bound(row, kept) for row in plain)
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


def _remembered(kind: Any, keep: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Many rows have the same few days and moments; a day is not an equal moment of another type."""
    return lru_cache(maxsize=256, typed=True)(keep) if kind.python_type in (date, datetime) else keep


def _bound(row: list[Any], kept: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    """The row as the driver takes it: most values are what they are."""
    for n, keep in kept:
        row[n] = keep(row[n])
    return row


def _next_ids(connection: Connection, table: str, count: int) -> list[int]:
    if connection.dialect.name == "sqlite":
        last = connection.exec_driver_sql(f"SELECT COALESCE(MAX(id), 0) FROM {table}").scalar_one()  # noqa: S608
        return list(range(last + 1, last + 1 + count))
    found: list[int] = connection.execute(_NUMBERS, {"table": table, "count": count}).scalar_one()
    return found


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
