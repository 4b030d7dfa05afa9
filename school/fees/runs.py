"""How a run ends: finished, or taken back as one, every entry reversed, in small chunks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, aliased

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import RuleBroken
from school.fees.models import Run, RunEntry
from school.fees.run_facts import RunFacts, run, run_of_request, runs
from school.ledger.batch import NewEntry, post_all
from school.ledger.models import Account, Entry, Line
from school.ledger.posting import authorise
from school.ledger.queries.allocation import total
from school.ledger.refusals import TERM, why
from school.ledger.rules import NewLine, mirror
from school.ledger.wording import day
from school.students import queries as students

__all__ = [
    "Pace",
    "RunFacts",
    "check_none_waits",
    "finish",
    "run",
    "run_of_request",
    "runs",
    "undo",
    "undo_on",
]

CHUNK = 60  # entries a transaction
CHUNK_MS, CHUNK_LEAST, CHUNK_MOST = 100, 20, 400


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


def check_none_waits(session: Session, actor: Actor, kind: str, term_id: int | None = None) -> None:
    """Raises RuleBroken where such a run, of this term, is not finished or not wholly taken back."""
    alike = select(Run).where(Run.kind == kind, Run.term_id == term_id)
    name, about, field = ("run", " for this term", "term") if term_id else ("run of late fees", "", "run")
    waiting = session.scalars(alike.where(Run.finished_at.is_(None), Run.undone_at.is_(None))).first()
    if waiting is not None:
        own = (waiting.actor_id, waiting.actor) == (actor.user_id, actor.name)
        began = f"{'you' if own else waiting.actor} began{about} on {day(waiting.date)}"
        raise RuleBroken(f"The {name} that {began} is not finished: it goes on first.", field=field)
    undone = aliased(Entry)
    stands = exists().where(RunEntry.run_id == Run.id, ~exists().where(undone.reverses == RunEntry.entry_id))
    half = session.scalars(alike.where(Run.undone_at.is_not(None), stands)).first()
    if half is not None:
        sentence = f"The {name} of {day(half.date)}{about} is not wholly taken back: that goes on first."
        raise RuleBroken(sentence, field=field)


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
        return _undone(session, run(session, run_id))
    return replace(
        held,
        undone_from=min(waiting),
        reversed=held.reversed + len(waiting),
        total=held.total - sum(waiting.values()),
    )


def _undone(session: Session, held: RunFacts) -> RunFacts:
    posted = {} if held.finished_at else _posted(held.id)
    values = {"reversed": held.reversed, **posted}
    session.execute(update(Run).where(Run.id == held.id).values(values))
    return held


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
    return dict(session.execute(query).all())


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


def finish(session: Session, run_id: int) -> int:
    """Nothing more is posted by this run: what it has posted is recorded with it. So many entries."""
    session.execute(update(Run).where(Run.id == run_id).values(finished_at=clock.now(), **_posted(run_id)))
    return session.scalar(select(Run.entries).where(Run.id == run_id)) or 0


def _posted(run_id: int) -> dict[str, Any]:
    own = select(RunEntry).where(RunEntry.run_id == run_id)
    amount = select(total(Entry.total)).join(RunEntry, RunEntry.entry_id == Entry.id)
    return {
        "students": own.with_only_columns(func.count(RunEntry.student_id.distinct())).scalar_subquery(),
        "entries": own.with_only_columns(func.count()).scalar_subquery(),
        "total": amount.where(RunEntry.run_id == run_id).scalar_subquery(),
    }
