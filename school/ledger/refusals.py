"""What the books refuse, said kindly: the service asks here first, the database has the last word.

`field` of an error is the argument at fault: student, amount, tender, account, pays, date, due_date, reason …
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from school.db import among
from school.errors import (
    AlreadyReversed,
    BadAmount,
    BadDate,
    BadInput,
    NotFound,
    PeriodLocked,
    RuleBroken,
    SchoolError,
    TooMuch,
)
from school.ledger import wording
from school.ledger.models import Account, Line
from school.ledger.projections import StudentBalance
from school.ledger.rules import NewLine
from school.money import AMOUNT_MINOR_MAX, show
from school.students import queries as students
from school.students.models import Student, Term
from school.students.rules import clean

TEXT_LENGTH_MAX = 300  # a longer payer, reference or reason is a slip of the clipboard
TENDER_KINDS = ("payment", "refund")
NEW_CHARGE_KINDS = ("bill", "late_fee")
ACCOUNT_TYPES = {  # the first is what the account of a line is called when it is none of them
    "bill": ("income", "concession"),
    "late_fee": ("income",),
    "payment": ("tender",),
    "refund": ("tender",),
    "concession": ("concession",),
    "credit_note": ("income",),
    "write_off": ("bad_debt",),
    "opening": ("opening",),
    "transfer": ("clearing",),
}
TYPE_NAMES = {
    "tender": "a tender such as cash or bank transfer",
    "income": "a fee head",
    "concession": "an account for concessions",
    "bad_debt": "an account for bad debts",
    "opening": "an account for opening balances",
    "clearing": "an account for transfers",
}


@dataclass(frozen=True)
class Placed:
    """A student as at posting: in the present class, and in the last term begun by the accounting date."""

    name: str
    class_id: int | None
    term_id: int | None
    status: str
    balance: int


# Every payment passes here: tables cost half of what mapped classes do, and one round trip brings all.
_account, _balance = cast(Table, Account.__table__), cast(Table, StudentBalance.__table__)
_student, _term = cast(Table, Student.__table__), cast(Table, Term.__table__)
_SUITABLE = select(func.count()).where(
    _account.c.code.in_(bindparam("codes", expanding=True)),
    _account.c.type.in_(bindparam("types", expanding=True)),
    _account.c.active,
)
TERM = (  # the last begun by the day, so that what happens in the holidays counts for a term as well
    select(_term.c.id)
    .where(_term.c.starts_on <= bindparam("day"))
    .order_by(_term.c.starts_on.desc(), _term.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_PLACED = select(
    _student.c.id,
    _SUITABLE.scalar_subquery(),
    _student.c.name,
    _student.c.class_id,
    TERM,
    _student.c.status,
    _balance.c.balance,
).join(_balance, _balance.c.student_id == _student.c.id)
# PostgreSQL makes a plan for each array anew: that takes longer than to find the one or two of a payment.
FEW = 20
_FEW_PLACED = _PLACED.where(_student.c.id.in_(bindparam("ids", expanding=True)))
_MANY_PLACED = _PLACED.where(among(_student.c.id, named="ids"))


def amount(value: object, field: str = "amount") -> int:
    """A positive whole number of minor units, and of no other type. Raises BadAmount."""
    if type(value) is not int:
        raise BadAmount("An amount is a whole number of the smallest coin.", field=field)
    if value <= 0:
        raise BadAmount("The amount must be more than zero.", field=field)
    if value > AMOUNT_MINOR_MAX:
        raise BadAmount("The amount is larger than any the books take.", field=field)
    return value


def words(text: str, field: str, *, needed: str | None = None) -> str:
    """The text on one line. Raises BadInput when it is too long, and with `needed` when there is none."""
    text = clean(text)
    if needed and not text:
        raise BadInput(needed, field=field)
    if len(text) > TEXT_LENGTH_MAX:
        raise BadInput(f"Write at most {TEXT_LENGTH_MAX} characters.", field=field)
    return text


def why(reason: str) -> str:
    """The reason, which nobody may leave out. Raises BadInput."""
    return words(reason, "reason", needed="Say why: the reason stays in the books.")


def check_date(day: date, today: date, locked: date | None) -> None:
    """Raises BadDate for a date after today, PeriodLocked for one in a closed period."""
    if day > today:
        raise BadDate(
            f"{wording.day(day)} is still to come: use {wording.day(today)} or an earlier date.", field="date"
        )
    if locked is not None and day <= locked:
        raise PeriodLocked(
            f"The books are closed through {wording.day(locked)}: use a later date, or have them opened.",
            field="date",
        )


def check(
    session: Session, kind: str, day: date, lines: Sequence[NewLine], first_line: int
) -> Mapping[int, Placed]:
    """The students of these lines as at posting, by id. Raises for what the guards would refuse of the lines.

    NotFound for a student who is not there; RuleBroken for new charges to one who left and for a pin that is
    none; BadInput for an account that does not suit; TooMuch for more than the credit or than is owed.
    """
    codes, ids = {line.account for line in lines}, {line.student_id for line in lines}
    asked = {"ids": list(ids), "codes": list(codes), "types": ACCOUNT_TYPES[kind], "day": day}
    query = _FEW_PLACED if len(ids) <= FEW else _MANY_PLACED
    rows = session.connection().execute(query, asked).all()
    found = {row[0]: Placed(*row[2:]) for row in rows}
    if len(found) < len(ids):
        raise NotFound("This student is not in the books. Search for the student again.", field="student")
    if rows and rows[0][1] < len(codes):
        raise _unsuitable(session, kind, codes)
    if kind in NEW_CHARGE_KINDS:
        for student in found.values():
            if student.status == "left":
                raise RuleBroken(
                    f"{student.name} has left the school and takes no new charges.", field="student"
                )
    own = range(first_line, first_line + len(lines))
    _check_pins(
        session, {(line.pays, line.student_id) for line in lines if line.pays and line.pays not in own}
    )
    _check_credit(session, kind, found, lines)
    return found


def _unsuitable(session: Session, kind: str, codes: Iterable[str]) -> BadInput:
    field = "tender" if kind in TENDER_KINDS else "account"
    known = {row.code: row for row in session.execute(select(_account).where(_account.c.code.in_(codes)))}
    for code in codes:
        account = known.get(code)
        if account is None or account.type not in ACCOUNT_TYPES[kind]:
            name, wanted = code if account is None else account.name, TYPE_NAMES[ACCOUNT_TYPES[kind][0]]
            return BadInput(f"“{name}” is not {wanted}: choose another.", field=field)
        if not account.active:
            return BadInput(f"{account.name} is no longer in use: choose another.", field=field)
    raise AssertionError("every account suits")


def _check_pins(session: Session, pins: set[tuple[int, int]]) -> None:
    if not pins:
        return
    charges = select(Line.id, Line.student_id).where(
        Line.id.in_([line_id for line_id, _ in pins]), Line.due_date.is_not(None)
    )
    if pins - {(row.id, row.student_id) for row in session.execute(charges)}:
        raise RuleBroken("This charge is not one of the student's. Choose it again.", field="pays")


def _check_credit(session: Session, kind: str, found: Mapping[int, Placed], lines: Iterable[NewLine]) -> None:
    """A refund or a transfer takes no more than the credit, a write-off no more than is owed."""
    if kind not in ("refund", "transfer", "write_off"):
        return
    for line in lines:
        if kind == "transfer" and line.due_date is None:
            continue  # it is received, or re-allocated
        student = found[line.student_id]
        credit, owed = max(0, -student.balance), max(0, student.balance)
        if kind == "write_off" and -line.amount > owed:
            held, asked = _shown(session, owed, -line.amount)
            raise TooMuch(f"{student.name} owes {held}: {asked} cannot be written off.", field="amount")
        if kind != "write_off" and line.amount > credit:
            held, asked = _shown(session, credit, line.amount)
            what = "paid back" if kind == "refund" else "transferred"
            raise TooMuch(f"{student.name} has a credit of {held}: {asked} cannot be {what}.", field="amount")


def _shown(session: Session, *amounts_minor: int) -> list[str]:
    school = students.school(session)
    return [show(one, school.currency, school.locale) for one in amounts_minor]


_REFUSALS: tuple[tuple[str, type[SchoolError], str | None, str], ...] = (
    ("already reversed", AlreadyReversed, None, "This was reversed already."),
    ("uq_entry_reverses", AlreadyReversed, None, "This was reversed already."),
    ("cannot be reversed", RuleBroken, None, "A reversal cannot be reversed: record the fact again instead."),
    ("not before its original", BadDate, "date", "A reversal cannot be dated before what it reverses."),
    ("period is locked", PeriodLocked, "date", "The books are closed through this date: use a later one."),
    ("more than the credit", TooMuch, "amount", "This is more than the credit on the account."),
    ("more than was paid there", RuleBroken, None, "Part of it was re-allocated: take that back first."),
    ("more than is owed", TooMuch, "amount", "This is more than is owed."),
    ("needs a due date", BadDate, "due_date", "Every charge needs a due date."),
    ("of the same student", RuleBroken, "pays", "This charge is not one of the student's. Choose it again."),
    ("request id is used", RuleBroken, None, "This was posted before: nothing was posted a second time."),
    (
        "uq_entry_request_id",
        RuleBroken,
        None,
        "This was posted before: nothing was posted a second time.",
    ),
    ("suit the kind", BadInput, "account", "One of the accounts cannot be used for this. Choose another."),
)


def kindly(error: Exception) -> SchoolError:
    """What the database itself refused, to SQLAlchemy or to its driver; seen only where nobody had looked."""
    text = str(error.orig if isinstance(error, IntegrityError) else error)
    for refusal, kind, field, sentence in _REFUSALS:
        if refusal in text:
            return kind(sentence, field=field)
    return RuleBroken("The books refuse this, so nothing was written. Open the page anew and enter it again.")
