"""A scheme given to a student: asked for, approved by another person where the scheme says so, ended.

Nothing is posted here: the next billing run gives what is in force and was not given yet. Ending a grant
takes nothing back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import AlreadyDecided, BadDate, BadInput, NotAllowed, NotFound, RequestReused, RuleBroken
from school.fees.models import ConcessionScheme, Grant
from school.fees.schemes import check_part, rates_of
from school.ledger.models import Account
from school.ledger.posting import REQUEST_ID_LENGTHS, authorise
from school.ledger.refusals import why
from school.ledger.wording import day
from school.students import queries as students


@dataclass(frozen=True)
class Asked:
    """The grant a request made, and whether it waits for somebody's approval."""

    grant_id: int
    waiting: bool


WAITING, GRANTED, REFUSED, ENDED = "waiting", "granted", "refused", "ended"


def request(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    scheme: str,
    reason: str,
    valid_from: dt.date,
    valid_until: dt.date | None = None,
    head: str | None = None,
    share_bp: int | None = None,
    amount_minor: int | None = None,
) -> Asked:
    """Give a scheme to a student, or ask for it where it needs approval; the same request twice is one.

    A share or an amount of its own stands in for what the scheme gives. Raises NotFound, BadInput, BadDate,
    and RuleBroken where the student has the scheme already.
    """
    authorise(session, actor, "concessions.grant")
    asked = {
        "student_id": student_id,
        "scheme": scheme,
        "head": head,
        "share_bp": share_bp,
        "amount": amount_minor,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "reason": why(reason),
    }
    before = _asked_before(session, request_id, asked)
    if before is not None:
        return Asked(before.id, before.state == WAITING)
    kept = _scheme(session, scheme)
    student = students.student(session, student_id)
    if head or share_bp is not None or amount_minor is not None:
        check_part(session, head, share_bp, amount_minor)
    elif not rates_of(session, scheme):
        raise BadInput("This scheme has no rates: give a percentage or an amount.", field="amount")
    if valid_until is not None and valid_until < valid_from:
        raise BadDate("The last day lies before the first.", field="valid_until")
    _refuse_second(session, student.name, asked)
    state = WAITING if kept.needs_approval else GRANTED
    row = {**asked, "request_id": request_id, "state": state, "at": clock.now()}
    who = {"actor_id": actor.user_id, "actor": actor.name}
    grant_id = session.scalars(insert(Grant).returning(Grant.id), [{**row, **who}]).one()
    after = {**{k: v.isoformat() if isinstance(v, dt.date) else v for k, v in asked.items()}, "state": state}
    _record(session, actor, events.GRANT_REQUESTED, grant_id, None, after, None)
    return Asked(grant_id, state == WAITING)


def approve(session: Session, *, actor: Actor, grant_id: int, reason: str = "") -> None:
    """By another person than the one who asked. Raises NotAllowed, NotFound, RuleBroken where it is."""
    authorise(session, actor, "approvals.decide")
    _decide(session, actor, grant_id, GRANTED, reason.strip() or None)


def refuse(session: Session, *, actor: Actor, grant_id: int, reason: str) -> None:
    """By another person, who says why. Raises as `approve`."""
    authorise(session, actor, "approvals.decide")
    _decide(session, actor, grant_id, REFUSED, why(reason))


def end(session: Session, *, actor: Actor, grant_id: int, on: dt.date, reason: str) -> None:
    """The last day on which the grant counts, for the terms of which it counts at all; one that still waits
    never counts. Raises NotFound, and RuleBroken where it is over already.
    """
    authorise(session, actor, "concessions.grant")
    grant = _grant(session, grant_id)
    if grant.state not in (WAITING, GRANTED):
        raise RuleBroken("This grant is over already.", field="grant")
    never = grant.valid_from - dt.timedelta(days=1)
    last = never if grant.state == WAITING else max(on, never)
    _move(session, actor, grant, events.GRANT_ENDED, why(reason), {"state": ENDED, "ended_on": last})


def withdraw(session: Session, *, actor: Actor, grant_id: int, reason: str) -> None:
    """By who asked, whatever else they may do by now, before anybody has decided: it never counts.

    Raises NotFound, NotAllowed for what another has asked for, RuleBroken where it is decided.
    """
    authorise(session, actor, "profile.own")
    grant = _grant(session, grant_id)
    if not _is_own(grant, actor):
        raise NotAllowed(f"{grant.actor} asked for this grant: approve it, or refuse it.", field="grant")
    if grant.state != WAITING:
        raise _decided_already(grant)
    never = grant.valid_from - dt.timedelta(days=1)
    _move(session, actor, grant, events.GRANT_ENDED, why(reason), {"state": ENDED, "ended_on": never})


def _is_own(grant: Grant, actor: Actor) -> bool:
    return (grant.actor_id, grant.actor) == (actor.user_id, actor.name)


def _decided_already(grant: Grant) -> AlreadyDecided:
    if grant.decided_by:
        did = "refused" if grant.state == REFUSED else "approved"
        return AlreadyDecided(f"{grant.decided_by} {did} this grant already.", field="grant")
    over = "is over" if grant.state == ENDED else "counts"
    return AlreadyDecided(f"This grant {over} already.", field="grant")


def _decide(session: Session, actor: Actor, grant_id: int, state: str, reason: str | None) -> None:
    grant = _grant(session, grant_id)
    if grant.state != WAITING:
        raise _decided_already(grant)
    if _is_own(grant, actor):
        raise NotAllowed("You asked for this grant yourself: another person decides.", field="grant")
    event = events.GRANT_APPROVED if state == GRANTED else events.GRANT_REFUSED
    new = {
        "state": state,
        "decided_at": clock.now(),
        "decided_by_id": actor.user_id,
        "decided_by": actor.name,
        "decision_reason": reason,
    }
    _move(session, actor, grant, event, reason, new)


def _move(
    session: Session, actor: Actor, grant: Grant, event: str, reason: str | None, new: dict[str, Any]
) -> None:
    before = {"student_id": grant.student_id, "scheme": grant.scheme, "state": grant.state}
    after = {**before, "state": new["state"]}
    if new.get("ended_on"):
        after["ended_on"] = new["ended_on"].isoformat()
    session.execute(update(Grant).where(Grant.id == grant.id).values(**new))
    _record(session, actor, event, grant.id, before, after, reason)


def _record(
    session: Session,
    actor: Actor,
    event: str,
    grant_id: int,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    reason: str | None,
) -> None:
    audit.record(
        session,
        actor=actor,
        event=event,
        subject=f"grant:{grant_id}",
        before=before,
        after=after,
        reason=reason,
    )


def _asked_before(session: Session, request_id: str, asked: dict[str, Any]) -> Grant | None:
    if len(request_id) not in REQUEST_ID_LENGTHS:
        raise BadInput("This form has lost its request id. Open the page anew and enter it again.")
    held = session.scalar(select(Grant).where(Grant.request_id == request_id))
    if held is not None and any(getattr(held, name) != value for name, value in asked.items()):
        raise RequestReused(
            "This form was already used for a grant, which stays as it is. Start a new one.", entry_id=0
        )
    return held


def _scheme(session: Session, scheme: str) -> ConcessionScheme:
    kept = session.get(ConcessionScheme, scheme)
    account = session.get(Account, scheme)
    if kept is None or account is None:
        raise NotFound("Choose a scheme.", field="scheme")
    if kept.kind == "sibling":
        raise RuleBroken(f"{account.name} applies by itself: nobody is granted it.", field="scheme")
    if not (kept.active and account.active):
        raise RuleBroken(f"{account.name} is no longer in use: choose another.", field="scheme")
    return kept


def _refuse_second(session: Session, name: str, asked: dict[str, Any]) -> None:
    """One grant of a scheme for a student and a fee head at a time, or a press too many gives it twice."""
    query = select(Grant.valid_from).where(
        Grant.student_id == asked["student_id"],
        Grant.scheme == asked["scheme"],
        Grant.state.in_((WAITING, GRANTED)),
        or_(Grant.valid_until.is_(None), Grant.valid_until >= asked["valid_from"]),
    )
    if asked["valid_until"] is not None:
        query = query.where(Grant.valid_from <= asked["valid_until"])
    if asked["head"] is not None:
        query = query.where(or_(Grant.head.is_(None), Grant.head == asked["head"]))
    since = session.scalar(query.limit(1))
    if since is not None:
        raise RuleBroken(
            f"{name} has this scheme already, from {day(since)} on: end that grant first.", field="scheme"
        )


def _grant(session: Session, grant_id: int) -> Grant:
    grant = session.get(Grant, grant_id)
    if grant is None:
        raise NotFound("There is no such grant.", field="grant")
    return grant
