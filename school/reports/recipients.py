"""Who gets a statement: students class by class, or families by name; all of them or those who owe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from school.ledger.projections import StudentBalance
from school.ledger.queries.allocation import total
from school.students import payers
from school.students.models import Family, SchoolClass, Student


@dataclass(frozen=True)
class Recipients:
    """`ids` in the order in which they are printed; `balance` is Σ of theirs, + owes.

    `more` is how many papers there are beyond one for each.
    """

    ids: list[int]
    balance: int
    more: int = 0

    @property
    def papers(self) -> int:
        return len(self.ids) + self.more


def of_students(session: Session, *, class_id: int | None = None, only_owing: bool = False) -> Recipients:
    """Who is at school, or has a balance. `class_id` 0 is no class."""
    rows = session.execute(
        select(Student.id, StudentBalance.balance)
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .where(_owes(StudentBalance.balance) if only_owing else _counts(), *_in_class(class_id))
        .order_by(func.coalesce(SchoolClass.position, -1), SchoolClass.name, Student.sort_name, Student.id)
    ).all()
    return Recipients([row.id for row in rows], sum(row.balance for row in rows))


def of_families(session: Session, *, class_id: int | None = None, only_owing: bool = False) -> Recipients:
    """Families with such a student; in a class when one child is. They owe what all children owe together."""
    named = select(Student.family_id).where(*_in_class(class_id))
    balance = total(StudentBalance.balance)
    query = (
        select(Family.id, balance.label("balance"))
        .join(Student, Student.family_id == Family.id)
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .where(_counts(), Family.id.in_(named))
        .group_by(Family.id, Family.name)
        .order_by(Family.name, Family.id)
    )
    if only_owing:
        query = query.having(_owes(balance))
    rows = session.execute(query).all()
    return Recipients([row.id for row in rows], sum(row.balance for row in rows))


def of_payers(session: Session, *, class_id: int | None = None, only_owing: bool = False) -> Recipients:
    """The same families, where each who bears a share gets a paper."""
    found = of_families(session, class_id=class_id, only_owing=only_owing)
    shared = payers.numbers_of_payers(session, found.ids)
    return Recipients(found.ids, found.balance, more=sum(shared.values()) - len(shared))


def _counts() -> ColumnElement[bool]:
    return or_(Student.status == "enrolled", StudentBalance.balance != 0)


def _owes(balance: Any) -> ColumnElement[bool]:
    owing: ColumnElement[bool] = balance > 0
    return owing


def _in_class(class_id: int | None) -> list[ColumnElement[bool]]:
    if class_id is None:
        return []
    return [Student.class_id == class_id if class_id else Student.class_id.is_(None)]
