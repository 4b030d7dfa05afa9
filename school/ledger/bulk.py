"""Many entries at once, numbered and chained in memory.

`load` puts made-up entries into books that are still empty, for demo and benchmark schools only: the guards
stand aside, projections are rebuilt, and the guards come back, within the caller's transaction. Nothing else
writes past the guards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from school.columns import moment_text
from school.db import one_writer
from school.errors import RuleBroken
from school.ledger import guards, projecting
from school.ledger.models import Entry, Line
from school.ledger.rules import ENTRY_HASHED, LINE_HASHED, SERIES, NewLine, entry_hash

CHUNK = 5_000  # entries; memory stays small and the driver busy

_entry, _line = cast(Table, Entry.__table__), cast(Table, Line.__table__)
_of_entry, _of_line = itemgetter(*ENTRY_HASHED), itemgetter(*LINE_HASHED)
_moment_text = lru_cache(maxsize=8)(moment_text)  # the entries of a run share one


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry as it shall stand; ids follow the order of the entries, and of the lines, from 1."""

    kind: str
    date: date
    at: datetime
    actor_id: int | None
    actor: str
    request_id: str
    lines: Sequence[NewLine]
    reverses: int | None = None
    payer: str | None = None
    reference: str | None = None
    reason: str | None = None


def load(session: Session, entries: Iterable[Prepared]) -> int:
    """Post them all into empty books; how many they were. Raises RuleBroken for books that have an entry."""
    one_writer(session)
    if session.scalar(select(func.count()).select_from(Entry)):
        raise RuleBroken("These books have entries already: nothing can be loaded into them in bulk.")
    connection = session.connection()
    guards.remove(connection)
    writer, waiting = Writer(), iter(entries)
    while chunk := list(islice(waiting, CHUNK)):
        lines, heads = writer.rows(chunk)
        connection.execute(insert(_line), lines)
        connection.execute(insert(_entry), heads)
    projecting.rebuild(session)  # which puts the guards back
    return writer.entry_id


class Writer:
    """Numbers and chains entries one after the other, from the end of the books as it is given."""

    def __init__(self, entry_id: int = 0, line_id: int = 0, last_hash: str = "") -> None:
        self.entry_id, self.line_id, self.hash = entry_id, line_id, last_hash
        self.numbers: dict[str, int] = {}

    def rows(self, chunk: Sequence[Prepared]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        lines: list[dict[str, Any]] = []
        heads = [self._entry(prepared, lines) for prepared in chunk]
        return lines, heads

    def _entry(self, new: Prepared, into: list[dict[str, Any]]) -> dict[str, Any]:
        self.entry_id += 1
        rows = [self._line(n, line) for n, line in enumerate(new.lines, start=1)]
        series = SERIES.get(new.kind)
        if series:
            self.numbers[series] = self.numbers.get(series, 0) + 1
        entry = {
            "id": self.entry_id,
            "kind": new.kind,
            "date": new.date,
            "at": new.at,
            "actor_id": new.actor_id,
            "actor": new.actor,
            "request_id": new.request_id,
            "series": series,
            "no": self.numbers[series] if series else None,
            "reverses": new.reverses,
            "payer": new.payer,
            "reference": new.reference,
            "reason": new.reason,
            "n_lines": len(rows),
            "total": sum(line.amount for line in new.lines),
        }
        self.hash = entry_hash(
            self.hash, _of_entry({**entry, "at": _moment_text(new.at)}), [_of_line(row) for row in rows]
        )
        into += rows
        entry["hash"] = self.hash
        return entry

    def _line(self, n: int, line: NewLine) -> dict[str, Any]:
        self.line_id += 1
        return {"id": self.line_id, "entry_id": self.entry_id, "n": n, **vars(line)}
