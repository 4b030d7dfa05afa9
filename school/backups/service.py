"""The only writer of backups: made while people work, called so once complete, and thrown away late."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from sqlalchemy import URL, make_url, text

from school import __version__, clock
from school.backups import archive, books, lock, manifest, postgresql, queries, rules, scratch, sqlite
from school.backups.archive import Readable
from school.backups.books import BooksFacts
from school.backups.manifest import BEFORE_UPGRADE, BY_HAND, SCHEDULED, SUFFIX, Manifest
from school.backups.postgresql import ToolFailed
from school.backups.queries import BackupFacts, Failure
from school.backups.rules import Keep
from school.errors import BadInput, RuleBroken, Unavailable

UPGRADES_KEPT = 3  # backups made before an upgrade: who rolls back does so within days
MAKING = ".making-"
Source = tuple[Readable, BooksFacts, datetime]


def make(
    url: str | URL, folder: Path, *, kind: str = BY_HAND, passphrase: str | None = None, wait: bool = False
) -> BackupFacts:
    """Make one backup and read it back. Raises BadInput, RuleBroken or Unavailable, and then there is none.

    With `wait` another one that is just being made is waited for.
    """
    if passphrase is not None and len(passphrase) < rules.PASSPHRASE_MIN:
        raise BadInput(f"A passphrase for backups has at least {rules.PASSPHRASE_MIN} characters.")
    with _kindly(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock.held(folder, wait=wait) as ours:
            if not ours:
                raise RuleBroken(f"Another backup is just being made in {folder}: try again when it is done.")
            for left in folder.glob(f"{MAKING}*"):  # of a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=MAKING, dir=folder) as place:
                return _made(make_url(url), folder, Path(place), kind, passphrase)


@contextmanager
def _kindly(folder: Path) -> Iterator[None]:
    try:
        yield
    except ToolFailed as failed:
        raise Unavailable(f"PostgreSQL's pg_dump made no backup. It says: {failed}") from None
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unavailable(
            f"No backup was made in {folder}: {why.lower()}. The backups that were there are untouched."
        ) from None


def _made(url: URL, folder: Path, place: Path, kind: str, passphrase: str | None) -> BackupFacts:
    unfinished = place / "unfinished"
    sqlite.private(unfinished)
    with _books(url, place) as (source, found, made_at), ZipFile(unfinished, "w", ZIP_STORED) as zipped:
        name = "books.db" if found.engine == "sqlite" else "books.dump"
        written = archive.put(zipped, source, name, made_at, passphrase)
        said = Manifest(
            format=manifest.FORMAT,
            kind=kind,
            program=__version__,
            made_at=made_at,
            encrypted=written.key is not None,
            content=written.content,
            size=written.size,
            sha256=written.sha256,
            stored_sha256=written.stored_sha256,
            **asdict(found),
        )
        archive.close(zipped, said)
    _durable(unfinished)
    archive.take(unfinished, manifest.read(unfinished), written.key, into=lambda _: None)
    return queries.facts(_put_in_place(unfinished, folder, said))


@contextmanager
def _books(url: URL, place: Path) -> Iterator[Source]:
    """What to pack, what it is, and the moment through which everything acknowledged is in it."""
    how = _of_sqlite(url, place) if url.get_backend_name() == "sqlite" else _of_postgresql(url)
    with how as (source, found, made_at):
        if found.revision is None:
            raise RuleBroken("There are no books here yet: python3 -m school migrate begins new ones.")
        yield source, found, made_at


@contextmanager
def _of_sqlite(url: URL, place: Path) -> Iterator[Source]:
    file, copy = Path(url.database or ""), place / "books.db"
    if not file.is_file():
        raise BadInput(f"There are no books at {file}: name yours in SCHOOL_DATABASE_URL.")
    if shutil.disk_usage(place).free < file.stat().st_size:
        raise OSError(f"there is no room for a copy of {file.stat().st_size:,} bytes")
    made_at = clock.now()
    sqlite.copy(file, copy)
    database = scratch.opened(url.set(database=str(copy)))
    try:
        with database.reading() as session:
            found = books.facts(session.connection())
    finally:
        database.engine.dispose()
    with copy.open("rb") as source:
        yield source, found, made_at


@contextmanager
def _of_postgresql(url: URL) -> Iterator[Source]:
    database = scratch.opened(url)
    made_at = clock.now()
    try:
        with database.reading() as session:
            snapshot = session.scalar(text("SELECT pg_export_snapshot()")) or ""
            found = books.facts(session.connection())
            with postgresql.dump(url, snapshot, found.engine_version) as source:
                yield source, found, made_at
    finally:
        database.engine.dispose()


def _put_in_place(unfinished: Path, folder: Path, said: Manifest) -> Path:
    """Under its name it is whole and on the disk, whenever the machine stops."""
    name = rules.name(said.made_at, said.last_entry, said.last_hash)
    target, again = folder / f"{name}{SUFFIX}", 1
    while target.exists():
        again += 1
        target = folder / f"{name}-{again}{SUFFIX}"
    unfinished.rename(target)
    with suppress(OSError):  # not every disk has such a thing
        _durable(folder)
    return target


def _durable(path: Path) -> None:
    """A file, or what a folder holds."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rotate(folder: Path, keep: Keep) -> list[Path]:
    """Throw away what no day, week or month needs; what a person made by hand stays. Returns what went.

    The youngest backup stays, and so does the youngest whose books were tried and agreed.
    """
    there = queries.listing(folder)
    tried = next((backup for backup in there if backup.verified_at), None)
    scheduled = [backup for backup in there if backup.kind == SCHEDULED]
    going = [backup for backup in there if backup.kind == BEFORE_UPGRADE][UPGRADES_KEPT:]
    if there:
        going += rules.superseded(scheduled, keep, there[0].manifest.time_zone)
    going = [backup for backup in going if backup not in (there[0], tried)]
    for backup in going:
        backup.path.unlink()
        queries.tried_beside(backup.path).unlink(missing_ok=True)
    return [backup.path for backup in going]


def remember_trial(backup: BackupFacts, findings: Sequence[str]) -> None:
    """Beside the backup: that its books were restored for a trial now, and what did not agree."""
    told = {
        "at": clock.now().isoformat(),
        "stored_sha256": backup.manifest.stored_sha256,
        "findings": list(findings),
    }
    _write(queries.tried_beside(backup.path), told)


def remember_failure(folder: Path, sentence: str | None) -> None:
    """In the folder: why the last scheduled backup failed, or with None that it did not."""
    if sentence is None:
        (folder / queries.FAILED).unlink(missing_ok=True)
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    failure = Failure(clock.now(), sentence)
    _write(folder / queries.FAILED, {"at": failure.at.isoformat(), "sentence": failure.sentence})


def _write(file: Path, told: object) -> None:
    new = file.with_name(f".{file.name}.new")
    new.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    new.chmod(0o600)
    new.replace(file)
