"""What runs have posted, and what of it was reversed since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from school.errors import NotFound
from school.fees.models import Run, RunEntry
from school.ledger.models import Entry
from school.ledger.queries.allocation import whole
from school.students.models import Term, Year


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


@lru_cache
def _runs() -> Any:
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
            Run.students,
            Run.entries,
            Run.reversed,
            Run.total,
        )
        .outerjoin(Term, Term.id == Run.term_id)
        .outerjoin(Year, Year.id == Term.year_id)
        .where(Run.id.in_(bindparam("ids", expanding=True)))
        .order_by(Run.id.desc())
    )


@lru_cache
def _counted() -> Any:
    """(run, students, entries, reversed, what stands) from each entry of these runs: they may be many."""
    undone, entry = aliased(Entry), aliased(Entry)
    return (
        select(
            RunEntry.run_id,
            func.count(RunEntry.student_id.distinct()),
            func.count(entry.id),
            func.count(undone.id),
            whole(func.coalesce(func.sum(entry.total).filter(undone.id.is_(None)), 0)),
        )
        .join(entry, entry.id == RunEntry.entry_id)
        .outerjoin(undone, undone.reverses == entry.id)
        .where(RunEntry.run_id.in_(bindparam("ids", expanding=True)))
        .group_by(RunEntry.run_id)
    )


@lru_cache
def _taken_back() -> Any:
    """(run, entries, amount) of these runs that were reversed by hand, found from the few reversals.

    A join to the entries of the run instead would have the database go through them all.
    """
    undone = aliased(Entry)
    of_run = select(RunEntry.run_id).where(RunEntry.entry_id == undone.reverses).scalar_subquery()
    first, last = (
        select(end(RunEntry.entry_id)).where(RunEntry.run_id == Run.id).correlate(Run).scalar_subquery()
        for end in (func.min, func.max)
    )
    return (
        select(Run.id, func.count(undone.id), whole(-func.sum(undone.total)))
        .select_from(Run)
        .join(undone, undone.reverses.between(first, last))
        .where(Run.id.in_(bindparam("ids", expanding=True)), of_run == Run.id)
        .group_by(Run.id)
    )


def _facts(session: Session, ids: Sequence[int]) -> list[RunFacts]:
    """What is done with was recorded then; the entries of the others are counted."""
    rows: Iterable[Any] = session.execute(_runs(), {"ids": ids})
    found = [RunFacts(*row) for row in rows]
    going_on = [one.id for one in found if not _is_recorded(one)]
    stand = [one.id for one in found if _is_recorded(one) and one.undone_at is None]
    counted = {row[0]: row[1:] for row in session.execute(_counted(), {"ids": going_on})} if going_on else {}
    back = {row[0]: row[1:] for row in session.execute(_taken_back(), {"ids": stand})} if stand else {}
    for at, one in enumerate(found):
        if one.id in going_on:
            students, entries, reversed_, stands = counted.get(one.id, (0, 0, 0, 0))
            found[at] = replace(one, students=students, entries=entries, reversed=reversed_, total=stands)
        elif one.undone_at is None:
            reversed_, amount = back.get(one.id, (0, 0))
            found[at] = replace(one, reversed=reversed_, total=one.total - amount)
        else:
            found[at] = replace(one, total=0)
    return found


def _is_recorded(run: RunFacts) -> bool:
    """`_runs` gives None for what is not known yet."""
    known: Any = run.entries if run.undone_at is None else run.reversed
    return known is not None
