"""What one student has chosen of the optional fee heads: the bus, meals, boarding."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import BadDate, BadInput, NotFound, RuleBroken
from school.fees import queries
from school.fees.costing import Days
from school.fees.models import StudentOption
from school.ledger.posting import authorise
from school.ledger.refusals import amount
from school.students import queries as students


def choose_option(
    session: Session,
    *,
    actor: Actor,
    student_id: int,
    account: str,
    from_on: dt.date,
    until_on: dt.date | None = None,
    amount_minor: int | None = None,
) -> int:
    """An optional fee head for one student, for some days and perhaps at an amount of its own; the id.

    Raises RuleBroken where the student has chosen the same for some of these days.
    """
    authorise(session, actor, "fees.manage")
    student = students.student(session, student_id)
    if not any(head.account == account and head.optional for head in queries.heads_in_use(session)):
        raise BadInput("Choose an optional fee head.", field="account")
    _check_days(from_on, until_on)
    days = Days(from_on, until_on)
    for held in queries.options(session, [student_id]).get(student_id, ()):
        if held.account == account and held.days.within(days):
            raise RuleBroken(
                f"{student.name} has this for some of these days already: end it first.", field="account"
            )
    row = {
        "student_id": student_id,
        "account": account,
        "from_on": from_on,
        "until_on": until_on,
        "amount": None if amount_minor is None else amount(amount_minor),
    }
    option_id = session.scalars(
        insert(StudentOption).returning(StudentOption.id), [{**row, "active": True}]
    ).one()
    after = {**row, "from_on": from_on.isoformat(), "until_on": until_on and until_on.isoformat()}
    audit.record(
        session, actor=actor, event=events.OPTION_CHOSEN, subject=f"student:{student_id}", after=after
    )
    return option_id


def end_option(session: Session, *, actor: Actor, option_id: int, until_on: dt.date | None) -> None:
    """The last day of an option; without one it was chosen by mistake and counts for no day at all."""
    authorise(session, actor, "fees.manage")
    held = session.get(StudentOption, option_id)
    if held is None or not held.active:
        raise NotFound("This option is not there any more.", field="option")
    if until_on is not None:
        _check_days(held.from_on, until_on)
    before = {"until_on": held.until_on and held.until_on.isoformat(), "active": True}
    new = {"active": False} if until_on is None else {"until_on": until_on}
    session.execute(update(StudentOption).where(StudentOption.id == option_id).values(**new))
    after = {**before, **new, **({"until_on": until_on.isoformat()} if until_on else {})}
    audit.record(
        session,
        actor=actor,
        event=events.OPTION_ENDED,
        subject=f"student:{held.student_id}",
        before={"account": held.account, **before},
        after={"account": held.account, **after},
    )


def _check_days(from_on: dt.date, until_on: dt.date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise BadDate("The last day cannot be before the first.", field="until_on")
