"""A grant given at once for terms that are billed, instead of by the next run of each.

What is given is what that run would give of the charges that stand, in the same rows, so that the run finds
it given. What it would charge besides, and forgive of that, waits for the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import add_rows
from school.errors import NotFound, RuleBroken
from school.fees import queries, runs
from school.fees.bills import Told, bills
from school.fees.concessions import is_in_force
from school.fees.lines import of_scheme
from school.fees.models import Grant, Run, RunEntry
from school.ledger import queries as ledger
from school.ledger.batch import NewEntry, post_all
from school.ledger.posting import authorise
from school.ledger.refusals import check_date
from school.students import queries as students
from school.students.queries import TermFacts


@dataclass(frozen=True)
class Gift:
    """What one term is given, in minor units."""

    term: TermFacts
    amount: int


def gifts(session: Session, grant_id: int) -> list[Gift]:
    """What `give` would give now, term by term. Raises NotFound."""
    return [Gift(term, _worth(entry)) for term, _, entry in _entries(session, _grant(session, grant_id))]


def give(session: Session, *, actor: Actor, grant_id: int) -> list[Gift]:
    """Post it; what was given is not given again.

    Raises NotFound, PeriodLocked, RuleBroken for a grant that does not count, and where a run of such a term
    waits to be finished or taken back.
    """
    authorise(session, actor, "billing.run")
    grant = _grant(session, grant_id)
    if grant.state not in ("granted", "ended"):
        raise RuleBroken("This grant does not count: it is not approved.", field="grant")
    check_date(students.today(session), students.today(session), ledger.locked_through(session))
    given, entry_ids = [], []
    for term, told, entry in _entries(session, grant):
        runs.check_none_waits(session, actor, "billing", term.id)
        entry_ids.append(_post(session, actor, grant, told, entry))
        given.append(Gift(term, _worth(entry)))
    if given:
        amounts = {f"{gift.term.name} {gift.term.year_name}": gift.amount for gift in given}
        audit.record(
            session,
            actor=actor,
            event=events.GRANT_GIVEN,
            subject=f"grant:{grant_id}",
            after={"student_id": grant.student_id, "scheme": grant.scheme, **amounts, "entries": entry_ids},
            reason=grant.reason,
        )
    return given


def _grant(session: Session, grant_id: int) -> Grant:
    grant = session.get(Grant, grant_id, populate_existing=True)
    if grant is None:
        raise NotFound("There is no such grant.", field="grant")
    return grant


def _entries(session: Session, grant: Grant) -> Iterator[tuple[TermFacts, Told, NewEntry]]:
    """For each term of the grant in which a run has charged the student: what is still to be given of it."""
    today = students.today(session)
    student = students.student(session, grant.student_id)
    for term in students.terms(session):
        if not is_in_force(grant, term.starts_on, term.ends_on):
            continue
        told = Told(term.id, today, today)
        tariff = queries.tariff(session, term.id)
        family = queries.next_pupils(
            session, tariff.term, after=student.family_id - 1, students_max=1, class_ids=None
        )
        for bill in bills(session, told, tariff, family):
            if bill.pupil.id == student.id:
                entry = of_scheme(bill, told, tariff.term, grant.scheme)
                if entry is not None:
                    yield term, told, entry


def _worth(entry: NewEntry) -> int:
    return -sum(line.amount for line in entry.lines)


def _post(session: Session, actor: Actor, grant: Grant, told: Told, entry: NewEntry) -> int:
    """A run of one student, begun and finished: it stands among the runs, and is taken back as they are."""
    run = Run(
        request_id=f"grant:{grant.id}:{entry.request_id}",
        kind="billing",
        term_id=told.term_id,
        date=told.date,
        details={"grant": grant.id, "students": 1},
        at=clock.now(),
        actor_id=actor.user_id,
        actor=actor.name,
    )
    session.add(run)
    session.flush()
    (entry_id,) = post_all(session, actor=actor, entries=[entry], date=told.date)
    add_rows(session, RunEntry, [{"entry_id": entry_id, "run_id": run.id, "student_id": grant.student_id}])
    runs.finish(session, run.id)
    return entry_id
