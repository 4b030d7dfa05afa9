"""What runs have posted, and how a run is taken back as one: every entry reversed, in small chunks."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, cast, func, select, update
from sqlalchemy.orm import Session, aliased

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import NotFound, RuleBroken
from school.fees.models import Run, RunEntry
from school.ledger.batch import NewEntry, post_all
from school.ledger.models import Account, Entry, Line
from school.ledger.posting import authorise
from school.ledger.refusals import TERM, why
from school.ledger.rules import NewLine, mirror
from school.students import queries as students
from school.students.models import Term, Year

CHUNK = 60  # entries a transaction
CHUNK_MS, CHUNK_LEAST, CHUNK_MOST = 100, 20, 400


@dataclass(frozen=True)
class RunFacts:
    """`entries` were posted, of them `reversed` taken back; `total` is what those that stand come to.

    While the run is taken back, all its entries from `undone_from` on are.
    """

    id: int
    kind: str
    term: str
    term_id: int | None
    date: dt.date
    details: dict[str, Any]
    at: dt.datetime
    actor: str
    finished_at: dt.datetime | None
    undone_at: dt.datetime | None
    undone_by: str | None
    undone_reason: str | None
    students: int
    entries: int
    reversed: int
    total: int
    undone_from: int | None = None

    @property
    def waits(self) -> bool:
        """Begun, or begun to be taken back, and not yet done with."""
        if self.undone_at is not None:
            return self.reversed < self.entries
        return self.finished_at is None


@dataclass
class Pace:
    """How large the next chunk is, so that it takes about CHUNK_MS: a cashier waits for one chunk."""

    size: int = CHUNK_LEAST

    @contextmanager
    def chunk(self, session: Session) -> Iterator[int]:
        """So many at once. What was waited for other writers is not the chunk's own time."""
        one_writer(session)
        began = time.perf_counter_ns()
        yield self.size
        took_ms = max(1, (time.perf_counter_ns() - began) // 1_000_000)
        self.size = max(CHUNK_LEAST, min(CHUNK_MOST, self.size * CHUNK_MS // took_ms, 2 * self.size))


def runs(session: Session, *, kind: str, limit: int | None = None) -> list[RunFacts]:
    """Latest first."""
    ids = session.scalars(select(Run.id).where(Run.kind == kind).order_by(Run.id.desc()).limit(limit)).all()
    return _facts(session, ids)


def run(session: Session, run_id: int) -> RunFacts:
    """Raises NotFound."""
    found = _facts(session, [run_id])
    if not found:
        raise NotFound("There is no such run.", field="run")
    return found[0]


def run_of_request(session: Session, request_id: str) -> int | None:
    return session.scalar(select(Run.id).where(Run.request_id == request_id))


def undo(session: Session, *, actor: Actor, run_id: int, reason: str) -> None:
    """Decide that a run is taken back; nothing is reversed yet, and the run posts nothing more.

    Raises RuleBroken for one that was taken back before, BadInput without a reason.
    """
    authorise(session, actor, "billing.run")
    held = run(session, run_id)
    if held.undone_at is not None:
        raise RuleBroken(f"This run was taken back by {held.undone_by} already.", field="run")
    reason = why(reason)
    session.execute(
        update(Run)
        .where(Run.id == run_id)
        .values(undone_at=clock.now(), undone_by=actor.name, undone_reason=reason)
    )
    audit.record(
        session,
        actor=actor,
        event=events.RUN_UNDONE,
        subject=f"run:{run_id}",
        before={"entries": held.entries - held.reversed},
        after={"entries": 0},
        reason=reason,
    )


def undo_on(
    session: Session,
    *,
    actor: Actor,
    run_id: int,
    so_far: RunFacts | None = None,
    entries_max: int = CHUNK,
) -> RunFacts:
    """Reverse the next entries of a run that is taken back, the last posted first; today is their date.

    `so_far` is what the call before has answered: then nothing is counted anew until the end. What somebody
    reversed by hand stays as it is. Raises RuleBroken for a run that is not taken back.
    """
    authorise(session, actor, "billing.run")
    held = run(session, run_id) if so_far is None else so_far
    reason = session.scalar(select(Run.undone_reason).where(Run.id == run_id))
    if reason is None:
        raise RuleBroken("This run is not taken back: say first that it shall be.", field="run")
    waiting = _standing(session, run_id, held.undone_from, entries_max)
    lines = _mirrors(session, waiting)
    reversals = [
        NewEntry("reversal", f"undo:{entry_id}:{run_id}", lines[entry_id], reverses=entry_id, reason=reason)
        for entry_id in waiting
    ]
    post_all(session, actor=actor, entries=reversals)
    if len(waiting) < entries_max:
        return run(session, run_id)
    return replace(
        held,
        undone_from=min(waiting),
        reversed=held.reversed + len(waiting),
        total=held.total - sum(waiting.values()),
    )


def _standing(session: Session, run_id: int, before: int | None, entries_max: int) -> dict[int, int]:
    """The last entries of a run that were not reversed, and what each comes to."""
    mirror_of = aliased(Entry)
    query = (
        select(RunEntry.entry_id, Entry.total)
        .join(Entry, Entry.id == RunEntry.entry_id)
        .outerjoin(mirror_of, mirror_of.reverses == RunEntry.entry_id)
        .where(RunEntry.run_id == run_id, mirror_of.id.is_(None))
        .order_by(RunEntry.entry_id.desc())
        .limit(entries_max)
    )
    if before is not None:
        query = query.where(RunEntry.entry_id < before)
    return {entry_id: total for entry_id, total in session.execute(query)}  # noqa: C416


def _mirrors(session: Session, entry_ids: Iterable[int]) -> dict[int, list[NewLine]]:
    term_id = session.scalar(select(TERM), {"day": students.today(session)})
    found: dict[int, list[NewLine]] = {}
    for entry_id, line_id, type_, *line in session.execute(
        select(
            Line.entry_id, Line.id, Account.type, *(getattr(Line, field.name) for field in fields(NewLine))
        )
        .join(Account, Account.code == Line.account)
        .where(Line.entry_id.in_(list(entry_ids)))
        .order_by(Line.id)
    ):
        mirrored = mirror(NewLine(*line), line_id, money_moves=type_ == "tender", term_id=term_id)
        found.setdefault(entry_id, []).append(mirrored)
    return found


@lru_cache
def _runs() -> Any:
    """These alone are counted: runs of many years are many entries."""
    undone, entry = aliased(Entry), aliased(Entry)
    counted = (
        select(
            RunEntry.run_id.label("run_id"),
            func.count(RunEntry.student_id.distinct()).label("students"),
            func.count(entry.id).label("entries"),
            func.count(undone.id).label("reversed"),
            func.sum(entry.total).filter(undone.id.is_(None)).label("total"),
        )
        .join(entry, entry.id == RunEntry.entry_id)
        .outerjoin(undone, undone.reverses == entry.id)
        .where(RunEntry.run_id.in_(bindparam("ids", expanding=True)))
        .group_by(RunEntry.run_id)
        .subquery()
    )
    return (
        select(
            Run.id,
            Run.kind,
            func.coalesce(Term.name + " " + Year.name, ""),
            Run.term_id,
            Run.date,
            Run.details,
            Run.at,
            Run.actor,
            Run.finished_at,
            Run.undone_at,
            Run.undone_by,
            Run.undone_reason,
            func.coalesce(counted.c.students, 0),
            func.coalesce(counted.c.entries, 0),
            func.coalesce(counted.c.reversed, 0),
            cast(func.coalesce(counted.c.total, 0), BigInteger),
        )
        .outerjoin(Term, Term.id == Run.term_id)
        .outerjoin(Year, Year.id == Term.year_id)
        .outerjoin(counted, counted.c.run_id == Run.id)
        .where(Run.id.in_(bindparam("ids", expanding=True)))
        .order_by(Run.id.desc())
    )


def _facts(session: Session, ids: Sequence[int]) -> list[RunFacts]:
    rows: Iterable[Any] = session.execute(_runs(), {"ids": ids})
    return [RunFacts(*row) for row in rows]
