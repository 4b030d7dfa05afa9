"""What a backup says of itself: which books, of which moment, how much is in them, and their fingerprints."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Annotated
from zipfile import BadZipFile, ZipFile
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, TypeAdapter

from school.errors import BadFile

FORMAT = 1
MEMBER = "manifest.json"
BYTES_MAX = 1_000_000
SUFFIX = ".backup.zip"

DAMAGED = (BadZipFile, KeyError, ValueError, EOFError, OverflowError, RuntimeError, struct.error, zlib.error)
BY_HAND, SCHEDULED, BEFORE_UPGRADE = "by hand", "scheduled", "before an upgrade"


@dataclass(frozen=True)
class Manifest:
    """As of the moment `made_at`: every write acknowledged before it is in the backup.

    `sha256` and `size` are of the books as they come out, `stored_sha256` of what lies in the file.
    """

    format: int
    kind: str
    program: str
    revision: str | None
    engine: str
    engine_version: str
    school: str
    currency: str
    time_zone: str
    made_at: AwareDatetime
    counts: Mapping[str, int]
    last_entry: int
    last_hash: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    encrypted: bool
    content: str
    size: int
    sha256: str
    stored_sha256: str

    def as_text(self) -> str:
        local = self.made_at.astimezone(ZoneInfo(self.time_zone))
        said = asdict(self) | {
            "made_at": self.made_at.isoformat(),
            "made_at_local": local.isoformat(timespec="seconds"),
        }
        return json.dumps(said, ensure_ascii=False, indent=1)


_MANIFEST = TypeAdapter(Manifest)


def read(file: Path) -> Manifest:
    """Raises BadFile when this is no backup, a damaged one, or one of a newer program."""
    try:
        with ZipFile(file) as archive, archive.open(MEMBER) as member:
            said = json.loads(member.read(BYTES_MAX))
    except FileNotFoundError:
        raise BadFile(f"There is no backup at {file}.") from None
    except DAMAGED:
        raise BadFile(f"{file.name} is not a backup of these books, or it is cut off or damaged.") from None
    except OSError as error:
        raise BadFile(
            f"{file.name} cannot be read: {(error.strerror or 'unknown reason').lower()}."
        ) from None
    return _understood(said, file)


def _understood(said: object, file: Path) -> Manifest:
    if isinstance(said, dict) and isinstance(said.get("format"), int) and said["format"] > FORMAT:
        raise BadFile(
            f"{file.name} was made by a newer program ({said.get('program')}): restore it with that one."
        )
    try:
        known = _MANIFEST.validate_python(said)
        ZoneInfo(known.time_zone)
        return replace(known, made_at=known.made_at.astimezone(UTC))
    except (KeyError, ValueError, OSError):
        raise BadFile(f"What {file.name} says of itself is damaged: use another backup.") from None
