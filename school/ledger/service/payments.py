"""Money that comes in, goes back, or moves between accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.errors import BadAmount, BadInput, RuleBroken, TooMuch
from school.ledger import limits, telling
from school.ledger.models import PaymentPayer
from school.ledger.posting import Desk, Posted, authorise, open_desk, post
from school.ledger.queries.refundable import refundable
from school.ledger.refusals import amount, why, words
from school.ledger.rules import NewLine, Share, TenderPart, cross_cut
from school.ledger.service.chart import TRANSFERS
from school.money import show
from school.students import queries as students
from school.students.models import Guardian, StudentGuardian
from school.students.rules import fold


@telling.payment
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
    said = words(payer, "payer")
    posted = post(
        session, desk, actor=actor, lines=lines, payer=said, reference=words(reference, "reference")
    )
    if said and not posted.already:
        _remember_payer(session, posted.entry_id, {share.student_id for share in shares}, said)
    return posted


def _remember_payer(session: Session, entry_id: int, student_ids: Collection[int], payer: str) -> None:
    """Which guardian of these students is meant, where the name is that of one alone."""
    link = StudentGuardian
    meant = session.scalars(
        select(Guardian.id)
        .join(link, link.guardian_id == Guardian.id)
        .where(link.student_id.in_(student_ids), link.position > 0, Guardian.folded == fold(payer))
        .distinct()
    ).all()
    if len(meant) == 1:
        session.execute(insert(PaymentPayer), [{"entry_id": entry_id, "guardian_id": meant[0]}])


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
    approved_by: Actor | None = None,
) -> Posted:
    """Pay money back, at most the refundable credit (TooMuch). It is due at once, so it consumes the credit.

    Above the school's limit (NeedsApproval) another person approves: `approved_by`.
    """
    limits.authorise_asker(session, actor, "refunds.record", approved_by)
    desk = open_desk(session, "refund", request_id, date)
    line, said = NewLine(student_id, tender, amount(amount_minor), desk.date), why(reason)
    _leave_what_is_kept(session, desk, line)
    limits.check(session, desk, [line], approved_by)
    return post(session, desk, actor=actor, lines=[line], reason=said)


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
    """Move credit to another student of the family account, at most the refundable credit (TooMuch)."""
    authorise(session, actor, "transfers.record")
    if from_student_id == to_student_id:
        raise BadInput("Choose two different students.", field="student")
    desk = open_desk(session, "transfer", request_id, date)
    moved = amount(amount_minor)
    lines = [NewLine(from_student_id, TRANSFERS, moved, desk.date), NewLine(to_student_id, TRANSFERS, -moved)]
    if desk.before is None:
        _refuse_strangers(session, from_student_id, to_student_id)
    _leave_what_is_kept(session, desk, lines[0])
    return post(session, desk, actor=actor, lines=lines, reason=why(reason))


def _refuse_strangers(session: Session, *student_ids: int) -> None:
    if len(set(students.family_ids(session, student_ids).values())) > 1:
        giver, taker = (students.student(session, one).name for one in student_ids)
        raise RuleBroken(
            f"{giver} and {taker} are not of one family account: pay the credit back instead.", field="to"
        )


def _leave_what_is_kept(session: Session, desk: Desk, line: NewLine) -> None:
    """Credit that is not refundable stays on the account for what is charged next."""
    if desk.before is not None:
        return
    found = refundable(session, line.student_id)
    if found.refundable < line.amount <= found.credit:
        school, name = students.school(session), students.student(session, line.student_id).name
        can, credit = (show(one, school.currency, school.locale) for one in (found.refundable, found.credit))
        raise TooMuch(
            f"{name} has a credit of {credit}, of which {can} can be paid back or moved: "
            "the rest came from fee heads that are not refundable.",
            field="amount",
        )
