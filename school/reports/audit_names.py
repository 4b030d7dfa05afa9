"""What the subjects of the audit log are called: `Tuition, Form 1, Term 2 2026` for `fee:18`.

Kinds that are no more than a few hundred rows in any school are found by their names too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select
from sqlalchemy.orm import Session

from school.access import listing
from school.approvals.models import Approval
from school.audit.models import AuditEvent
from school.cashier.models import CashUp
from school.cashier.queries import number as deposit_number
from school.fees.models import Fee, Grant, InstalmentPlan, LateFeeRule, Run
from school.ledger import queries as ledger
from school.ledger import wording
from school.ledger.models import Account
from school.letters.models import Letter
from school.students import queries as students
from school.students.models import Family, Guardian, SchoolClass, Student, Term, Year
from school.students.queries import chunks

ALWAYS = {
    "school:1": "The school",
    "books": "The books",
    "series:payment": "Numbers of receipts",
    "series:refund": "Numbers of refunds",
    "reminder_stage:1": "First reminder",
    "reminder_stage:2": "Second reminder",
    "reminder_stage:3": "Last reminder",
}
_OF_TERM = Term.name + " " + Year.name
_FEES = (
    select(Fee.id, Account.name, SchoolClass.name, func.coalesce(Term.name + " ", "") + Year.name)
    .join(Account, Account.code == Fee.account)
    .join(Year, Year.id == Fee.year_id)
    .outerjoin(SchoolClass, SchoolClass.id == Fee.class_id)
    .outerjoin(Term, Term.id == Fee.term_id)
)
_RUNS = (
    select(Run.id, Run.kind, _OF_TERM, Run.date)
    .outerjoin(Term, Term.id == Run.term_id)
    .outerjoin(Year, Year.id == Term.year_id)
)
_GRANTS = (
    select(Grant.id, Account.name, Student.name)
    .join(Account, Account.code == Grant.scheme)
    .join(Student, Student.id == Grant.student_id)
)
_APPROVALS = select(Approval.id, Approval.kind, Student.name).join(Student, Student.id == Approval.student_id)


def of_small_tables(session: Session) -> dict[str, str]:
    """By subject, what is few: users, classes, years, accounts, fees, plans, rules and runs."""
    found = {
        **{f"user:{user.id}": f"{user.full_name} {user.name}" for user in listing.users(session)},
        **{f"class:{c.id}": c.name for c in students.classes(session)},
        **{f"year:{year.id}": year.name for year in students.years(session)},
    }
    for account in ledger.accounts(session):
        found |= {f"account:{account.code}": account.name, f"scheme:{account.code}": account.name}
    for kind, model in (("plan", InstalmentPlan), ("late_fee_rule", LateFeeRule)):
        found |= {f"{kind}:{row[0]}": row[1] for row in session.execute(select(model.id, model.name))}
    for fee_id, *parts in session.execute(_FEES):
        found[f"fee:{fee_id}"] = ", ".join(part for part in parts if part)
    for run_id, kind, term, day in session.execute(_RUNS):
        what = "Late fees" if kind == "late_fee" else f"Billing of {term}"
        found[f"run:{run_id}"] = f"{what}, {wording.day(day)}"
    return found


def of_subjects(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """By subject, what these are called; what is nowhere named is left out."""
    asked = list(subjects)
    found = {**of_small_tables(session), **ALWAYS}
    found |= {f"user:{user.id}": user.called for user in listing.users(session)}
    queries: dict[str, Select[*tuple[Any, ...]]] = {
        "student": select(Student.id, Student.name),
        "family": select(Family.id, Family.name),
        "guardian": select(Guardian.id, Guardian.name),
        "cash-up": select(CashUp.id, CashUp.cashier),
        "grant": _GRANTS,
        "approval": _APPROVALS,
        "letter": select(Letter.id, Letter.kind, Letter.to_name),
    }
    for kind, query in queries.items():
        for number, *parts in _rows(session, query, _ids(asked, kind)):
            found[f"{kind}:{number}"] = _called(kind, number, parts)
    found |= {f"deposit:{number}": f"Deposit {deposit_number(number)}" for number in _ids(asked, "deposit")}
    return found


def _called(kind: str, number: int, parts: list[str]) -> str:
    if kind == "cash-up":
        return f"Cash-up {number} of {parts[0]}"
    if kind == "approval":
        return f"{wording.KIND_NAMES[parts[0]]} for {parts[1]}"
    if kind == "grant":
        return f"{parts[0]} for {parts[1]}"
    return f"{parts[0].capitalize()} to {parts[1]}" if kind == "letter" else parts[0]


def _rows(session: Session, query: Select[*tuple[Any, ...]], ids: list[int]) -> Iterable[Any]:
    column = query.selected_columns[0]
    for some in chunks(ids):
        yield from session.execute(query.where(column.in_(some)))


def _ids(subjects: Iterable[str], kind: str) -> list[int]:
    parts = [subject.partition(":") for subject in subjects]
    return [int(number) for of, _, number in parts if of == kind and number.isdigit()]


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
