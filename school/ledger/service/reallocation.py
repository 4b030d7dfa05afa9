"""A receipt's credit let pay another charge: an entry that takes it from where it lies and pins it there.

Nothing is owed more or less, and the receipt stays as it is.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.errors import NotFound, RuleBroken, TooMuch
from school.ledger import wording
from school.ledger.models import Line
from school.ledger.posting import Posted, authorise, open_desk, post
from school.ledger.queries.reallocations import Holding, holdings, paid_by_name
from school.ledger.refusals import amount, why
from school.ledger.rules import NewLine
from school.ledger.service.chart import TRANSFERS
from school.money import show
from school.students import queries as students


def reallocate(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    receipt: str,
    pays: int,
    amount_minor: int,
    reason: str,
    date: dt.date | None = None,
) -> Posted:
    """Let an amount of a receipt, such as R-000123, pay this charge (`pays` is its line) and no other.

    At most what the receipt brought the student and does not pay that charge by name already, and at most
    what of the charge is not paid by name (TooMuch). Reversing the receipt takes this back as well.
    """
    authorise(session, actor, "transfers.record")
    desk = open_desk(session, "transfer", request_id, date)
    wanted, said = amount(amount_minor), why(reason)
    parts = wording.document_parts(receipt)
    document = wording.document(*parts) if parts else receipt
    if desk.before is not None:
        lines = _lines_before(session, desk.before.id, NewLine(student_id, TRANSFERS, -wanted, pays=pays))
    else:
        lines = _lines(session, student_id, document, pays, wanted)
    return post(session, desk, actor=actor, lines=lines, reference=document, reason=said)


def _lines(session: Session, student_id: int, document: str, pays: int, wanted: int) -> list[NewLine]:
    charge = session.execute(
        select(Line.amount, Line.student_id, Line.due_date).where(Line.id == pays)
    ).one_or_none()
    if charge is None or charge.student_id != student_id or charge.due_date is None:
        raise RuleBroken("This charge is not one of the student's. Choose it again.", field="pays")
    held = holdings(session, student_id, document)
    if not held:
        raise NotFound(f"{document} brought this student nothing that can be moved.", field="receipt")
    elsewhere = [one for one in held if one.pays != pays]
    _refuse_more(session, wanted, sum(one.amount for one in elsewhere), f"of {document} can be moved there")
    _refuse_more(
        session, wanted, charge.amount - paid_by_name(session, pays), "of this charge is not paid by name"
    )
    return [*_taken(student_id, elsewhere, wanted), NewLine(student_id, TRANSFERS, -wanted, pays=pays)]


def _refuse_more(session: Session, wanted: int, most: int, what: str) -> None:
    if wanted > most:
        school = students.school(session)
        shown = show(max(0, most), school.currency, school.locale)
        raise TooMuch(f"Only {shown} {what}: type that or less.", field="amount")


def _taken(student_id: int, held: list[Holding], wanted: int) -> list[NewLine]:
    lines = []
    for one in held:
        part = min(one.amount, wanted)
        if part:
            lines.append(NewLine(student_id, TRANSFERS, part, pays=one.pays))
        wanted -= part
    return lines


def _lines_before(session: Session, entry_id: int, pinned: NewLine) -> list[NewLine]:
    """As they were posted, because what lies where has changed by them; but what was `pinned` is as asked."""
    rows = session.execute(
        select(Line.student_id, Line.account, Line.amount, Line.due_date, Line.pays, Line.memo)
        .where(Line.entry_id == entry_id)
        .order_by(Line.n)
    )
    lines = [
        NewLine(row.student_id, row.account, row.amount, row.due_date, row.pays, memo=row.memo)
        for row in rows
    ]
    return [*lines[:-1], pinned]
