"""What books are, at any revision: read without the models, which know only the newest tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, inspect, select, table, text

from school import migrations


@dataclass(frozen=True)
class BooksFacts:
    """`counts` has every table there is. `school` is empty before one was set up."""

    revision: str | None
    engine: str
    engine_version: str
    school: str
    currency: str
    time_zone: str
    counts: dict[str, int]
    last_entry: int
    last_hash: str


def facts(connection: Connection) -> BooksFacts:
    """As of the moment the caller's transaction sees."""
    names = sorted(inspect(connection).get_table_names())
    counts = {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}
    school = _first(connection, names, "school", "SELECT name, currency, time_zone FROM school")
    entry = _first(connection, names, "entry", "SELECT id, hash FROM entry ORDER BY id DESC LIMIT 1")
    engine = connection.dialect.name
    version = "SELECT sqlite_version()" if engine == "sqlite" else "SHOW server_version"
    return BooksFacts(
        revision=migrations.current(connection),
        engine=engine,
        engine_version=str(connection.scalar(text(version))),
        school=school[0] if school else "",
        currency=school[1] if school else "",
        time_zone=school[2] if school else "UTC",
        counts=counts,
        last_entry=entry[0] if entry else 0,
        last_hash=entry[1] if entry else "",
    )


def _first(connection: Connection, names: list[str], name: str, query: str) -> Any:
    return connection.execute(text(query)).first() if name in names else None
