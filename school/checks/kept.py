"""Whether what is recorded today would still be there tomorrow, without this disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from school import clock
from school.backups import queries as backups
from school.checks.place import Place, Wrong
from school.ledger.models import Entry

RECENT = timedelta(hours=26)  # a backup a day, and two hours in which it may be late
TRIED_WITHIN = timedelta(days=7)


def backed_up(place: Place, session: Session) -> Iterator[Wrong]:
    """Books in which nothing is recorded have nothing to lose."""
    folder, now = backups.folder_of(place.settings), clock.now()
    failure = backups.last_failure(folder)
    if failure is not None:
        told = f"The backup of {failure.at:%Y-%m-%d %H:%M UTC} failed: {failure.sentence}"
        yield Wrong("backup_failed", told)
    listing = backups.listing(folder)
    if not listing:
        if session.scalar(select(Entry.id).limit(1)) is not None:
            yield Wrong("backup", f"There is no backup in {folder}.")
        return
    age = now - listing[0].made_at
    if age > RECENT:
        yield Wrong("backup", f"The newest backup is {_told(age)} old.")
    tried = [backup.verified_at for backup in listing if backup.verified_at is not None]
    if not tried or now - max(tried) > TRIED_WITHIN:
        since = f"for {_told(now - max(tried))}" if tried else "ever"
        yield Wrong("backup_tried", f"No backup was tried {since}.")


def _told(age: timedelta) -> str:
    hours = age // timedelta(hours=1)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
