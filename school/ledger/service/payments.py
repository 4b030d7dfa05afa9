"""Money that comes in, goes back, or moves between accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.errors import BadAmount, BadInput
from school.ledger.posting import Posted, authorise, open_desk, post
from school.ledger.refusals import amount, why, words
from school.ledger.rules import NewLine, Share, TenderPart, cross_cut
from school.ledger.service.chart import TRANSFERS


def record_payment(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    shares: Sequence[Share],
    tenders: Sequence[TenderPart],
    date: dt.date | None = None,
    payer: str = "",
    reference: str = "",
) -> Posted:
    """One receipt for money received, for any number of students and in any number of tenders.

    Shares and tenders add up to the same total (BadAmount). What is more than is owed becomes credit.
    """
    authorise(session, actor, "payments.record")
    desk = open_desk(session, "payment", request_id, date)
    given = sum(amount(share.amount_minor) for share in shares)
    received = sum(amount(tender.amount_minor) for tender in tenders)
    if given != received or not shares:
        raise BadAmount("The shares of the students and the tenders must add up to the same.", field="amount")
    lines = [
        NewLine(share.student_id, tender.account, -part, pays=share.pays)
        for share, tender, part in cross_cut(shares, tenders)
    ]
    return post(
        session,
        desk,
        actor=actor,
        lines=lines,
        payer=words(payer, "payer"),
        reference=words(reference, "reference"),
    )


def refund(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    tender: str,
    reason: str,
    date: dt.date | None = None,
) -> Posted:
    """Pay money back, at most the credit (TooMuch). It is due at once, so it consumes the credit."""
    authorise(session, actor, "refunds.record")
    desk = open_desk(session, "refund", request_id, date)
    line = NewLine(student_id, tender, amount(amount_minor), desk.date)
    return post(session, desk, actor=actor, lines=[line], reason=why(reason))


def transfer(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    from_student_id: int,
    to_student_id: int,
    amount_minor: int,
    reason: str,
    date: dt.date | None = None,
) -> Posted:
    """Move credit from one student's account to another's, at most the credit there is (TooMuch)."""
    authorise(session, actor, "transfers.record")
    if from_student_id == to_student_id:
        raise BadInput("Choose two different students.", field="student")
    desk = open_desk(session, "transfer", request_id, date)
    moved = amount(amount_minor)
    lines = [NewLine(from_student_id, TRANSFERS, moved, desk.date), NewLine(to_student_id, TRANSFERS, -moved)]
    return post(session, desk, actor=actor, lines=lines, reason=why(reason))
