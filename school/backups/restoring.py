"""Books out of a backup: for a trial that leaves nothing, or into a new place, and then tried there.

Whatever is wrong with a backup is said before anybody is told that the restored books may be used.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from school import migrations
from school.backups import archive, books, postgresql, queries, scratch, sqlite
from school.backups.manifest import Manifest
from school.backups.postgresql import ToolFailed
from school.backups.queries import BackupFacts
from school.errors import BadFile, BadInput, Unavailable

Examine = Callable[[Session], Sequence[str]]  # the books at the newest revision: what does not agree
OTHERWISE = "name an empty database in SCHOOL_BACKUP_SCRATCH"


@dataclass(frozen=True)
class Trial:
    """`findings` are what does not agree in the restored books: none when they may be used."""

    backup: BackupFacts
    findings: Sequence[str]


def examine(
    file: Path, live: str | URL, examined: Examine, *, passphrase: str | None, borrowed: str | None = None
) -> Trial:
    """Restore a backup where nobody sees it, recompute its books, and leave nothing.

    PostgreSQL's are tried in a new database beside the `live` one, or in the empty one that is `borrowed`.
    Raises BadFile for a bad backup, BadInput for its passphrase, RuleBroken or Unavailable without a place.
    """
    backup, key = _opened(file, passphrase)
    with _trial_place(backup.manifest, make_url(live), borrowed) as place:
        _fill(backup, key, place)
        return Trial(backup, _findings(backup, place, examined))


def restore(file: Path, into: str, examined: Examine, *, passphrase: str | None) -> Trial:
    """Put a backup's books into a place where nothing is yet, and recompute them there.

    Books that do not agree are left nowhere. Raises as `examine` does, and BadInput for a place in use.
    """
    backup, key = _opened(file, passphrase)
    place = _named(into, backup.manifest)
    if backup.manifest.engine == "sqlite":
        return _into_file(backup, key, Path(place.database or ""), examined)
    return _into_database(backup, key, place, examined)


def _opened(file: Path, passphrase: str | None) -> tuple[BackupFacts, object]:
    backup = queries.facts(file)
    said = backup.manifest
    if said.revision is None or not migrations.is_known(said.revision):
        raise BadFile(
            f"{file.name} was made by a newer program ({said.program}, revision {said.revision}; "
            f"this one knows up to {migrations.head()}): restore it with that program."
        )
    return backup, archive.key_of(file, passphrase) if said.encrypted else None


def _named(into: str, said: Manifest) -> URL:
    is_url = "://" in into
    engine = make_url(into).get_backend_name() if is_url else "sqlite"
    if engine != said.engine:
        raise BadInput(
            "These books are of SQLite: name a new file to restore them into."
            if said.engine == "sqlite"
            else "These books are of PostgreSQL: name an empty database, as postgresql://user@host/name."
        )
    return make_url(into) if is_url else URL.create("sqlite", database=into)


@contextmanager
def _trial_place(said: Manifest, live: URL, borrowed: str | None) -> Iterator[URL]:
    if said.engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="school-trial-") as folder:  # made with mode 0700
            yield URL.create("sqlite", database=str(Path(folder) / "books.db"))
        return
    if borrowed is not None:
        with scratch.of_theirs(make_url(borrowed), "SCHOOL_BACKUP_SCRATCH") as place:
            yield place
        return
    if live.get_backend_name() != "postgresql":
        raise BadInput(f"This backup is of PostgreSQL: {OTHERWISE} to try it.")
    with scratch.of_ours(live, "trial", OTHERWISE) as place:
        yield place


def _fill(backup: BackupFacts, key: object, place: URL) -> None:
    if backup.manifest.engine == "sqlite":
        file = Path(place.database or "")
        with _kindly(file.parent):
            sqlite.private(file)
            with file.open("wb") as sink:
                archive.take(backup.path, backup.manifest, key, into=sink.write)
                sink.flush()
                os.fsync(sink.fileno())
        return
    try:
        with postgresql.restoring(place) as sink:
            archive.take(backup.path, backup.manifest, key, into=sink.write)
    except ToolFailed as failed:
        raise Unavailable(
            f"PostgreSQL's pg_restore put nothing into {place.database}. It says: {failed}"
        ) from None


@contextmanager
def _kindly(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Unavailable(f"Nothing was restored in {folder}: {why}.") from None


def _findings(backup: BackupFacts, place: URL, examined: Examine) -> list[str]:
    """What the books are not as they were, or not as they should be; they are left at their own revision."""
    database = scratch.opened(place)
    try:
        with database.reading() as session:
            there = books.facts(session.connection())
        told = _differences(backup.manifest, there)
        if not told:
            with migrations.rehearsed(database) as connection, Session(connection) as session:
                told = list(examined(session))
        return told
    except (SQLAlchemyError, sqlite3.Error, Unavailable) as error:
        return [f"The books in it cannot be read: {error}."]
    finally:
        database.engine.dispose()


def _differences(said: Manifest, there: books.BooksFacts) -> list[str]:
    told = []
    if (said.last_entry, said.last_hash) != (there.last_entry, there.last_hash):
        told.append(f"Its last entry is {there.last_entry}, and it says {said.last_entry}.")
    if (said.school, said.revision) != (there.school, there.revision):
        told.append(
            f"It is of {there.school} at {there.revision}, and says {said.school} at {said.revision}."
        )
    for name in sorted(said.counts.keys() | there.counts.keys()):
        counted, meant = there.counts.get(name, 0), said.counts.get(name, 0)
        if counted != meant:
            told.append(f"Its table {name} has {counted:,} rows, and it says {meant:,}.")
    return told


def _into_file(backup: BackupFacts, key: object, target: Path, examined: Examine) -> Trial:
    taken = [path for path in (target, Path(f"{target}-wal")) if path.exists()]
    if taken:
        raise BadInput(f"There is something at {taken[0]} already: name a file that does not exist yet.")
    with _kindly(target.parent):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=target.parent) as folder:
            file = Path(folder) / "books.db"
            place = URL.create("sqlite", database=str(file))
            _fill(backup, key, place)
            findings = _findings(backup, place, examined)
            if not findings:
                _put_in_place(file, target)
    return Trial(backup, findings)


def _put_in_place(file: Path, target: Path) -> None:
    try:
        os.link(file, target)  # unlike a rename it never takes the place of another
    except FileExistsError:
        raise
    except OSError:  # a disk that knows no second names
        file.rename(target)


def _into_database(backup: BackupFacts, key: object, place: URL, examined: Examine) -> Trial:
    database = scratch.opened(place)
    try:
        scratch.expect_empty(database)
        _fill(backup, key, place)
        findings = _findings(backup, place, examined)
        if findings:
            scratch.empty(database)
        return Trial(backup, findings)
    finally:
        database.engine.dispose()
