"""The run that charges late fees, and their waiving. It posts as a billing run does: in small chunks, each
under the writers' lock, resumed by whoever goes on with it, taken back as one by `runs`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school import clock, languages
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import add_rows
from school.errors import NotFound, RequestReused, RuleBroken
from school.fees import runs
from school.fees.late_fee_rules import rules_in_use
from school.fees.late_fees import Overdue, next_students, overdue
from school.fees.models import LateFeeLine, Run, RunEntry
from school.ledger import queries as ledger
from school.ledger.batch import NewEntry, post_all
from school.ledger.models import Line
from school.ledger.posting import authorise
from school.ledger.refusals import check_date
from school.ledger.rules import NewLine
from school.ledger.service.chart import LATE_FEES
from school.students.queries import school, today

CHUNK = 60  # students a transaction: some hundredths of a second, in which a cashier waits


@dataclass(frozen=True)
class Progress:
    """`after` is the student through whom the run has come; `charged` are the late fees of this chunk."""

    run_id: int
    after: int
    charged: int
    is_finished: bool


def begin(session: Session, *, actor: Actor, request_id: str, date: dt.date) -> int:
    """Say for which day late fees shall be charged; the id of the run. A request begun before is that run.

    Raises BadDate and PeriodLocked for a date that takes no entries, RuleBroken without a rule, and where
    another run waits to be finished or taken back.
    """
    authorise(session, actor, "billing.run")
    held = session.scalar(select(Run).where(Run.request_id == request_id))
    if held is not None:
        if (held.kind, held.date) != ("late_fee", date):
            raise RequestReused("This form was already used for another run. Start a new one.", entry_id=0)
        return held.id
    check_date(date, today(session), ledger.locked_through(session))
    rules = rules_in_use(session)
    if not rules:
        raise RuleBroken("There is no rule for late fees yet: say first what being late costs.", field="run")
    runs.check_none_waits(session, actor, "late_fee")
    details = {"rules": [rule.name for rule in rules]}
    run = Run(
        request_id=request_id,
        kind="late_fee",
        date=date,
        details=details,
        at=clock.now(),
        actor_id=actor.user_id,
        actor=actor.name,
    )
    session.add(run)
    session.flush()
    after = {"date": date.isoformat(), **details}
    audit.record(session, actor=actor, event=events.RUN_BEGUN, subject=f"run:{run.id}", after=after)
    return run.id


def go_on(
    session: Session, *, actor: Actor, run_id: int, after: int = 0, students_max: int = CHUNK
) -> Progress:
    """Post the next chunk; `after` is how far the caller has come, from the beginning where nobody knows:
    what was charged before is not charged again. Raises NotFound, RuleBroken for a run taken back.
    """
    authorise(session, actor, "billing.run")
    run = session.get(Run, run_id)
    if run is None or run.kind != "late_fee":
        raise NotFound("There is no such run of late fees.", field="run")
    if run.undone_at is not None:
        raise RuleBroken("This run was taken back: begin a new one.", field="run")
    if run.finished_at is not None:
        return Progress(run_id, after, 0, is_finished=True)
    students = next_students(session, through=run.date, after=after, count=students_max)
    if not students:
        return _finish(session, actor, run, after)
    locked = ledger.locked_through(session)
    date = run.date if locked is None or run.date > locked else today(session)
    found = overdue(session, through=run.date, students=students)
    return Progress(run_id, students[-1], _post(session, actor, run, date, found), is_finished=False)


def _finish(session: Session, actor: Actor, run: Run, after: int) -> Progress:
    posted = runs.finish(session, run.id)
    audit.record(
        session, actor=actor, event=events.RUN_FINISHED, subject=f"run:{run.id}", after={"entries": posted}
    )
    return Progress(run.id, after, 0, is_finished=True)


def _post(session: Session, actor: Actor, run: Run, date: dt.date, found: Sequence[Overdue]) -> int:
    of_student: defaultdict[int, list[Overdue]] = defaultdict(list)
    for one in found:
        of_student[one.student_id].append(one)
    if not of_student:
        return 0
    before = _entries_before(session, list(of_student))
    language = languages.of(school(session).locale)
    entries = [
        NewEntry(
            "late_fee",
            f"late_fee:{student_id}:{before.get(student_id, 0)}",
            [NewLine(student_id, LATE_FEES, one.fee.total, date, memo=one.memo(language)) for one in rows],
        )
        for student_id, rows in of_student.items()
    ]
    ids = post_all(session, actor=actor, entries=entries, date=date)
    posted = dict(zip(ids, of_student, strict=True))
    add_rows(
        session,
        RunEntry,
        [{"entry_id": e, "run_id": run.id, "student_id": student} for e, student in posted.items()],
    )
    _remember(session, run, posted, of_student)
    return len(found)


def _remember(
    session: Session, run: Run, posted: dict[int, int], of_student: dict[int, list[Overdue]]
) -> None:
    """For which charge each line is; lines stand in the order in which they were given."""
    rows = []
    for line_id, entry_id, n in session.execute(
        select(Line.id, Line.entry_id, Line.n).where(Line.entry_id.in_(posted)).order_by(Line.id)
    ):
        one = of_student[posted[entry_id]][n - 1]
        rows.append(
            {
                "line_id": line_id,
                "charge_id": one.charge_id,
                "rule_id": one.rule_id,
                "through": run.date,
                "flat": one.fee.flat,
                "interest": one.fee.interest,
            }
        )
    add_rows(session, LateFeeLine, rows)


def _entries_before(session: Session, student_ids: Sequence[int]) -> dict[int, int]:
    """How many entries runs of late fees have posted for each student, taken back or not."""
    query = (
        select(RunEntry.student_id, func.count())
        .join(Run, Run.id == RunEntry.run_id)
        .where(Run.kind == "late_fee", RunEntry.student_id.in_(student_ids))
        .group_by(RunEntry.student_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
