"""Mistakes are answered with more rows, and closed periods stay as they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import AlreadyReversed, BadDate, NotFound, RuleBroken
from school.ledger import queries, refusals, wording
from school.ledger.models import Account, Entry, Line, PeriodLock
from school.ledger.posting import Posted, authorise, open_desk, post
from school.ledger.queries.reallocations import reallocations
from school.ledger.refusals import why
from school.ledger.rules import NewLine, mirror
from school.students import queries as students

REQUEST_ID_KEPT = 80  # of the form's, in what it brings about besides

_LINES = (
    select(Line.id, Account.type, *(getattr(Line, field.name) for field in fields(NewLine)))
    .join(Account, Account.code == Line.account)
    .where(Line.entry_id == bindparam("entry_id"))
    .order_by(Line.n)
)


def reverse(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    entry_id: int,
    reason: str,
    date: dt.date | None = None,
) -> Posted:
    """Undo an entry by its mirror, once, and not before its date. Receipts keep their numbers.

    What re-allocated a receipt is taken back with it. Raises NotFound, AlreadyReversed, and RuleBroken for a
    reversal of a reversal.
    """
    original = session.execute(
        select(Entry.id, Entry.kind, Entry.date, Entry.series, Entry.no).where(Entry.id == entry_id)
    ).one_or_none()
    kind = original.kind if original else "payment"
    authorise(session, actor, "openings.record" if kind == "opening" else "payments.reverse")
    if original is None:
        raise NotFound("This entry is not in the books.", field="entry")
    desk = open_desk(session, "reversal", request_id, date)
    if desk.before is None:
        _check_reversible(session, original, desk.date)
        document = wording.document_or_none(original.series, original.no)
        moved = reallocations(session, document) if kind == "payment" and document else []
        if moved:
            for entry in moved:
                name = f"{request_id[-REQUEST_ID_KEPT:]}:{entry}"
                reverse(session, actor=actor, request_id=name, entry_id=entry, reason=reason, date=date)
            desk = open_desk(session, "reversal", request_id, date)
    term_id = session.scalar(select(refusals.TERM), {"day": desk.date})
    lines = [
        mirror(NewLine(*row[2:]), row.id, money_moves=row.type == "tender", term_id=term_id)
        for row in session.execute(_LINES, {"entry_id": entry_id})
    ]
    return post(session, desk, actor=actor, lines=lines, reverses=entry_id, reason=why(reason))


def _check_reversible(session: Session, original: Any, day: dt.date) -> None:
    if original.kind == "reversal":
        raise RuleBroken("A reversal cannot be reversed: record the fact again instead.")
    by = session.scalar(select(Entry.date).where(Entry.reverses == original.id))
    if by is not None:
        name = wording.document_or_none(original.series, original.no) or "This"
        raise AlreadyReversed(f"{name} was reversed on {wording.day(by)} already.")
    if day < original.date:
        raise BadDate(
            f"What was entered for {wording.day(original.date)} is not reversed before.", field="date"
        )


def lock_period(session: Session, *, actor: Actor, through: dt.date, reason: str) -> None:
    """Close the books through a date: nothing is entered for it any more. An earlier date opens them again.

    Raises BadDate for a date after the school's today.
    """
    authorise(session, actor, "periods.lock")
    refusals.check_date(through, students.today(session), None)
    before = queries.locked_through(session)
    add_lock(session, actor=actor, through=through, reason=why(reason))
    audit.record(
        session,
        actor=actor,
        event=events.PERIOD_LOCKED,
        subject="books",
        before={"closed_through": before.isoformat() if before else None},
        after={"closed_through": through.isoformat()},
        reason=why(reason),
    )


def add_lock(session: Session, *, actor: Actor, through: dt.date, reason: str) -> int:
    """The next lock; the caller has asked whether the actor may, and says so in the audit log."""
    last = session.scalar(select(func.max(PeriodLock.id)))
    row = {
        "id": (last or 0) + 1,
        "locked_through": through,
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
        "reason": reason,
    }
    session.execute(insert(PeriodLock), [row])
    return (last or 0) + 1
