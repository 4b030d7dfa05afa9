"""The billing run of a term: begun once, posted in small chunks, finished whoever goes on with it.

Each chunk decides on what it reads under the writers' lock, so what another run, another person or the same
run before an interruption has charged is charged already. The request id of a bill names term, student and
how many entries runs posted for the student before: the database itself takes none of them twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import add_rows
from school.errors import BadInput, NotFound, RequestReused, RuleBroken
from school.fees import queries, runs
from school.fees.bills import Bill, Told, bills
from school.fees.lines import entries
from school.fees.models import Run, RunEntry
from school.ledger import queries as ledger
from school.ledger.batch import post_all
from school.ledger.posting import authorise
from school.ledger.refusals import check_date
from school.students import queries as students
from school.students.models import Student
from school.students.queries import TermFacts

CHUNK = 100  # students a transaction: some hundredths of a second, in which a cashier waits


@dataclass(frozen=True)
class Progress:
    """`after` is the family through which the run has come; `is_finished` once there is no further one."""

    run_id: int
    after: int
    done: int
    students: int
    is_finished: bool


def begin(session: Session, *, actor: Actor, request_id: str, told: Told) -> int:
    """Say what shall be run; the id of the run. Nothing is charged yet. A request begun before is that run.

    Raises BadDate and PeriodLocked for a date that takes no entries, NotFound for a term or a class that is
    not there, RuleBroken where another run of the term waits to be finished.
    """
    authorise(session, actor, "billing.run")
    details = _details(told)
    held = session.execute(select(Run).where(Run.request_id == request_id)).scalar_one_or_none()
    if held is not None:
        if (held.term_id, held.date, {**held.details, "students": None}) != (
            told.term_id,
            told.date,
            {**details, "students": None},
        ):
            raise RequestReused("This form was already used for another run. Start a new one.", entry_id=0)
        return held.id
    tariff = queries.tariff(session, told.term_id)
    _check(session, actor, told, tariff)
    details["students"] = queries.count_pupils(session, tariff.term, class_ids=told.class_ids)
    run = Run(
        request_id=request_id,
        kind="billing",
        term_id=told.term_id,
        date=told.date,
        details=details,
        at=clock.now(),
        actor_id=actor.user_id,
        actor=actor.name,
    )
    session.add(run)
    session.flush()
    after = {"term": f"{tariff.term.name} {tariff.term.year_name}", "date": told.date.isoformat(), **details}
    audit.record(session, actor=actor, event=events.RUN_BEGUN, subject=f"run:{run.id}", after=after)
    return run.id


def go_on(
    session: Session,
    *,
    actor: Actor,
    run_id: int,
    so_far: Progress | None = None,
    students_max: int = CHUNK,
) -> Progress:
    """Post the next chunk of a run; `so_far` is how far the caller has come. Once finished it posts nothing.

    What is posted after the day of the run was closed is dated today. Raises RuleBroken for a run taken back.
    """
    authorise(session, actor, "billing.run")
    run = _run(session, run_id)
    told, size = _told(run), int(run.details["students"])
    if run.finished_at is not None:
        return Progress(run.id, 0, size, size, is_finished=True)
    tariff = queries.tariff(session, told.term_id)
    now = _come_to(session, run, told, tariff.term, so_far)
    pupils = queries.next_pupils(
        session, tariff.term, after=now.after, students_max=students_max, class_ids=told.class_ids
    )
    if not pupils:
        return _finish(session, actor, run, now)
    found = bills(session, told, tariff, pupils)
    _post(session, actor, run, _still_open(session, told), tariff.term, found)
    return replace(now, after=pupils[-1].family_id, done=min(now.done + len(found), size))


def _come_to(session: Session, run: Run, told: Told, term: TermFacts, so_far: Progress | None) -> Progress:
    """As far as the caller has come, or as whoever has come further."""
    reached = _reached(session, run.id)
    if so_far is not None and reached <= so_far.after:
        return so_far
    done = 0
    if reached:
        done = queries.count_pupils(session, term, class_ids=told.class_ids, through=reached)
    size = int(run.details["students"])
    return Progress(run.id, reached, min(done, size), size, is_finished=False)


def _finish(session: Session, actor: Actor, run: Run, now: Progress) -> Progress:
    posted = runs.finish(session, run.id)
    audit.record(
        session, actor=actor, event=events.RUN_FINISHED, subject=f"run:{run.id}", after={"entries": posted}
    )
    return replace(now, done=now.students, is_finished=True)


def _details(told: Told) -> dict[str, Any]:
    """As JSON has them; term and date are the run's own."""
    found = {**asdict(told), "due_date": told.due_date.isoformat()}
    found["class_ids"] = None if told.class_ids is None else sorted(told.class_ids)
    return {name: value for name, value in found.items() if name not in ("term_id", "date")}


def _told(run: Run) -> Told:
    details, classes = run.details, run.details["class_ids"]
    if run.term_id is None:
        raise NotFound("There is no such billing run.", field="run")
    return Told(
        run.term_id,
        run.date,
        dt.date.fromisoformat(details["due_date"]),
        None if classes is None else tuple(classes),
        bool(details["credit_notes"]),
        bool(details["by_hand"]),
    )


def _check(session: Session, actor: Actor, told: Told, tariff: queries.Tariff) -> None:
    check_date(told.date, students.today(session), ledger.locked_through(session))
    if not tariff.heads:
        raise RuleBroken("There is no fee head yet: say first what is charged for.", field="term")
    known = {one.id for one in students.classes(session)}
    if told.class_ids is not None and (not told.class_ids or not known.issuperset(told.class_ids)):
        raise BadInput("Choose at least one class.", field="classes")
    runs.check_none_waits(session, actor, "billing", told.term_id)


def _run(session: Session, run_id: int) -> Run:
    run = session.execute(select(Run).where(Run.id == run_id, Run.kind == "billing")).scalar_one_or_none()
    if run is None:
        raise NotFound("There is no such billing run.", field="run")
    if run.undone_at is not None:
        raise RuleBroken("This run was taken back: begin a new one.", field="run")
    return run


def _reached(session: Session, run_id: int) -> int:
    """The last family for which this run has posted; families are billed in the order of their ids."""
    last = select(func.max(RunEntry.entry_id)).where(RunEntry.run_id == run_id).scalar_subquery()
    return (
        session.scalar(
            select(Student.family_id)
            .join(RunEntry, RunEntry.student_id == Student.id)
            .where(RunEntry.entry_id == last)
        )
        or 0
    )


def _still_open(session: Session, told: Told) -> Told:
    locked = ledger.locked_through(session)
    if locked is None or told.date > locked:
        return told
    return replace(told, date=students.today(session))


def _post(
    session: Session, actor: Actor, run: Run, told: Told, term: TermFacts, found: Sequence[Bill]
) -> None:
    posted = list(entries(found, told, term))
    ids = post_all(session, actor=actor, entries=[entry for _, entry in posted], date=told.date)
    rows = [
        {"entry_id": entry_id, "run_id": run.id, "student_id": student_id}
        for entry_id, (student_id, _) in zip(ids, posted, strict=True)
    ]
    add_rows(session, RunEntry, rows)
