"""Above a limit of the school's, what is given away or given up takes a second person.

What one asked for and another approves is recorded as the deed of who asked: it is their till that pays back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from school import clock
from school.access.rules import Actor
from school.errors import NeedsApproval, NotAllowed
from school.ledger import refusals
from school.ledger.models import Entry, Line
from school.ledger.posting import Desk, authorise
from school.ledger.queries.allocation import total
from school.ledger.rules import NewLine
from school.money import show
from school.students import policies
from school.students import queries as students

POLICIES = {
    "write_off": policies.WRITE_OFF_LIMIT,
    "refund": policies.REFUND_LIMIT,
    "credit_note": policies.CREDIT_NOTE_LIMIT,
    "concession": policies.CONCESSION_LIMIT,
}
NAMES = {
    "write_off": "write-offs",
    "refund": "refunds",
    "credit_note": "credit notes",
    "concession": "concessions",
}
APPROVED = "approval:"  # how the request ids of what was approved begin
NOT_BY_HAND = "%:%"  # the request ids of what was approved, and of what a run posted, are made of parts
TOGETHER = timedelta(days=1)  # what is recorded in parts within it counts as one


def authorise_asker(session: Session, asker: Actor, capability: str, approved_by: Actor | None) -> None:
    """The asker may do this; or `approved_by`, who is not the asker, decides that the asker may.

    Raises SignInNeeded and NotAllowed, also when the asker may no longer ask for it.
    """
    if approved_by is None:
        authorise(session, asker, capability)
        return
    authorise(session, approved_by, "approvals.decide")
    if approved_by.user_id == asker.user_id:
        raise NotAllowed("You asked for this yourself: another person decides.")
    if not asker.can(capability):
        raise NotAllowed(f"{asker.name} may not do this any more: refuse it, and say who may ask.")


def check(session: Session, desk: Desk, lines: Sequence[NewLine], approved_by: Actor | None) -> None:
    """Raises NeedsApproval above the limit, but first whatever else the books would refuse of the lines."""
    if approved_by is not None or desk.before is not None:
        return
    limit = policies.policy(session, POLICIES[desk.kind])
    if limit is None:
        return
    asked = sum(abs(line.amount) for line in lines)
    lately = sum(_lately(session, desk.kind, student) for student in {line.student_id for line in lines})
    if asked + lately <= limit:
        return
    refusals.check(session, desk.kind, desk.date, lines, desk.next_line)
    school = students.school(session)
    shown = [show(one, school.currency, school.locale) for one in (asked, lately, limit)]
    of_the_day = f" with {shown[1]} of the last day" if lately else ""
    raise NeedsApproval(
        f"{shown[0]}{of_the_day} is above the limit of {shown[2]} for {NAMES[desk.kind]}: "
        "ask for it on the student's page, and another person decides.",
        field="amount",
    )


def _lately(session: Session, kind: str, student_id: int) -> int:
    """What was recorded of this kind for the student within a day, by hand and without a second person."""
    later = aliased(Entry)
    query = (
        select(total(Line.amount))
        .join(Entry, Entry.id == Line.entry_id)
        .outerjoin(later, later.reverses == Entry.id)
        .where(
            Line.student_id == student_id,
            Entry.kind == kind,
            Entry.at > clock.now() - TOGETHER,
            Entry.request_id.not_like(NOT_BY_HAND),
            later.id.is_(None),
        )
    )
    return abs(session.scalars(query).one())
