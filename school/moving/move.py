"""A school moved from SQLite to PostgreSQL, or back: one transaction, verified on both sides.

Whoever kills it, or pulls the plug, leaves the new place as empty as it was. The old books are only read, and
take no entry meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, exists, inspect, make_url, select
from sqlalchemy.orm import Session

from school import migrations
from school.checks.ledger import verify
from school.db import Database, one_writer
from school.errors import BadInput, RuleBroken
from school.migrations import tables
from school.migrations.rights import VERSION_TABLE, may_migrate
from school.moving import rows
from school.moving.filling import fill
from school.moving.rows import Sum

UNFINISHED = ".unfinished"  # what a SQLite file is called until it is whole


@dataclass(frozen=True)
class Moved:
    """`sums` are the same on both sides."""

    sums: dict[str, Sum]
    seconds: int

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.sums.values())


def move(source: str | URL, target: str | URL, *, say: Callable[[str], object]) -> Moved:
    """All of the school at `source`, now also at `target`, which was empty. Tells each step before it begins.

    Raises BadInput, RuleBroken or Unavailable, and then nothing is at `target`.
    """
    began = time.monotonic()
    with _opened(make_url(source)) as old, _made(make_url(target)) as new, old.writing() as held:
        held.connection()  # on SQLite the writers' turn begins with it
        one_writer(held)
        with old.reading() as theirs, new.writing() as ours:
            sums = _carry_over(theirs, ours, say)
    return Moved(sums, round(time.monotonic() - began))


def _carry_over(theirs: Session, ours: Session, say: Callable[[str], object]) -> dict[str, Sum]:
    _refuse_out_of_date(theirs.connection())
    one_writer(ours)
    _make_tables(ours.connection())
    say("Verifying the books as they are …")
    _refuse_what_disagrees(theirs, "The books disagree with themselves and cannot be moved so")
    say("Copying …")
    sums = fill(theirs.connection(), ours.connection(), told=lambda table: say(f"  {table}"))
    say("Comparing every row …")
    for table in tables.everyone():
        if rows.summed(ours.connection(), table) != sums[table.name]:
            raise RuleBroken(
                f"The rows of {table.name} are not the same in the new database: nothing was kept."
            )
    say("Verifying the books in their new place …")
    _refuse_what_disagrees(ours, "The new books disagree, so nothing was kept of them")
    return sums


def _refuse_out_of_date(connection: Connection) -> None:
    if migrations.current(connection) != migrations.head():
        raise RuleBroken("The database is not up to date: run python3 -m school migrate first.")


def _refuse_what_disagrees(session: Session, what: str) -> None:
    errors = [found.message for found in verify(session) if found.severity == "error"]
    if errors:
        raise RuleBroken(f"{what}: {errors[0]}")


def _make_tables(connection: Connection) -> None:
    """The newest tables, all of them empty. Raises BadInput where there is anything else."""
    url = connection.engine.url
    if not may_migrate(connection):
        raise RuleBroken(f"{url.username} may not make the tables of {url.database}: name its owner.")
    known = set(inspect(connection).get_table_names())
    if not known:
        migrations.migrate_within(connection)
    elif known != {table.name for table in tables.everyone()} | {VERSION_TABLE} or any(
        connection.scalar(select(exists().select_from(table))) for table in tables.everyone()
    ):
        raise BadInput(f"The database {url.database} is not empty: name an empty one.")
    else:
        _refuse_out_of_date(connection)


@contextmanager
def _opened(url: URL) -> Iterator[Database]:
    database = Database(url)
    if database.path is not None and not database.path.is_file():
        raise BadInput(f"There is no database at {database.path}: name yours in SCHOOL_DATABASE_URL.")
    try:
        yield database
    finally:
        database.engine.dispose()


@contextmanager
def _made(url: URL) -> Iterator[Database]:
    if url.get_backend_name() == "sqlite":
        with _made_file(Path(url.database or "")) as database:
            yield database
        return
    with _opened(url) as database:
        yield database


@contextmanager
def _made_file(path: Path) -> Iterator[Database]:
    """Under another name until all is there."""
    if path.exists():
        raise BadInput(f"There is a file at {path} already: name another.")
    new = Path(f"{path}{UNFINISHED}")
    for left in (new, Path(f"{new}-wal"), Path(f"{new}-shm")):
        left.unlink(missing_ok=True)
    database = Database(URL.create("sqlite", database=str(new)), create=True)
    try:
        yield database
    finally:
        database.engine.dispose()  # the last connection to go moves the write-ahead log into the file
    new.rename(path)
