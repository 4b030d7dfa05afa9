"""Many entries of one moment, past no guard: what a run posts for its students, a chunk at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.db import add_rows
from school.ledger import refusals, telling
from school.ledger.bulk import Prepared, Writer
from school.ledger.models import Entry, Line
from school.ledger.posting import Desk, open_desk
from school.ledger.rules import NewLine


@dataclass(frozen=True)
class NewEntry:
    """An entry without a document number. `pins` says which of its lines pays which other of its lines, both
    counted from 0. The lines of a reversal bring class and term with them.
    """

    kind: str
    request_id: str
    lines: Sequence[NewLine]
    pins: Mapping[int, int] = field(default_factory=dict)
    reverses: int | None = None
    reference: str | None = None
    reason: str | None = None


def post_all(
    session: Session, *, actor: Actor, entries: Sequence[NewEntry], date: dt.date | None = None
) -> list[int]:
    """Post them all, or none; the ids of the entries, in order. The caller has asked `authorise`.

    Raises what `post` raises; RuleBroken for a request that was posted before.
    """
    if not entries:
        return []
    desk = open_desk(session, entries[0].kind, entries[0].request_id, date)
    at = clock.now()
    prepared = [
        Prepared(
            entry.kind,
            desk.date,
            at,
            actor.user_id,
            actor.name,
            entry.request_id,
            lines,
            entry.reverses,
            None,
            entry.reference,
            entry.reason,
        )
        for entry, lines in zip(entries, _placed(session, desk, entries), strict=True)
    ]
    rows, heads = Writer(desk.last_entry, desk.next_line - 1, desk.last_hash).rows(prepared)
    try:
        add_rows(session, Line, rows)
        add_rows(session, Entry, heads)
    except session.get_bind().dialect.loaded_dbapi.IntegrityError as error:
        raise refusals.kindly(error) from error
    telling.run_posted(session, actor, heads)
    return [head["id"] for head in heads]


def _placed(session: Session, desk: Desk, entries: Sequence[NewEntry]) -> Iterator[list[NewLine]]:
    """The lines with class and term as they are now, and their pins; each kind is checked once for all."""
    of_kind: dict[str, list[NewLine]] = {}
    for entry in entries:
        if entry.reverses is None:
            of_kind.setdefault(entry.kind, []).extend(entry.lines)
    students = {
        kind: refusals.check(session, kind, desk.date, lines, desk.next_line)
        for kind, lines in of_kind.items()
    }
    first = desk.next_line
    for entry in entries:
        lines = list(entry.lines)
        if entry.reverses is None:
            now = students[entry.kind]
            lines = [_as_now(line, now[line.student_id]) for line in lines]
        for n, charge in entry.pins.items():
            lines[n] = replace(lines[n], pays=first + charge)
        first += len(lines)
        yield lines


def _as_now(line: NewLine, now: refusals.Placed) -> NewLine:
    if line.class_id == now.class_id and line.term_id:
        return line
    return replace(line, class_id=now.class_id, term_id=line.term_id or now.term_id)
