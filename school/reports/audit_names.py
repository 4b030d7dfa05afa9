"""What the subjects of the audit log are called: `Tuition, Form 1, Term 2 2026` for `fee:18`.

Kinds that are no more than a few hundred rows in any school are found by their names too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select
from sqlalchemy.orm import Session

from school.access import listing
from school.access.models import User
from school.approvals.models import Approval
from school.audit.models import AuditEvent
from school.cashier.models import CashUp
from school.cashier.queries import number as deposit_number
from school.db import among
from school.fees.models import Fee, Grant, InstalmentPlan, LateFeeRule, Run
from school.ledger import queries as ledger
from school.ledger import wording
from school.ledger.models import Account
from school.letters.models import Letter
from school.students.models import Family, Guardian, SchoolClass, Student, Term, Year

ALWAYS = {
    "school:1": "The school",
    "books": "The books",
    "series:payment": "Numbers of receipts",
    "series:refund": "Numbers of refunds",
    "reminder_stage:1": "First reminder",
    "reminder_stage:2": "Second reminder",
    "reminder_stage:3": "Last reminder",
}
DIGITS_MAX = 18  # more is no number of any database
_OF_TERM = Term.name + " " + Year.name
# Each is a number and what its name is made of, built once; those of `_FEW` are found by their names too.
_FEW: dict[str, Select[*tuple[Any, ...]]] = {
    "class": select(SchoolClass.id, SchoolClass.name),
    "year": select(Year.id, Year.name),
    "plan": select(InstalmentPlan.id, InstalmentPlan.name),
    "late_fee_rule": select(LateFeeRule.id, LateFeeRule.name),
    "fee": select(Fee.id, Account.name, SchoolClass.name, func.coalesce(Term.name + " ", "") + Year.name)
    .join(Account, Account.code == Fee.account)
    .join(Year, Year.id == Fee.year_id)
    .outerjoin(SchoolClass, SchoolClass.id == Fee.class_id)
    .outerjoin(Term, Term.id == Fee.term_id),
    "run": select(Run.id, Run.kind, _OF_TERM, Run.date)
    .outerjoin(Term, Term.id == Run.term_id)
    .outerjoin(Year, Year.id == Term.year_id),
}
_MANY: dict[str, Select[*tuple[Any, ...]]] = {
    "user": select(User.id, func.coalesce(func.nullif(User.full_name, ""), User.name)),
    "student": select(Student.id, Student.name),
    "family": select(Family.id, Family.name),
    "guardian": select(Guardian.id, Guardian.name),
    "cash-up": select(CashUp.id, CashUp.cashier),
    "grant": select(Grant.id, Account.name, Student.name)
    .join(Account, Account.code == Grant.scheme)
    .join(Student, Student.id == Grant.student_id),
    "approval": select(Approval.id, Approval.kind, Student.name).join(
        Student, Student.id == Approval.student_id
    ),
    "letter": select(Letter.id, Letter.kind, Letter.to_name),
}
_OF_IDS = {
    kind: query.where(among(query.selected_columns[0], named="ids")) for kind, query in (_FEW | _MANY).items()
}


def of_small_tables(session: Session) -> dict[str, str]:
    """By subject, what is few: users, classes, years, accounts, fees, plans, rules and runs."""
    found = {f"user:{user.id}": f"{user.full_name} {user.name}" for user in listing.names(session)}
    for kind, query in _FEW.items():
        for number, *parts in session.execute(query):
            found[f"{kind}:{number}"] = _called(kind, number, parts)
    return found | _accounts(session)


def of_subjects(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """By subject, what these are called; what is nowhere named is left out."""
    asked = list(subjects)
    found = dict(ALWAYS)
    if any(subject.startswith(("account:", "scheme:")) for subject in asked):
        found |= _accounts(session)
    for kind, query in _OF_IDS.items():
        ids = _ids(asked, kind)
        for number, *parts in session.execute(query, {"ids": ids}) if ids else ():
            found[f"{kind}:{number}"] = _called(kind, number, parts)
    found |= {f"deposit:{number}": f"Deposit {deposit_number(number)}" for number in _ids(asked, "deposit")}
    return found


def _accounts(session: Session) -> dict[str, str]:
    accounts = ledger.accounts(session)
    return {f"{kind}:{one.code}": one.name for one in accounts for kind in ("account", "scheme")}


def _called(kind: str, number: int, parts: list[Any]) -> str:
    if kind == "fee":
        return ", ".join(filter(None, parts))
    if kind == "run":
        what = "Late fees" if parts[0] == "late_fee" else f"Billing of {parts[1]}"
        return f"{what}, {wording.day(parts[2])}"
    if kind == "cash-up":
        return f"Cash-up {number} of {parts[0]}"
    if kind == "approval":
        return f"{wording.KIND_NAMES[parts[0]]} for {parts[1]}"
    if kind == "grant":
        return f"{parts[0]} for {parts[1]}"
    return f"{parts[0].capitalize()} to {parts[1]}" if kind == "letter" else parts[0]


def _ids(subjects: Iterable[str], kind: str) -> list[int]:
    parts = [subject.partition(":") for subject in subjects]
    return [int(number) for of, _, number in parts if of == kind and _is_number(number)]


def _is_number(text: str) -> bool:
    """An address may say anything."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX


def of_students(ids: Any) -> list[ColumnElement[bool]]:
    """What is about the students of this select: themselves, their grants, what was asked for them."""
    of_student = ids.subquery().c.student_id
    grants = select(literal("grant:") + cast(Grant.id, String)).where(
        Grant.student_id.in_(select(of_student))
    )
    asked = select(literal("approval:") + cast(Approval.id, String)).where(
        Approval.student_id.in_(select(of_student))
    )
    own = select(literal("student:") + cast(of_student, String))
    return [AuditEvent.subject.in_(query) for query in (own, grants, asked)]
