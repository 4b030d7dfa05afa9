"""Being late waived: what was charged for it is conceded, and the charge costs nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, aliased

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import NotFound, RuleBroken
from school.fees.models import LateFeeLine, LateFeeWaiver
from school.ledger.models import Account, Entry, Line
from school.ledger.posting import authorise, open_desk, post
from school.ledger.queries.allocation import total
from school.ledger.refusals import why
from school.ledger.rules import NewLine
from school.ledger.service.chart import open_account

WAIVED = "LATEWAIVED"  # the concession account of waived late fees; no scheme, because nobody is granted it


def waive(session: Session, *, actor: Actor, charge_id: int, reason: str) -> int:
    """The charge costs nothing more for being late; how much was conceded, which is 0 where nothing was
    charged yet. Raises NotFound for what is no charge, RuleBroken where it was waived before.
    """
    authorise(session, actor, "concessions.grant")
    reason = why(reason)
    charge = session.get(Line, charge_id)
    if charge is None or charge.due_date is None:
        raise NotFound("This is not a charge that can be late.", field="charge")
    if session.get(LateFeeWaiver, charge_id) is not None:
        raise RuleBroken("Being late with this charge was waived already.", field="charge")
    lines = _lines(session, charge_id)
    conceded = _concede(session, actor, charge_id, lines, reason) if lines else 0
    row = {
        "charge_id": charge_id,
        "reason": reason,
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
    }
    session.execute(insert(LateFeeWaiver), [row])
    audit.record(
        session,
        actor=actor,
        event=events.LATE_FEE_WAIVED,
        subject=f"student:{charge.student_id}",
        before={"charge": charge_id},
        after={"charge": charge_id, "waived": conceded},
        reason=reason,
    )
    return conceded


def _concede(session: Session, actor: Actor, charge_id: int, lines: Sequence[NewLine], reason: str) -> int:
    if session.get(Account, WAIVED) is None:
        open_account(
            session, actor=actor, code=WAIVED, name="Late fees waived", type="concession", position=99
        )
    desk = open_desk(session, "concession", f"late_fee_waived:{charge_id}", None)
    post(session, desk, actor=actor, lines=lines, reason=reason)
    return -sum(line.amount for line in lines)


def _lines(session: Session, charge_id: int) -> list[NewLine]:
    """What stands charged for being late with it, less what was conceded or credited of that already."""
    undone, pin, account = aliased(Entry), aliased(Line), aliased(Account)
    given = (
        select(total(pin.amount))
        .join(account, account.code == pin.account)
        .where(pin.pays == Line.id, account.type != "tender")
        .correlate(Line)
        .scalar_subquery()
    )
    rows: Any = session.execute(
        select(Line.id, Line.student_id, Line.term_id, Line.amount + given)
        .join(LateFeeLine, LateFeeLine.line_id == Line.id)
        .outerjoin(undone, undone.reverses == Line.entry_id)
        .where(LateFeeLine.charge_id == charge_id, undone.id.is_(None))
        .order_by(Line.id)
    )
    return [
        NewLine(student_id, WAIVED, -left, pays=line_id, term_id=term_id)
        for line_id, student_id, term_id, left in rows
        if left > 0
    ]
