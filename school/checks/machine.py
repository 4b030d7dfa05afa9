"""What the database and the machine under it say of themselves."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from school import migrations
from school.db import Database
from school.settings import ROOT

_REVISION = text("SELECT version_num FROM alembic_version")
newest_revision = lru_cache(migrations.head)  # reading every migration takes 10 ms


@dataclass(frozen=True)
class MachineFacts:
    """Sizes in bytes. `disk_of` is the folder whose disk is meant: of the books on SQLite, else our own."""

    engine: str
    size: int
    revision: str | None
    newest_revision: str
    disk_of: Path
    disk_free: int
    disk_total: int
    python: str
    system: str

    @property
    def is_up_to_date(self) -> bool:
        return self.revision == self.newest_revision


def facts(session: Session, database: Database) -> MachineFacts:
    """As of this moment. `session` is one of this database's."""
    folder = database.path.parent if database.path else ROOT
    disk = shutil.disk_usage(folder)
    return MachineFacts(
        engine=_engine(session),
        size=size(session, database),
        revision=session.scalar(_REVISION),
        newest_revision=newest_revision(),
        disk_of=folder,
        disk_free=disk.free,
        disk_total=disk.total,
        python=f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}",
        system=f"{platform.system()} {platform.release()}",
    )


def _engine(session: Session) -> str:
    if session.get_bind().dialect.name == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    return f"PostgreSQL {session.scalar(text('SHOW server_version'))}"


def size(session: Session, database: Database) -> int:
    """Of the books, with what waits to be moved into their file."""
    if database.path is None:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    files = (database.path, Path(f"{database.path}-wal"))
    return sum(path.stat().st_size for path in files if path.exists())
