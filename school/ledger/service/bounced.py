"""A payment that came back unpaid: reversed, and what that costs charged, as one fact."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import NotFound, RuleBroken
from school.languages import later
from school.ledger import wording
from school.ledger.models import Account, Entry, Line
from school.ledger.posting import Posted, authorise
from school.ledger.queries.entries import entry_of_request
from school.ledger.service.charges import ChargeItem, charge
from school.ledger.service.corrections import REQUEST_ID_KEPT, reverse
from school.money import show
from school.students import policies
from school.students import queries as students

BOUNCED, BOUNCED_NAME = "BOUNCED", later("Bounced cheque fee")


def bounce(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    entry_id: int,
    reason: str,
    fee_minor: int,
    date: dt.date | None = None,
) -> Posted:
    """Reverse a payment that bounced and charge the school's fee for it to the first student of the receipt.

    `fee_minor` is the fee as it was shown; RuleBroken when it is another by now. What `reverse` raises, and
    RuleBroken when that student has left and takes no new charges.
    """
    authorise(session, actor, "charges.record")
    before = entry_of_request(session, request_id)
    payment = session.execute(
        select(Entry.kind, Entry.series, Entry.no).where(Entry.id == entry_id)
    ).one_or_none()
    if payment is None or payment.kind != "payment":
        raise NotFound("Only a payment can bounce: there is none of this number.", field="entry")
    posted = reverse(session, actor=actor, request_id=request_id, entry_id=entry_id, reason=reason, date=date)
    if before is None:
        _check_fee(session, fee_minor)
        memo = wording.document(payment.series, payment.no)
        _charge(session, actor, f"{request_id[-REQUEST_ID_KEPT:]}:fee", entry_id, fee_minor, memo, date)
    return posted


def _check_fee(session: Session, fee_minor: int) -> None:
    fee = policies.policy(session, policies.BOUNCED_CHEQUE_FEE) or 0
    if fee != fee_minor or not fee:
        school = students.school(session)
        shown = show(fee, school.currency, school.locale)
        raise RuleBroken(f"The fee for a bounced cheque is {shown} by now. Look at it once more.")


def _charge(
    session: Session,
    actor: Actor,
    request_id: str,
    entry_id: int,
    fee_minor: int,
    memo: str,
    date: dt.date | None,
) -> None:
    first = select(Line.student_id).where(Line.entry_id == entry_id).order_by(Line.n).limit(1)
    due = date or students.today(session)
    charge(
        session,
        actor=actor,
        request_id=request_id,
        student_id=session.scalars(first).one(),
        items=[ChargeItem(_account(session, actor), fee_minor, due, memo=memo)],
        date=date,
    )


def _account(session: Session, actor: Actor) -> str:
    """The fee head of the fee; it is added when the first is charged."""
    known = or_(Account.code == BOUNCED, Account.name == BOUNCED_NAME)
    found = session.scalar(select(Account.code).where(known, Account.type == "income").limit(1))
    if found is None:
        found = BOUNCED
        row = {"code": BOUNCED, "name": BOUNCED_NAME, "type": "income", "position": 0, "active": True}
        session.execute(insert(Account), [row])
        audit.record(
            session, actor=actor, event=events.ACCOUNT_ADDED, subject=f"account:{BOUNCED}", after=row
        )
    return found
