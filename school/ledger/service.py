"""The only writer of the books. Each function records one fact, or finds that its request recorded it before.

Amounts are positive minor units; only an opening balance may be negative, which is a credit. Every function
raises SignInNeeded or NotAllowed for the actor, RequestReused for a request id that already means something
else, BadDate for a date after the school's today, PeriodLocked for one in a closed period, and whatever
`refusals.check` raises for students, accounts and amounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.access.service import authorise
from school.db import one_writer
from school.errors import AlreadyReversed, BadAmount, BadDate, BadInput, NotFound, RuleBroken
from school.ledger import refusals, wording
from school.ledger.chart import STANDARD_ACCOUNTS, add_account, install_standard_accounts
from school.ledger.models import Account, Entry, Line, PeriodLock
from school.ledger.posting import Posted, open_desk, post
from school.ledger.refusals import amount, words
from school.ledger.rules import NewLine, Share, TenderPart, cross_cut, mirror
from school.students import queries as students

__all__ = [
    "STANDARD_ACCOUNTS",
    "ChargeItem",
    "Posted",
    "Share",
    "TenderPart",
    "add_account",
    "charge",
    "concession",
    "credit_note",
    "install_standard_accounts",
    "late_fee",
    "lock_period",
    "opening_balance",
    "record_payment",
    "refund",
    "reverse",
    "transfer",
    "write_off",
]

CONCESSIONS, BAD_DEBTS, OPENINGS, TRANSFERS, LATE_FEES = "CONC", "BAD", "OPEN", "CLEAR", "LATE"
CAPABILITIES = {
    "bill": "charges.record",
    "late_fee": "charges.record",
    "concession": "charges.record",
    "credit_note": "charges.record",
    "payment": "payments.record",
    "refund": "refunds.record",
    "write_off": "write_offs.record",
    "transfer": "transfers.record",
    "opening": "openings.record",
}


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
    authorise(session, actor, CAPABILITIES["bill"])
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
    authorise(session, actor, CAPABILITIES["late_fee"])
    desk = open_desk(session, "late_fee", request_id, date)
    due = due_date or desk.date
    line = NewLine(student_id, LATE_FEES, amount(amount_minor), due, memo=words(memo, "memo") or None)
    return post(session, desk, actor=actor, lines=[line])


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
    authorise(session, actor, CAPABILITIES["payment"])
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
) -> Posted:
    """Let a student off an amount, of one charge (`pays` is its line) or of the oldest due first."""
    return _credit(
        session, "concession", actor, request_id, student_id, account, amount_minor, reason, pays, date
    )


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
) -> Posted:
    """Take back what was billed on a fee head."""
    return _credit(
        session, "credit_note", actor, request_id, student_id, account, amount_minor, reason, pays, date
    )


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
) -> Posted:
    """Give up what will not be paid, at most what is owed (TooMuch)."""
    return _credit(
        session, "write_off", actor, request_id, student_id, BAD_DEBTS, amount_minor, reason, pays, date
    )


def _credit(
    session: Session,
    kind: str,
    actor: Actor,
    request_id: str,
    student_id: int,
    account: str,
    amount_minor: int,
    reason: str,
    pays: int | None,
    date: dt.date | None,
) -> Posted:
    authorise(session, actor, CAPABILITIES[kind])
    desk = open_desk(session, kind, request_id, date)
    line = NewLine(student_id, account, -amount(amount_minor), pays=pays)
    return post(session, desk, actor=actor, lines=[line], reason=_reason(reason))


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
    authorise(session, actor, CAPABILITIES["refund"])
    desk = open_desk(session, "refund", request_id, date)
    line = NewLine(student_id, tender, amount(amount_minor), desk.date)
    return post(session, desk, actor=actor, lines=[line], reason=_reason(reason))


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
    authorise(session, actor, CAPABILITIES["transfer"])
    if from_student_id == to_student_id:
        raise BadInput("Choose two different students.", field="student")
    desk = open_desk(session, "transfer", request_id, date)
    moved = amount(amount_minor)
    lines = [NewLine(from_student_id, TRANSFERS, moved, desk.date), NewLine(to_student_id, TRANSFERS, -moved)]
    return post(session, desk, actor=actor, lines=lines, reason=_reason(reason))


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
    authorise(session, actor, CAPABILITIES["opening"])
    desk = open_desk(session, "opening", request_id, date)
    if type(amount_minor) is int and amount_minor < 0:
        line = NewLine(student_id, OPENINGS, -amount(-amount_minor))
    else:
        line = NewLine(student_id, OPENINGS, amount(amount_minor), due_date or desk.date)
    return post(session, desk, actor=actor, lines=[line], reference=words(reference, "reference"))


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

    Raises NotFound, AlreadyReversed, and RuleBroken for a reversal of a reversal.
    """
    original = session.execute(
        select(Entry.id, Entry.kind, Entry.date, Entry.series, Entry.no).where(Entry.id == entry_id)
    ).one_or_none()
    kind = original.kind if original else "payment"
    authorise(session, actor, CAPABILITIES[kind] if kind == "opening" else "payments.reverse")
    if original is None:
        raise NotFound("This entry is not in the books.", field="entry")
    desk = open_desk(session, "reversal", request_id, date)
    if desk.before is None:
        _check_reversible(session, original, desk.date)
    term = students.term_on(session, desk.date)
    lines = [
        mirror(NewLine(*row[2:]), row.id, money_moves=row.type == "tender", term_id=term.id if term else None)
        for row in session.execute(_LINES, {"entry_id": entry_id})
    ]
    return post(session, desk, actor=actor, lines=lines, reverses=entry_id, reason=_reason(reason))


_LINES = (
    select(Line.id, Account.type, *(getattr(Line, field.name) for field in fields(NewLine)))
    .join(Account, Account.code == Line.account)
    .where(Line.entry_id == bindparam("entry_id"))
    .order_by(Line.n)
)


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


def _reason(text: str) -> str:
    return words(text, "reason", needed="Say why: the reason stays in the books.")


def lock_period(session: Session, *, actor: Actor, through: dt.date, reason: str) -> None:
    """Close the books through a date: nothing is entered for it any more. An earlier date opens them again.

    Raises BadDate for a date after the school's today.
    """
    authorise(session, actor, "periods.lock")
    one_writer(session)
    refusals.check_date(through, students.today(session), None)
    last = session.scalar(select(func.max(PeriodLock.id)))
    row = {
        "id": (last or 0) + 1,
        "locked_through": through,
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
        "reason": _reason(reason),
    }
    session.execute(insert(PeriodLock), [row])
