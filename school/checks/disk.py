"""Whether there is room: for the next months, and for the copy that a backup or an upgrade makes."""

from __future__ import annotations

import shutil
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school import clock
from school.backups import queries as backups
from school.checks import machine
from school.checks.place import Place, Wrong
from school.ledger.models import Entry

MB, GB = 10**6, 10**9


@dataclass(frozen=True)
class Limits:
    """`full`: what a day of payments, the log and a restart need. `low`: what a term needs, with backups kept
    and an upgrade that copies the books. `days`: longer than any holiday, in which nobody looks."""

    full: int = 200 * MB
    low: int = 2 * GB
    days: int = 90


LIMITS = Limits()
GROWN_WITHIN = timedelta(days=30)


def room(place: Place, session: Session) -> Iterator[Wrong]:
    """Each disk once, with the first of our folders on it."""
    size = machine.size(session, place.database)
    seen: set[int] = set()
    for folder in _folders(place):
        device = folder.stat().st_dev
        if device not in seen:
            seen.add(device)
            daily = _daily_growth(session, size) if folder == _books_folder(place) else 0
            yield from _on(folder, shutil.disk_usage(folder).free, size, daily)


def _on(folder: Path, free: int, size: int, daily: int) -> Iterator[Wrong]:
    if free < max(LIMITS.full, size):
        yield Wrong("disk_full", f"The disk of {folder} has {told(free)} left; the books are {told(size)}.")
    elif free < LIMITS.low:
        yield Wrong("disk", f"The disk of {folder} has {told(free)} left.")
    elif daily and free // daily < LIMITS.days:
        yield Wrong(
            "disk",
            f"The disk of {folder} has {told(free)} left: {free // daily} days, as the books grow now.",
        )


def _folders(place: Place) -> list[Path]:
    """Those that exist, or their nearest parents: of the books, of backups, of the log."""
    wanted = [_books_folder(place), backups.folder_of(place.settings)]
    if place.settings.log_file is not None:
        wanted.append(place.settings.log_file.parent)
    return [next(p for p in (path.absolute(), *path.absolute().parents) if p.exists()) for path in wanted]


def _books_folder(place: Place) -> Path:
    """PostgreSQL's disk is its own; there is still the program's."""
    return place.database.path.parent if place.database.path else place.root


def _daily_growth(session: Session, size: int) -> int:
    """Bytes a day, by the entries of the last weeks; 0 where the books are new."""
    newest = session.scalar(select(func.max(Entry.id))) or 0
    recent = newest - _last_before(session, newest, clock.now() - GROWN_WITHIN)
    return size * recent // newest // GROWN_WITHIN.days if newest else 0


def _last_before(session: Session, newest: int, moment: datetime) -> int:
    """The last entry before a moment, found by halving: entries are numbered as they were recorded."""

    def recorded(entry_id: int) -> datetime:
        return session.scalar(select(Entry.at).where(Entry.id == entry_id)) or moment

    return bisect_left(range(1, newest + 1), moment, key=recorded)


def told(size: int) -> str:
    """`1.2 GB`, in the letters of a command line."""
    for unit, of in (("GB", GB), ("MB", MB), ("kB", 1_000)):
        if size >= of:
            return f"{size / of:.1f} {unit}"
    return f"{size} bytes"
