"""An empty PostgreSQL database for a while: of our own on the same server, or named by the operator."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import URL, Connection, MetaData, Table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from school.db import Database
from school.errors import BadInput, RuleBroken, Unavailable
from school.ledger import guards

MARK = "school_scratch"  # a schema of this name: what is in the database may go
NAME_MAX = 40  # letters of the live database's name; PostgreSQL allows 63 in all


@contextmanager
def of_ours(live: URL, purpose: str, otherwise: str) -> Iterator[URL]:
    """A new database beside `live`, gone at the end. Raises RuleBroken where the user may make none."""
    name = f"{str(live.database)[:NAME_MAX]}_{purpose}_{secrets.token_hex(6)}"
    _create(live, name, otherwise)
    try:
        yield live.set(database=name)
    finally:
        _administer(live, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create(live: URL, name: str, otherwise: str) -> None:
    like = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = :name"
    database = opened(live)
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
            f"ALTER ROLE {live.username} CREATEDB, or {otherwise}."
        ) from None


def _administer(live: URL, statement: str) -> None:
    database = opened(live)
    try:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(statement)
    finally:
        database.engine.dispose()


@contextmanager
def of_theirs(named: URL, where: str) -> Iterator[URL]:
    """The database that is named in `where`, emptied again at the end. Raises BadInput if it is not empty."""
    if named.get_backend_name() != "postgresql":
        raise BadInput(f"{where} names a PostgreSQL database, as the live one is.")
    database = opened(named)
    try:
        _expect_ours_or_empty(database)
        try:
            yield named
        finally:
            empty(database)
    except OperationalError as error:
        raise Unavailable(f"The database {named.database} cannot be reached: see {where}.") from error
    finally:
        database.engine.dispose()


def _expect_ours_or_empty(database: Database) -> None:
    """A database that was empty once is marked, so that what a killed process left in it may go."""
    with database.reading() as session:
        marked = session.scalar(text("SELECT to_regnamespace(:mark) IS NOT NULL"), {"mark": MARK})
    if marked:
        empty(database)
        return
    expect_empty(database)
    with database.writing() as session:
        session.execute(text(f"CREATE SCHEMA {MARK}"))


def expect_empty(database: Database) -> None:
    """Raises BadInput when anything is in the database."""
    with database.reading() as session:
        if tables(session.connection()):
            raise BadInput(f"The database {database.url.database} is not empty: name an empty one.")


def empty(database: Database) -> None:
    """Take everything of ours out of the database."""
    with database.writing() as session:
        connection = session.connection()
        guards.remove(connection)
        there = tables(connection)
        if there:
            names = ", ".join(f'"{table.name}"' for table in there)
            connection.exec_driver_sql(f"DROP TABLE {names} CASCADE")


def tables(connection: Connection) -> list[Table]:
    """All there are, a parent before its children."""
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata.sorted_tables


def opened(url: URL) -> Database:
    """The caller disposes of its engine."""
    return Database(url.render_as_string(hide_password=False))
