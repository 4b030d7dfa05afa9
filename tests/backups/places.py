"""New places for restored books, and what is in them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import MetaData, make_url, select
from sqlalchemy.orm import Session

from school.checks.ledger import verify
from school.db import Database
from tests import databases


def examined(session: Session) -> list[str]:
    return [finding.message for finding in verify(session)]


@contextmanager
def new(engine: str, tmp_path: Path) -> Iterator[str]:
    """Where nothing is yet: a file that is not there, or an empty database."""
    if engine == "sqlite":
        yield str(tmp_path / "new" / "school.db")
        return
    with databases.fresh("postgresql", migrated=False) as empty:
        yield databases.url_text(empty)


@contextmanager
def opened(place: str) -> Iterator[Database]:
    database = Database(make_url(place) if "://" in place else f"sqlite:///{place}")
    try:
        yield database
    finally:
        databases.close(database)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in one order."""
    metadata = MetaData()
    with database.reading() as session:
        metadata.reflect(session.connection())
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def rewritten(backup: Path, **members: Callable[[bytes], bytes]) -> None:
    """The same archive, sound as such, with other content."""
    with zipfile.ZipFile(backup) as old:
        content = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(backup, "w") as new:
        for name, kept in content.items():
            new.writestr(name, members.get(name.split(".")[0], lambda same: same)(kept))
