"""What a student need not pay: concessions, credit notes and write-offs, each with its reason.

Above the school's limit (NeedsApproval) another person approves: `approved_by`, who then answers for it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.ledger import limits
from school.ledger.posting import Posted, open_desk, post
from school.ledger.refusals import amount, why
from school.ledger.rules import NewLine
from school.ledger.service.chart import BAD_DEBTS, CONCESSIONS

CAPABILITIES = {
    "concession": "charges.record",
    "credit_note": "charges.record",
    "write_off": "write_offs.record",
}


def concession(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    reason: str,
    pays: int | None = None,
    account: str = CONCESSIONS,
    date: dt.date | None = None,
    approved_by: Actor | None = None,
) -> Posted:
    """Let a student off an amount, of one charge (`pays` is its line) or of the oldest due first."""
    line = NewLine(student_id, account, -amount(amount_minor), pays=pays)
    return _credit(session, "concession", actor, request_id, line, reason, date, approved_by)


def credit_note(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    account: str,
    reason: str,
    pays: int | None = None,
    date: dt.date | None = None,
    approved_by: Actor | None = None,
) -> Posted:
    """Take back what was billed on a fee head."""
    line = NewLine(student_id, account, -amount(amount_minor), pays=pays)
    return _credit(session, "credit_note", actor, request_id, line, reason, date, approved_by)


def write_off(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    student_id: int,
    amount_minor: int,
    reason: str,
    pays: int | None = None,
    date: dt.date | None = None,
    approved_by: Actor | None = None,
) -> Posted:
    """Give up what will not be paid, at most what is owed (TooMuch)."""
    line = NewLine(student_id, BAD_DEBTS, -amount(amount_minor), pays=pays)
    return _credit(session, "write_off", actor, request_id, line, reason, date, approved_by)


def _credit(
    session: Session,
    kind: str,
    actor: Actor,
    request_id: str,
    line: NewLine,
    reason: str,
    date: dt.date | None,
    approved_by: Actor | None,
) -> Posted:
    limits.authorise_asker(session, actor, CAPABILITIES[kind], approved_by)
    desk = open_desk(session, kind, request_id, date)
    said = why(reason)
    limits.check(session, desk, [line], approved_by)
    return post(session, desk, actor=actor, lines=[line], reason=said)
