"""Nothing else in the program asks the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_set_to: datetime | None = None


def now() -> datetime:
    """The moment, aware, in UTC."""
    return _set_to or datetime.now(UTC)


def today(time_zone: str) -> date:
    """The date in the school's time zone, an IANA name such as `Africa/Nairobi`."""
    return now().astimezone(ZoneInfo(time_zone)).date()


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Hold the clock at an aware moment for the whole process: for stories told in tests."""
    global _set_to
    before, _set_to = _set_to, moment.astimezone(UTC)
    try:
        yield
    finally:
        _set_to = before
