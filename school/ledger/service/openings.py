"""The opening balances of many students at once: one entry each, past no guard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.db import add_rows, among
from school.errors import RequestReused
from school.ledger import refusals
from school.ledger.bulk import Prepared, Writer
from school.ledger.models import Entry, Line
from school.ledger.posting import authorise, open_desk
from school.ledger.rules import NewLine
from school.ledger.service.chart import OPENINGS


@dataclass(frozen=True)
class Opening:
    """What one student brings from the old books: + is owed, due on `due_date` or at once; − is a credit."""

    request_id: str
    student_id: int
    amount_minor: int
    due_date: dt.date | None = None


def opening_balances(
    session: Session,
    *,
    actor: Actor,
    openings: Sequence[Opening],
    date: dt.date | None = None,
    reference: str = "",
) -> list[int]:
    """Post them all, or none; the ids of the entries, in order.

    Raises what `opening_balance` raises; RequestReused also for a request posted with the same values.
    """
    authorise(session, actor, "openings.record")
    if not openings:
        return []
    desk = open_desk(session, "opening", openings[0].request_id, date)
    _refuse_used(session, [opening.request_id for opening in openings])
    words = refusals.words(reference, "reference") or None
    lines = list(_placed(session, desk.date, [_line(opening, desk.date) for opening in openings]))
    entries = [
        Prepared(
            "opening",
            desk.date,
            clock.now(),
            actor.user_id,
            actor.name,
            o.request_id,
            [line],
            reference=words,
        )
        for o, line in zip(openings, lines, strict=True)
    ]
    new_lines, heads = Writer(desk.last_entry, desk.next_line - 1, desk.last_hash).rows(entries)
    add_rows(session, Line, new_lines)
    add_rows(session, Entry, heads)
    return [head["id"] for head in heads]


def _line(opening: Opening, today: dt.date) -> NewLine:
    value = opening.amount_minor
    if type(value) is int and value < 0:
        return NewLine(opening.student_id, OPENINGS, -refusals.amount(-value))
    return NewLine(opening.student_id, OPENINGS, refusals.amount(value), opening.due_date or today)


def _refuse_used(session: Session, request_ids: Sequence[str]) -> None:
    used = session.scalar(select(Entry.id).where(among(Entry.request_id, request_ids)).limit(1))
    if used is not None:
        raise RequestReused("One of these opening balances was posted before.", entry_id=used)


def _placed(session: Session, day: dt.date, lines: Sequence[NewLine]) -> Iterator[NewLine]:
    students = refusals.check(session, "opening", day, lines, 0)
    for line in lines:
        now = students[line.student_id]
        yield replace(line, class_id=now.class_id, term_id=now.term_id)
