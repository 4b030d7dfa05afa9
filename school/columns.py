"""Column types both engines keep the same way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

Id = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only in a column called INTEGER
Minor = BigInteger()
# Both engines order it by code point, so a prefix is a range of an index and lists come in the same order.
Ordered = String().with_variant(String(collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as UTC text such as 2026-11-23T03:10:46.000000Z: sortable, one way to hash it."""

    impl = String(27)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else moment_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


def moment_text(value: datetime) -> str:
    """Raises ValueError for a moment without a time zone: it could mean any."""
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
