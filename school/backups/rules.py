"""When a backup is due, what it is called, and which ones are kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

PASSPHRASE_MIN = 12
HASH_SHOWN = 12  # letters of the last entry's hash in a backup's name


class Dated(Protocol):
    @property
    def made_at(self) -> datetime: ...


B = TypeVar("B", bound=Dated)


@dataclass(frozen=True)
class Keep:
    """Of how many days, weeks and months the last backup is kept."""

    daily: int
    weekly: int
    monthly: int


def last_due(at: str, time_zone: str, now: datetime) -> datetime:
    """The last moment through `now` at which the school's clocks showed `at`, as 03:15."""
    zone, wanted = ZoneInfo(time_zone), time.fromisoformat(at)
    today = now.astimezone(zone).date()
    due = datetime.combine(today, wanted, zone).astimezone(UTC)
    if due > now:
        due = datetime.combine(today - timedelta(days=1), wanted, zone).astimezone(UTC)
    return due


def next_due(at: str, time_zone: str, now: datetime) -> datetime:
    """The first moment after `now` at which the school's clocks show `at`."""
    zone, wanted = ZoneInfo(time_zone), time.fromisoformat(at)
    today = now.astimezone(zone).date()
    due = datetime.combine(today, wanted, zone).astimezone(UTC)
    return due if due > now else datetime.combine(today + timedelta(days=1), wanted, zone).astimezone(UTC)


def name(made_at: datetime, last_entry: int, last_hash: str) -> str:
    """`books-20261128T031500Z-entry1234-0a1b2c3d4e5f`, so that names in order are moments in order."""
    sealed = f"-{last_hash[:HASH_SHOWN]}" if last_hash else ""
    return f"books-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-entry{last_entry}{sealed}"


def superseded(backups: Sequence[B], keep: Keep, time_zone: str) -> list[B]:
    """Those of which no day, week or month needs its last one. The youngest of all is never among them."""
    zone = ZoneInfo(time_zone)
    ordered = sorted(backups, key=lambda backup: backup.made_at, reverse=True)
    kept = {id(backup) for backup in ordered[:1]}
    spans: list[tuple[Callable[[date], Hashable], int]] = [
        (lambda day: day, keep.daily),
        (lambda day: day.isocalendar()[:2], keep.weekly),
        (lambda day: (day.year, day.month), keep.monthly),
    ]
    for span, count in spans:
        last: dict[Hashable, int] = {}
        for backup in ordered:
            last.setdefault(span(backup.made_at.astimezone(zone).date()), id(backup))
        kept |= set(list(last.values())[:count])
    return [backup for backup in ordered if id(backup) not in kept]
