"""Before migrations change the books there is a way back: a backup of what they were."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from school import migrations
from school.backups import scratch, service
from school.backups.manifest import BEFORE_UPGRADE
from school.backups.queries import BackupFacts


def is_due(url: str) -> bool:
    """Whether there are books, and migrations would change them. Raises Unavailable."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        return False
    database = scratch.opened(place)
    try:
        with database.reading() as session:
            return migrations.current(session.connection()) not in (None, migrations.head())
    finally:
        database.engine.dispose()


def backup(url: str, folder: Path, passphrase: str | None) -> BackupFacts:
    """Waits for another that is being made. Raises BadInput, RuleBroken or Unavailable."""
    return service.make(url, folder, kind=BEFORE_UPGRADE, passphrase=passphrase, wait=True)
