"""Whether the machine knows what time it is, and where."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import school
from school import clock
from school.audit.models import AuditEvent
from school.checks.place import Place, Wrong
from school.ledger.models import Entry
from school.students.models import School

APART_MAX = timedelta(minutes=1)
ANSWERS_WITHIN_S = 3


def against_the_books(place: Place, session: Session) -> Iterator[Wrong]:
    """What was written cannot be newer than now, nor can the program itself."""
    now = clock.now()
    for what, at in _written(place, session):
        if at is not None and at > now + APART_MAX:
            yield Wrong("clock", f"The clock says {_told(now)}, but {what} {_told(at)}.")
            return
    if not place.database.is_sqlite:
        theirs = session.scalar(text("SELECT clock_timestamp()"))
        if theirs is not None and abs(theirs - now) > APART_MAX:
            yield Wrong("clock", f"The clock says {_told(now)}, and that of the database {_told(theirs)}.")


def _written(place: Place, session: Session) -> Iterator[tuple[str, datetime | None]]:
    newest = select(func.max(Entry.id)).scalar_subquery()
    yield "the newest entry is of", session.scalar(select(Entry.at).where(Entry.id == newest))
    last = select(func.max(AuditEvent.id)).scalar_subquery()
    yield "the audit log ends at", session.scalar(select(AuditEvent.at).where(AuditEvent.id == last))
    yield "the program was installed at", _changed(Path(school.__file__))
    if place.database.path is not None:
        yield "the books were written to at", _changed(place.database.path)


def _changed(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return None


def _told(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def time_zone(place: Place, session: Session) -> Iterator[Wrong]:
    named = session.scalar(select(School.time_zone)) or place.settings.timezone
    if named and not _is_known(named):
        yield Wrong("time_zone", f"The school is in the time zone {named}, which this machine does not know.")


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def kept(_: Place) -> Iterator[Wrong]:
    """Asked of systemd where it runs; other machines are not asked."""
    program = shutil.which("timedatectl")
    if program is None:
        return
    asked = [program, "show", "--property=NTPSynchronized"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=ANSWERS_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and done.stdout.strip() == "NTPSynchronized=no":
        yield Wrong("clock_kept", "This machine's clock is set by nobody.")
