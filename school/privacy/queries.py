"""Who has left so long ago that the personal data need not be kept, and whose were erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from school.ledger.models import Entry, Line
from school.ledger.projections import StudentBalance
from school.privacy import rules
from school.privacy.models import Erasure
from school.students import queries as students
from school.students.models import Guardian, Policy, Student, StudentGuardian


@dataclass(frozen=True)
class Leaver:
    """`last_on` is the later of the day of leaving and the last entry."""

    student_id: int
    admission_no: str
    name: str
    left_on: date
    last_on: date


def retention_years(session: Session) -> int:
    """What the school has decided, else the usual."""
    decided = session.scalar(select(Policy.value).where(Policy.name == rules.POLICY))
    return decided or rules.YEARS_DEFAULT


def kept_since(session: Session) -> date:
    return rules.kept_since(students.today(session), retention_years(session))


def leavers(session: Session, *, among: Sequence[int] | None = None) -> list[Leaver]:
    """Those who owe nothing, are owed nothing and left so long ago, the longest ago first."""
    since = kept_since(session)
    found = [
        Leaver(student_id, number, name, left_on, max(left_on, last or left_on))
        for student_id, number, name, left_on, last in session.execute(_leavers(since, among))
    ]
    return sorted(found, key=lambda one: (one.last_on, one.student_id))


def _leavers(since: date, among: Sequence[int] | None) -> Any:
    last = (
        select(func.max(Entry.date))
        .join(Line, Line.entry_id == Entry.id)
        .where(Line.student_id == Student.id)
    ).scalar_subquery()
    query = (
        select(Student.id, Student.admission_no, Student.name, Student.left_on, last)
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .where(Student.status == "left", Student.left_on <= since, StudentBalance.balance == 0)
        .where(func.coalesce(last, since) <= since, ~_is_erased("student", Student.id))
    )
    return query if among is None else query.where(Student.id.in_(among))


def _is_erased(kind: str, column: Any) -> Any:
    return select(Erasure).where(Erasure.subject == f"{kind}:" + cast(column, String)).exists()


def families_without_anybody(session: Session, student_ids: Sequence[int]) -> list[int]:
    """Families of these students in which nobody is left whose data are kept."""
    theirs = set(students.family_ids(session, student_ids).values())
    others = select(Student.family_id).where(
        Student.family_id.in_(theirs), Student.id.not_in(student_ids), ~_is_erased("student", Student.id)
    )
    return sorted(theirs - set(session.scalars(others)))


def guardians_without_anybody(
    session: Session, student_ids: Sequence[int], family_ids: Sequence[int]
) -> list[int]:
    """Guardians of these students, or of these families, who answer for nobody else whose data are kept."""
    theirs = set(
        session.scalars(
            select(StudentGuardian.guardian_id).where(StudentGuardian.student_id.in_(student_ids))
        )
    ) | set(session.scalars(select(Guardian.id).where(Guardian.family_id.in_(family_ids))))
    others = select(StudentGuardian.guardian_id).where(
        StudentGuardian.guardian_id.in_(theirs),
        StudentGuardian.student_id.not_in(student_ids),
        ~_is_erased("student", StudentGuardian.student_id),
    )
    return sorted(theirs - set(session.scalars(others)))


def count_erased(session: Session) -> int:
    """Students whose data were erased."""
    return session.scalar(select(func.count()).where(Erasure.subject.like("student:%"))) or 0
