"""What a student is charged: bills, late fees, and what was owed before these books began."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.errors import BadAmount
from school.ledger.posting import Posted, authorise, open_desk, post
from school.ledger.refusals import amount, words
from school.ledger.rules import NewLine
from school.ledger.service.chart import CONCESSIONS, LATE_FEES, OPENINGS


@dataclass(frozen=True)
class ChargeItem:
    """One instalment of one fee head. `concession_minor` of it is granted at once, on this very charge."""

    account: str
    amount_minor: int
    due_date: dt.date
    memo: str | None = None
    term_id: int | None = None
    concession_minor: int = 0


def charge(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    items: Sequence[ChargeItem],
    date: dt.date | None = None,
    reference: str = "",
) -> Posted:
    """Bill a student; each item is due on its own date."""
    authorise(session, actor, "charges.record")
    if not items:
        raise BadAmount("A bill needs at least one charge.", field="amount")
    desk = open_desk(session, "bill", request_id, date)
    lines: list[NewLine] = []
    for item in items:
        billed, memo = amount(item.amount_minor), words(item.memo or "", "memo") or None
        line_id = desk.next_line + len(lines)
        lines.append(
            NewLine(student_id, item.account, billed, item.due_date, term_id=item.term_id, memo=memo)
        )
        if item.concession_minor:
            granted = amount(item.concession_minor, "concession")
            if granted > billed:
                raise BadAmount("A concession cannot be more than its charge.", field="concession")
            lines.append(
                NewLine(student_id, CONCESSIONS, -granted, pays=line_id, term_id=item.term_id, memo=memo)
            )
    return post(session, desk, actor=actor, lines=lines, reference=words(reference, "reference"))


def late_fee(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    due_date: dt.date | None = None,
    memo: str = "",
    date: dt.date | None = None,
) -> Posted:
    """Charge a late fee; without a due date it is due at once."""
    authorise(session, actor, "charges.record")
    desk = open_desk(session, "late_fee", request_id, date)
    due = due_date or desk.date
    line = NewLine(student_id, LATE_FEES, amount(amount_minor), due, memo=words(memo, "memo") or None)
    return post(session, desk, actor=actor, lines=[line])


def opening_balance(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    due_date: dt.date | None = None,
    date: dt.date | None = None,
    reference: str = "",
) -> Posted:
    """What a student brings from the old books: + is owed, due on `due_date` or at once; − is a credit."""
    authorise(session, actor, "openings.record")
    desk = open_desk(session, "opening", request_id, date)
    if type(amount_minor) is int and amount_minor < 0:
        line = NewLine(student_id, OPENINGS, -amount(-amount_minor))
    else:
        line = NewLine(student_id, OPENINGS, amount(amount_minor), due_date or desk.date)
    return post(session, desk, actor=actor, lines=[line], reference=words(reference, "reference"))
