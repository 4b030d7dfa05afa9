"""Which backups there are: each file tells of itself, and beside it lies when it was last tried.

The folder alone knows. A table in the books would be lost with them, and restored books would tell of the
backups of another time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from school.backups import manifest
from school.backups.manifest import SUFFIX, Manifest
from school.errors import BadFile
from school.settings import ROOT, Settings

TRIED = ".tried.json"  # beside a backup: when its books were last opened and recomputed, and what was found
FAILED = "failed.json"  # in the folder, from a scheduled backup that failed until one succeeds


@dataclass(frozen=True)
class BackupFacts:
    """One complete backup. `verified_at` is when its books were last restored for a trial and agreed."""

    path: Path
    made_at: datetime
    size: int
    verified_at: datetime | None
    encrypted: bool
    kind: str
    manifest: Manifest


@dataclass(frozen=True)
class Failure:
    """The last scheduled backup failed, with this sentence."""

    at: datetime
    sentence: str


def folder_of(settings: Settings) -> Path:
    """Where backups go: as the settings say, else `backups` beside the books, on PostgreSQL in `var`."""
    if settings.backup_folder is not None:
        return settings.backup_folder
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).absolute().parent / "backups"
    return ROOT / "var" / "backups"


def newest(folder: Path) -> BackupFacts | None:
    """The youngest backup that can be read; None where there is none."""
    return next(iter(listing(folder)), None)


def listing(folder: Path) -> list[BackupFacts]:
    """All backups of a folder that can be read, the youngest first."""
    found = []
    for file in folder.glob(f"*{SUFFIX}"):
        try:
            seen = file.stat()
            found.append(_facts(file, _said(file, seen.st_ino, seen.st_mtime_ns, seen.st_size)))
        except (BadFile, OSError):
            continue  # a damaged one is no backup; `backup --verify` tells what is wrong with it
    return sorted(found, key=lambda backup: (backup.made_at, backup.path.name), reverse=True)


def facts(file: Path) -> BackupFacts:
    """Raises BadFile."""
    return _facts(file, manifest.read(file))


@lru_cache(maxsize=1024)
def _said(file: Path, *_seen: int) -> Manifest:
    """Read once while the file stays what it is: the first page of an administrator asks each time."""
    return manifest.read(file)


def _facts(file: Path, said: Manifest) -> BackupFacts:
    return BackupFacts(
        path=file,
        made_at=said.made_at,
        size=file.stat().st_size,
        verified_at=_verified_at(file, said),
        encrypted=said.encrypted,
        kind=said.kind,
        manifest=said,
    )


def last_failure(folder: Path) -> Failure | None:
    """Why the last scheduled backup failed; None when it succeeded."""
    told = _json(folder / FAILED)
    try:
        return Failure(_moment(told["at"]), str(told["sentence"]))
    except (KeyError, TypeError, ValueError):
        return None


def _verified_at(file: Path, said: Manifest) -> datetime | None:
    told = _json(tried_beside(file))
    try:
        same = told["stored_sha256"] == said.stored_sha256
        return _moment(told["at"]) if same and not told["findings"] else None
    except (KeyError, TypeError, ValueError):
        return None


def tried_beside(file: Path) -> Path:
    """The file in which it is kept that this backup was tried."""
    return file.with_name(file.name.removesuffix(SUFFIX) + TRIED)


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _json(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
