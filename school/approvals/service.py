"""The only writer of approvals. Within the school's limit a correction is recorded at once; above it, it is
asked for, and another person approves it, which records it, or refuses it with a reason. Decided once; until
then who asked may withdraw it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access.queries import actor_of_user
from school.access.rules import COMMAND_LINE, Actor
from school.approvals.models import Approval
from school.audit import events
from school.audit import service as audit
from school.errors import AlreadyDecided, BadInput, NeedsApproval, NotAllowed, NotFound, RuleBroken
from school.ledger import limits, wording
from school.ledger import service as ledger
from school.ledger.posting import Posted, authorise
from school.ledger.refusals import amount, why
from school.ledger.service.credits import CAPABILITIES as OF_CREDITS
from school.students import queries as students

CAPABILITIES = {**OF_CREDITS, "refund": "refunds.record"}
DETAILS = {  # what the books are told besides student, amount and reason
    "write_off": {"pays"},
    "refund": {"tender"},
    "credit_note": {"account", "pays"},
    "concession": {"account", "pays"},
}
_POST: dict[str, Callable[..., Posted]] = {
    "write_off": ledger.write_off,
    "refund": ledger.refund,
    "credit_note": ledger.credit_note,
    "concession": ledger.concession,
}


@dataclass(frozen=True)
class Asked:
    """What waits for another person; `already` says that this form had asked for it before."""

    approval_id: int
    kind: str
    amount_minor: int
    already: bool


def record(
    session: Session,
    kind: str,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    reason: str,
    **details: Any,
) -> Posted | Asked:
    """Record a write-off, refund, credit note or concession, or ask for it where it is above the limit.

    Raises what the ledger raises; RuleBroken for a request id that asked for something else.
    """
    if kind not in CAPABILITIES or not details.keys() <= DETAILS[kind]:
        raise BadInput("Choose a write-off, a refund, a credit note or a concession.")
    authorise(session, actor, CAPABILITIES[kind])
    wanted = {
        "kind": kind,
        "student_id": student_id,
        "amount": amount(amount_minor),
        "details": {name: value for name, value in details.items() if value is not None},
        "reason": why(reason),
    }
    before = session.execute(select(Approval).where(Approval.request_id == request_id)).scalar_one_or_none()
    if before is not None:
        if any(getattr(before, name) != value for name, value in wanted.items()):
            raise RuleBroken("This form has asked for something else already. Start a new one.")
        return Asked(before.id, kind, amount_minor, already=True)
    try:
        return _post(session, wanted, actor=actor, request_id=request_id)
    except NeedsApproval:
        return _ask(session, actor, request_id, wanted)


def approve(session: Session, *, actor: Actor, approval_id: int) -> Posted:
    """Record what was asked for, as the deed of who asked, in the same transaction.

    Raises NotFound, AlreadyDecided, NotAllowed for one's own, and whatever the books refuse by now.
    """
    asked = _decidable(session, actor, approval_id)
    if asked.decision is not None and not (asked.decision == "approved" and _decided_by(asked, actor)):
        raise _decided_already(session, asked)
    wanted = {name: getattr(asked, name) for name in ("kind", "student_id", "amount", "details", "reason")}
    request_id = f"{limits.APPROVED}{approval_id}"
    posted = _post(session, wanted, actor=_asker(session, asked), request_id=request_id, approved_by=actor)
    if asked.decision is None:
        _decide(session, actor, asked, "approved", entry_id=posted.entry_id)
    return posted


def refuse(session: Session, *, actor: Actor, approval_id: int, reason: str) -> None:
    """Decide that it is not recorded, and say why. Raises as `approve` does."""
    asked = _decidable(session, actor, approval_id)
    said = why(reason)
    if asked.decision is None:
        _decide(session, actor, asked, "refused", reason=said)
    elif not (asked.decision == "refused" and _decided_by(asked, actor) and asked.decision_reason == said):
        raise _decided_already(session, asked)


def withdraw(session: Session, *, actor: Actor, approval_id: int, reason: str) -> None:
    """By who asked, whatever else they may do by now, before anybody has decided: it is not recorded, and
    says why. Raises NotFound, AlreadyDecided, NotAllowed for what another has asked for.
    """
    authorise(session, actor, "profile.own")
    asked = _waiting_or_decided(session, approval_id)
    if (asked.asked_by_id, asked.asked_by) != (actor.user_id, actor.name):
        raise NotAllowed(f"{asked.asked_by} asked for this: approve it, or refuse it with a reason.")
    said = why(reason)
    if asked.decision is None:
        _decide(session, actor, asked, "withdrawn", reason=said)
    elif asked.decision != "withdrawn":
        raise _decided_already(session, asked)


def _post(session: Session, wanted: dict[str, Any], **who: Any) -> Posted:
    return _POST[wanted["kind"]](
        session,
        student_id=wanted["student_id"],
        amount_minor=wanted["amount"],
        reason=wanted["reason"],
        **wanted["details"],
        **who,
    )


def _ask(session: Session, actor: Actor, request_id: str, wanted: dict[str, Any]) -> Asked:
    row = {
        **wanted,
        "request_id": request_id,
        "asked_at": clock.now(),
        "asked_by_id": actor.user_id,
        "asked_by": actor.name,
    }
    approval_id = session.scalars(insert(Approval).returning(Approval.id), [row]).one()
    audit.record(
        session,
        actor=actor,
        event=events.APPROVAL_ASKED,
        subject=f"approval:{approval_id}",
        after=wanted,
        reason=wanted["reason"],
    )
    return Asked(approval_id, wanted["kind"], wanted["amount"], already=False)


def _decidable(session: Session, actor: Actor, approval_id: int) -> Approval:
    authorise(session, actor, "approvals.decide")
    asked = _waiting_or_decided(session, approval_id)
    if asked.asked_by_id == actor.user_id:
        raise NotAllowed("You asked for this yourself: another person decides.")
    return asked


def _waiting_or_decided(session: Session, approval_id: int) -> Approval:
    asked = session.get(Approval, approval_id, populate_existing=True)
    if asked is None:
        raise NotFound("There is no such request for approval.")
    return asked


def _decided_by(asked: Approval, actor: Actor) -> bool:
    return asked.decided_by_id == actor.user_id and asked.decided_by == actor.name


def _decided_already(session: Session, asked: Approval) -> AlreadyDecided:
    when = asked.decided_at or clock.now()
    day = wording.day(when.astimezone(ZoneInfo(students.school(session).time_zone)).date())
    did = "withdrew" if asked.decision == "withdrawn" else asked.decision
    return AlreadyDecided(f"{asked.decided_by} {did} this on {day} already.")


def _asker(session: Session, asked: Approval) -> Actor:
    """Who asked, with the roles of this moment. Raises NotAllowed for somebody who may no longer sign in."""
    if asked.asked_by_id is None:
        return COMMAND_LINE
    found = actor_of_user(session, asked.asked_by_id)
    if found is None:
        raise NotAllowed(f"{asked.asked_by} may not sign in any more: refuse it, and ask for it anew.")
    return found


def _decide(
    session: Session,
    actor: Actor,
    asked: Approval,
    decision: str,
    *,
    reason: str | None = None,
    entry_id: int | None = None,
) -> None:
    values = {
        "decision": decision,
        "decided_at": clock.now(),
        "decided_by_id": actor.user_id,
        "decided_by": actor.name,
        "decision_reason": reason,
        "entry_id": entry_id,
    }
    session.execute(update(Approval).where(Approval.id == asked.id).values(**values))
    audit.record(
        session,
        actor=actor,
        event=events.APPROVAL_DECIDED,
        subject=f"approval:{asked.id}",
        before={"decision": None},
        after={"decision": decision, "entry": entry_id},
        reason=reason,
    )
