"""What the books refuse, said kindly: the service asks here first, the database has the last word.

`field` of an error is the argument at fault: student, amount, tender, account, pays, date, due_date, reason …
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

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


TERM = (  # the last begun by the day, so that what happens in the holidays counts for a term as well
    select(Term.id)
    .where(Term.starts_on <= bindparam("day"))
    .order_by(Term.starts_on.desc(), Term.id.desc())
    .limit(1)
    .scalar_subquery()
)
_STUDENTS = (
    select(Student.id, Student.name, Student.class_id, TERM, Student.status, StudentBalance.balance)
    .join(StudentBalance, StudentBalance.student_id == Student.id)
    .where(Student.id.in_(bindparam("ids", expanding=True)))
)
_ACCOUNTS = select(Account.code, Account.type, Account.active, Account.name).where(
    Account.code.in_(bindparam("codes", expanding=True))
)


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
    clean = " ".join(text.replace("\x00", "").split())
    if needed and not clean:
        raise BadInput(needed, field=field)
    if len(clean) > TEXT_LENGTH_MAX:
        raise BadInput(f"Write at most {TEXT_LENGTH_MAX} characters.", field=field)
    return clean


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
    found = _students(session, {line.student_id for line in lines}, day)
    _check_accounts(session, kind, {line.account for line in lines})
    if kind in NEW_CHARGE_KINDS:
        for student in found.values():
            if student.status == "left":
                raise RuleBroken(
                    f"{student.name} has left the school and takes no new charges.", field="student"
                )
    _check_pins(
        session, {(line.pays, line.student_id) for line in lines if line.pays and line.pays < first_line}
    )
    _check_credit(session, kind, found, lines)
    return found


def _students(session: Session, ids: set[int], day: date) -> dict[int, Placed]:
    rows = session.execute(_STUDENTS, {"ids": list(ids), "day": day})
    found = {row[0]: Placed(*row[1:]) for row in rows}
    if len(found) < len(ids):
        raise NotFound("This student is not in the books. Search for the student again.", field="student")
    return found


def _check_accounts(session: Session, kind: str, codes: set[str]) -> None:
    known = {row.code: row for row in session.execute(_ACCOUNTS, {"codes": list(codes)})}
    types = ACCOUNT_TYPES[kind]
    for code in codes:
        account = known.get(code)
        field = "tender" if kind in TENDER_KINDS else "account"
        if account is None or account.type not in types:
            name = account.name if account is not None else code
            raise BadInput(f"“{name}” is not {TYPE_NAMES[types[0]]}: choose another.", field=field)
        if not account.active:
            raise BadInput(f"{account.name} is no longer in use: choose another.", field=field)


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


_REFUSALS: tuple[tuple[str, type[SchoolError], str], ...] = (
    ("already reversed", AlreadyReversed, "This was reversed already."),
    ("cannot be reversed", RuleBroken, "A reversal cannot be reversed: record the fact again instead."),
    ("not before its original", BadDate, "A reversal cannot be dated before what it reverses."),
    ("period is locked", PeriodLocked, "The books are closed through this date: use a later one."),
    ("more than the credit", TooMuch, "This is more than the credit on the account."),
    ("more than is owed", TooMuch, "This is more than is owed."),
    ("needs a due date", BadDate, "Every charge needs a due date."),
    ("charge of the same student", RuleBroken, "This charge is not one of the student's. Choose it again."),
    ("suit the kind", BadInput, "One of the accounts cannot be used for this. Choose another."),
)


def kindly(error: IntegrityError) -> SchoolError:
    """What the database itself refused; seen only where `check` had not looked."""
    text = str(error.orig)
    for refusal, kind, sentence in _REFUSALS:
        if refusal in text:
            return kind(sentence)
    return RuleBroken("The books refuse this, so nothing was written. Open the page anew and enter it again.")
