"""The only reader of the school, its calendar and its people. Answers are facts, never live rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from school import clock, money
from school.db import among, rows_of
from school.errors import NotFound
from school.students import finding, rules
from school.students.models import (
    Guardian,
    School,
    SchoolClass,
    Student,
    StudentGuardian,
    Term,
    Year,
)

# Read by nearly every page, so the statements are built once: that takes longer than reading them.
_SCHOOL = select(
    School.name,
    School.address,
    School.currency,
    School.exponent,
    School.time_zone,
    School.locale,
    School.how_to_pay,
).where(School.id == 1)
_TIME_ZONE = select(School.time_zone)
_YEARS = select(Year.id, Year.name, Year.starts_on, Year.ends_on).order_by(Year.starts_on)
_TERMS = (
    select(Term.id, Term.name, Term.year_id, Year.name, Term.starts_on, Term.ends_on)
    .join(Year, Year.id == Term.year_id)
    .order_by(Term.starts_on, Term.id)
)
_CLASSES = select(SchoolClass.id, SchoolClass.name, SchoolClass.position).order_by(
    SchoolClass.position, SchoolClass.name
)
_ANY = select(Student.id).limit(1)
_link = StudentGuardian
_GUARDIANS = (
    select(_link.student_id, Guardian.id, Guardian.name, Guardian.phone, Guardian.email, _link.position)
    .join(Guardian, Guardian.id == _link.guardian_id)
    .where(among(_link.student_id, named="students"), _link.position > 0)
    .order_by(_link.student_id, _link.position, Guardian.id)
)


@dataclass(frozen=True)
class SchoolFacts:
    name: str
    address: str
    currency: money.Currency
    time_zone: str
    locale: str
    how_to_pay: str = ""  # as statements and letters say it; may have several lines


@dataclass(frozen=True)
class YearFacts:
    id: int
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class TermFacts:
    id: int
    name: str
    year_id: int
    year_name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class ClassFacts:
    id: int
    name: str
    position: int


@dataclass(frozen=True)
class StudentFacts:
    """`name` is as it is shown; `class_name` is empty for a student in no class."""

    id: int
    admission_no: str
    name: str
    first_name: str
    last_name: str
    class_id: int | None
    class_name: str
    family_id: int
    status: str
    joined_on: date | None
    left_on: date | None
    notes: str


@dataclass(frozen=True)
class GuardianFacts:
    """`position` 1 is written to first."""

    id: int
    name: str
    phone: str
    email: str
    position: int


def has_school(session: Session) -> bool:
    return session.scalar(select(School.id)) is not None


def school(session: Session) -> SchoolFacts:
    """Raises NotFound when the school is not set up."""
    rows = rows_of(session, _SCHOOL)
    if not rows:
        raise NotFound(
            "The school is not set up yet: open the set-up page, or give its currency and time zone."
        )
    found = rows[0]
    unit = money.Currency(found.currency, found.exponent)
    reader = found.locale.replace("_", "-")  # as some were kept
    return SchoolFacts(found.name, found.address, unit, found.time_zone, reader, found.how_to_pay)


def time_zone(session: Session) -> str:
    """The school's own. Raises NotFound when the school is not set up."""
    found = rows_of(session, _TIME_ZONE)
    return found[0].time_zone if found else school(session).time_zone


def today(session: Session) -> date:
    """The date in the school's time zone. Raises NotFound when the school is not set up."""
    return clock.today(time_zone(session))


def years(session: Session) -> list[YearFacts]:
    """Oldest first."""
    return [YearFacts(*row) for row in rows_of(session, _YEARS)]


def year_on(session: Session, day: date) -> YearFacts | None:
    """The school year containing the day, or None."""
    return next((y for y in years(session) if y.starts_on <= day <= y.ends_on), None)


def terms(session: Session) -> list[TermFacts]:
    """Oldest first."""
    return [TermFacts(*row) for row in rows_of(session, _TERMS)]


def term_on(session: Session, day: date) -> TermFacts | None:
    """The term containing the day, or None between terms."""
    return next((t for t in terms(session) if t.starts_on <= day <= t.ends_on), None)


def classes(session: Session) -> list[ClassFacts]:
    """From the youngest to the oldest."""
    return [ClassFacts(*row) for row in rows_of(session, _CLASSES)]


def any_student(session: Session) -> bool:
    return session.scalar(_ANY) is not None


def _students() -> Select[*tuple[Any, ...]]:
    return select(
        Student.id,
        Student.admission_no,
        Student.name,
        Student.first_name,
        Student.last_name,
        Student.class_id,
        func.coalesce(SchoolClass.name, ""),
        Student.family_id,
        Student.status,
        Student.joined_on,
        Student.left_on,
        Student.notes,
    ).outerjoin(SchoolClass, SchoolClass.id == Student.class_id)


_ONE = _students().where(Student.id == bindparam("id"))
_FAMILY = select(Student.family_id).where(Student.id == bindparam("id")).scalar_subquery()
_SIBLINGS = (
    _students()
    .where(Student.family_id == _FAMILY, Student.id != bindparam("id"))
    .order_by(Student.sort_name, Student.id)
)


def _facts(session: Session, query: Select[*tuple[Any, ...]], **asked: int) -> list[StudentFacts]:
    rows: Iterable[Any] = session.execute(query, asked)
    return [StudentFacts(*row) for row in rows]


def student(session: Session, student_id: int) -> StudentFacts:
    """Raises NotFound."""
    found = _facts(session, _ONE, id=student_id)
    if not found:
        raise NotFound("There is no such student.")
    return found[0]


def student_by_admission_no(session: Session, admission_no: str) -> StudentFacts:
    """Raises NotFound."""
    found = _facts(session, _students().where(Student.admission_no == rules.clean(admission_no)))
    if not found:
        raise NotFound(f"No student has the admission number “{rules.clean(admission_no)[:40]}”.")
    return found[0]


def by_admission_nos(session: Session, admission_nos: Iterable[str]) -> dict[str, StudentFacts]:
    """Those that exist, by admission number; any number of them."""
    found = _facts(session, _students().where(among(Student.admission_no, admission_nos)))
    return {fact.admission_no: fact for fact in found}


def by_ids(session: Session, student_ids: Iterable[int]) -> dict[int, StudentFacts]:
    """Those that exist, by id; any number of them."""
    found = _facts(session, _students().where(among(Student.id, student_ids)))
    return {fact.id: fact for fact in found}


def family_ids(session: Session, student_ids: Iterable[int]) -> dict[int, int]:
    """The family account of each student."""
    query = select(Student.id, Student.family_id).where(among(Student.id, student_ids))
    return dict(session.execute(query).all())


def siblings(session: Session, student_id: int) -> list[StudentFacts]:
    """The other students of the same family account, by name."""
    return _facts(session, _SIBLINGS, id=student_id)


def guardians(session: Session, student_id: int) -> list[GuardianFacts]:
    """Who answers for the student now, in the order in which they are written to."""
    return guardians_of(session, [student_id]).get(student_id, [])


def guardians_of(session: Session, student_ids: Iterable[int]) -> dict[int, list[GuardianFacts]]:
    """The guardians of each student that has any; any number of students."""
    found: dict[int, list[GuardianFacts]] = {}
    rows: Iterable[Any] = session.execute(_GUARDIANS, {"students": student_ids})
    for student_id, *guardian in rows:
        found.setdefault(student_id, []).append(GuardianFacts(*guardian))
    return found


def students_of_guardians(session: Session, guardian_ids: Iterable[int]) -> set[int]:
    """The students for whom any of these answers now."""
    of_these = among(_link.guardian_id, guardian_ids)
    return set(session.scalars(select(_link.student_id).where(of_these, _link.position > 0)))


def search(session: Session, text: str, *, limit: int = 20) -> list[StudentFacts]:
    """Students of whose words (names, numbers, guardians, phones) each typed word begins one; by name."""
    ids = finding.matching_ids(text)
    if ids is None:
        return []
    return _facts(
        session, _students().where(Student.id.in_(ids)).order_by(Student.sort_name, Student.id).limit(limit)
    )
