"""Writers of limits, approvals and corrections, see `writers`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.approvals import service as approvals
from school.approvals.models import Approval
from school.ledger import service as ledger
from school.students import policies
from tests import make
from tests.security.writers import World, Writer


def own(session: Session, actor: Actor, about: World) -> int:
    """A write-off this person has asked for, whoever may ask."""
    asked = Approval(
        request_id=make.request_id(),
        kind="write_off",
        student_id=about.student,
        amount=6_000,
        details={},
        reason="moved away",
        asked_at=clock.now(),
        asked_by_id=actor.user_id,
        asked_by=actor.name,
    )
    session.add(asked)
    session.flush()
    return asked.id


WRITERS: dict[str, Writer] = {
    "school.approvals.service.approve": Writer(
        "approvals.decide", lambda s, a, w: approvals.approve(s, actor=a, approval_id=w.asked)
    ),
    "school.approvals.service.record": Writer(
        "write_offs.record",
        lambda s, a, w: approvals.record(
            s,
            "write_off",
            actor=a,
            request_id=make.request_id(),
            student_id=w.student,
            reason="moved away",
            amount_minor=100,
        ),
    ),
    "school.approvals.service.refuse": Writer(
        "approvals.decide",
        lambda s, a, w: approvals.refuse(s, actor=a, approval_id=w.asked, reason="they pay next week"),
    ),
    "school.approvals.service.withdraw": Writer(
        "profile.own",  # it is their own request, whatever else they may do by now
        lambda s, a, w: approvals.withdraw(s, actor=a, approval_id=own(s, a, w), reason="the wrong child"),
    ),
    "school.ledger.service.bounced.bounce": Writer(
        "payments.reverse",
        lambda s, a, w: ledger.bounce(
            s, actor=a, request_id=make.request_id(), entry_id=w.payment, reason="bounced", fee_minor=500
        ),
    ),
    "school.ledger.service.reallocation.reallocate": Writer(
        "transfers.record",
        lambda s, a, w: ledger.reallocate(
            s,
            actor=a,
            request_id=make.request_id(),
            student_id=w.student,
            receipt=w.receipt,
            pays=w.charge,
            amount_minor=100,
            reason="for the books",
        ),
    ),
    "school.students.policies.change_policies": Writer(
        "settings.manage",
        lambda s, a, w: policies.change_policies(s, actor=a, values={"write_off_limit": 50_000}),
    ),
}
