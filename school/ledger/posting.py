"""The one way into the books: read their end under the writers' lock, add lines, seal them with an entry.

A request that was posted before is answered with the entry it made. What the database refuses is said kindly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from sqlalchemy import Row, String, Table, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from school import clock
from school.access import service as access
from school.access.rules import Actor
from school.columns import moment_text
from school.db import one_writer
from school.errors import BadInput, NotFound, RequestReused
from school.ledger import refusals, telling, wording
from school.ledger.models import DocumentSeries, Entry, Line, PeriodLock
from school.ledger.rules import ENTRY_HASHED, LINE_HASHED, SERIES, NewLine, entry_hash
from school.students.models import School

REQUEST_ID_LENGTHS = range(8, 101)

_entry, _line = cast(Table, Entry.__table__), cast(Table, Line.__table__)
_lock, _school = cast(Table, PeriodLock.__table__), cast(Table, School.__table__)
_series = cast(Table, DocumentSeries.__table__)
_SERIES = func.coalesce(
    select(_series.c.series).where(_series.c.kind == bindparam("kind")).scalar_subquery(),
    bindparam("series", type_=String),
)
_END_OF_BOOKS = select(
    select(func.max(_entry.c.id)).scalar_subquery().label("entry_id"),
    select(_entry.c.hash).order_by(_entry.c.id.desc()).limit(1).scalar_subquery().label("hash"),
    select(func.max(_line.c.id)).scalar_subquery().label("line_id"),
    select(func.max(_entry.c.no)).where(_entry.c.series == _SERIES).scalar_subquery().label("no"),
    _SERIES.label("series"),
    select(_lock.c.locked_through).order_by(_lock.c.id.desc()).limit(1).scalar_subquery().label("locked"),
    select(_school.c.time_zone).scalar_subquery().label("time_zone"),
    select(_entry.c.id)
    .where(_entry.c.request_id == bindparam("request_id"))
    .scalar_subquery()
    .label("before"),
)
_INSERT_LINES, _INSERT_ENTRY = insert(_line), insert(_entry)
_SAME = ["kind", "date", "payer", "reference", "reason", "reverses"]  # what one request id may mean only once
_SAME_LINE = ["student_id", "account", "amount", "due_date", "pays", "memo"]


@dataclass(frozen=True)
class Posted:
    """The entry a request made; `already` says that it was there before."""

    entry_id: int
    kind: str
    series: str | None
    no: int | None
    already: bool

    @property
    def document(self) -> str | None:
        """`R-000123`, or None for an entry without a number."""
        return wording.document_or_none(self.series, self.no)


@dataclass(frozen=True)
class Desk:
    """The end of the books as their one writer finds it: `date` is the accounting date of what comes next,
    `next_line` the id of its first line. `before` is the entry this request made earlier; then date and
    next_line are as they were at that time.
    """

    kind: str
    request_id: str
    date: date
    last_entry: int
    last_hash: str
    series: str | None
    last_no: int
    next_line: int
    before: Row[Any] | None


def authorise(session: Session, actor: Actor, capability: str) -> None:
    """As the access room's, once it is this writer's turn: who was disabled while waiting may not write."""
    one_writer(session)
    access.authorise(session, actor, capability)


def check_request_id(request_id: str) -> None:
    """Raises BadInput for what names no form."""
    if len(request_id) not in REQUEST_ID_LENGTHS or not (request_id.isascii() and request_id.isprintable()):
        raise BadInput("This form has lost its request id. Open the page anew and enter it again.")


def open_desk(session: Session, kind: str, request_id: str, day: date | None) -> Desk:
    """Wait for the writers' lock and read the end of the books. Without `day` the accounting date is today.

    Raises BadDate for a date after today, PeriodLocked for one in a closed period.
    """
    check_request_id(request_id)
    one_writer(session)
    connection = session.connection()
    end = connection.execute(
        _END_OF_BOOKS, {"kind": kind, "series": SERIES.get(kind), "request_id": request_id}
    ).one()
    if end.before is not None:
        before = connection.execute(select(_entry).where(_entry.c.id == end.before)).one()
        first = connection.scalar(select(func.min(_line.c.id)).where(_line.c.entry_id == before.id))
        return Desk(kind, request_id, day or before.date, 0, "", before.series, 0, first or 0, before)
    if end.time_zone is None:
        raise NotFound("The school is not set up yet: open the set-up page first.")
    today = clock.today(end.time_zone)
    refusals.check_date(day or today, today, end.locked)
    return Desk(
        kind,
        request_id,
        day or today,
        end.entry_id or 0,
        end.hash or "",
        end.series,
        end.no or 0,
        1 + (end.line_id or 0),
        None,
    )


def post(
    session: Session,
    desk: Desk,
    *,
    actor: Actor,
    lines: Sequence[NewLine],
    reverses: int | None = None,
    payer: str | None = None,
    reference: str | None = None,
    reason: str | None = None,
) -> Posted:
    """Add the lines and seal them; class and term are filled in as they are now, where a line names none.

    Raises RequestReused when the request id already means something else, and what `refusals.check` raises.
    """
    series = desk.series
    if desk.before is None and reverses is None:  # a reversal brings class and term with it
        lines = _placed(lines, refusals.check(session, desk.kind, desk.date, lines, desk.next_line))
    no = desk.last_no + 1 if series else None
    entry = {
        "id": desk.last_entry + 1,
        "kind": desk.kind,
        "date": desk.date,
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
        "request_id": desk.request_id,
        "series": series,
        "no": no,
        "reverses": reverses,
        "payer": payer or None,
        "reference": reference or None,
        "reason": reason or None,
        "n_lines": len(lines),
        "total": sum(line.amount for line in lines),
    }
    rows = [
        {"id": desk.next_line + n, "entry_id": entry["id"], "n": n + 1, **vars(line)}
        for n, line in enumerate(lines)
    ]
    if desk.before is not None:
        return _posted_before(session, desk.before, entry, rows)
    entry["hash"] = _hash(desk.last_hash, entry, rows)
    connection = session.connection()
    try:
        connection.execute(_INSERT_LINES, rows)
        connection.execute(_INSERT_ENTRY, [entry])
    except IntegrityError as error:
        raise refusals.kindly(error) from error
    posted = Posted(desk.last_entry + 1, desk.kind, series, no, already=False)
    telling.entry_posted(session, actor, entry, posted.document, lines)
    return posted


def _placed(lines: Sequence[NewLine], students: Mapping[int, refusals.Placed]) -> list[NewLine]:
    placed = []
    for line in lines:
        now = students[line.student_id]
        placed.append(replace(line, class_id=now.class_id, term_id=line.term_id or now.term_id))
    return placed


def _hash(previous: str, entry: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    values = {**entry, "at": moment_text(entry["at"])}
    return entry_hash(
        previous,
        [values[name] for name in ENTRY_HASHED],
        [[row[name] for name in LINE_HASHED] for row in rows],
    )


def _posted_before(
    session: Session, before: Row[Any], entry: dict[str, Any], rows: Sequence[dict[str, Any]]
) -> Posted:
    posted = Posted(before.id, before.kind, before.series, before.no, already=True)
    held = session.execute(select(_line).where(_line.c.entry_id == before.id).order_by(_line.c.n)).all()
    same = all(getattr(before, name) == entry[name] for name in _SAME) and (
        [[getattr(line, name) for name in _SAME_LINE] for line in held]
        == [[row[name] for name in _SAME_LINE] for row in rows]
    )
    if not same:
        kind, day = wording.KIND_NAMES[before.kind].lower(), wording.day(before.date)
        name = posted.document or f"the {kind} of {day}"
        raise RequestReused(
            f"This form was already used for {name}, which stays as it is. Start a new one.",
            entry_id=before.id,
        )
    return posted
