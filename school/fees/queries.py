"""The only reader of the fee structure: what a term costs, for whom, and what each student has chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from school.errors import NotFound
from school.fees.costing import Days, Part
from school.fees.models import Fee, FeeHead, Instalment, InstalmentPlan, Run, RunEntry, StudentOption
from school.ledger.models import Account
from school.students import queries as students
from school.students.models import Enrolment, SchoolClass, Student
from school.students.queries import TermFacts


@dataclass(frozen=True)
class HeadFacts:
    """`account` and `name` are those of the income account; `is_head` is False while it is none yet."""

    account: str
    name: str
    refundable: bool
    optional: bool
    prorated: bool
    position: int
    active: bool
    is_head: bool


@dataclass(frozen=True)
class FeeFacts:
    id: int
    year_id: int
    term_id: int | None
    class_id: int | None
    account: str
    amount: int
    plan_id: int | None


@dataclass(frozen=True)
class PlanFacts:
    id: int
    name: str
    active: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class OptionFacts:
    id: int
    student_id: int
    account: str
    days: Days
    amount: int | None


@dataclass(frozen=True)
class Tariff:
    """What a term costs, whoever asks: heads in the order of a bill, the rows of each, the parts of plans."""

    term: TermFacts
    heads: Sequence[HeadFacts]
    fees: dict[str, list[FeeFacts]]
    plans: dict[int, PlanFacts]


@dataclass(frozen=True)
class Pupil:
    """A student as a run sees one: `class_id` is the class of the term's year, `class_now` that of today."""

    id: int
    family_id: int
    name: str
    admission_no: str
    class_id: int | None
    class_name: str
    class_now: int | None
    status: str
    joined_on: date | None
    left_on: date | None


def heads(session: Session) -> list[HeadFacts]:
    """Every income account, the fee heads first and in the order of a bill."""
    rows = session.execute(
        select(
            Account.code,
            Account.name,
            FeeHead.refundable,
            FeeHead.optional,
            FeeHead.prorated,
            FeeHead.position,
            Account.active,
            FeeHead.account,
        )
        .outerjoin(FeeHead, FeeHead.account == Account.code)
        .where(Account.type == "income")
        .order_by(FeeHead.account.is_(None), FeeHead.position, Account.position, Account.code)
    )
    return [
        HeadFacts(
            code, name, bool(refundable), bool(optional), bool(prorated), position or 0, active, bool(head)
        )
        for code, name, refundable, optional, prorated, position, active, head in rows
    ]


def heads_in_use(session: Session) -> list[HeadFacts]:
    return [head for head in heads(session) if head.is_head and head.active]


def fees(session: Session, year_id: int) -> list[FeeFacts]:
    """The rows of the fee structure of a year that are in use."""
    rows = session.execute(
        select(Fee.id, Fee.year_id, Fee.term_id, Fee.class_id, Fee.account, Fee.amount, Fee.plan_id)
        .where(Fee.year_id == year_id, Fee.active)
        .order_by(Fee.id)
    )
    return [FeeFacts(*row) for row in rows]


def plans(session: Session) -> list[PlanFacts]:
    """By name, with their parts in order."""
    parts: dict[int, list[Part]] = {}
    columns = (Instalment.plan_id, Instalment.share_bp, Instalment.due_on, Instalment.due_days)
    for plan_id, share_bp, due_on, due_days in session.execute(
        select(*columns).order_by(Instalment.plan_id, Instalment.n)
    ):
        parts.setdefault(plan_id, []).append(Part(share_bp, due_on, due_days))
    rows = session.execute(
        select(InstalmentPlan.id, InstalmentPlan.name, InstalmentPlan.active).order_by(InstalmentPlan.name)
    )
    return [PlanFacts(*row, tuple(parts.get(row.id, ()))) for row in rows]


def tariff(session: Session, term_id: int) -> Tariff:
    """Raises NotFound for a term that is not there."""
    term = next((term for term in students.terms(session) if term.id == term_id), None)
    if term is None:
        raise NotFound("There is no such term.", field="term")
    by_head: dict[str, list[FeeFacts]] = {}
    for fee in fees(session, term.year_id):
        by_head.setdefault(fee.account, []).append(fee)
    return Tariff(term, heads_in_use(session), by_head, {plan.id: plan for plan in plans(session)})


def options(session: Session, student_ids: Iterable[int]) -> dict[int, list[OptionFacts]]:
    """What each student has chosen, from the earliest day on."""
    found: dict[int, list[OptionFacts]] = {}
    for row in session.execute(
        select(
            StudentOption.id,
            StudentOption.student_id,
            StudentOption.account,
            StudentOption.from_on,
            StudentOption.until_on,
            StudentOption.amount,
        )
        .where(StudentOption.student_id.in_(list(student_ids)), StudentOption.active)
        .order_by(StudentOption.from_on, StudentOption.id)
    ):
        option = OptionFacts(row.id, row.student_id, row.account, Days(row.from_on, row.until_on), row.amount)
        found.setdefault(row.student_id, []).append(option)
    return found


def count_pupils(
    session: Session, term: TermFacts, *, class_ids: Sequence[int] | None, through: int | None = None
) -> int:
    """How many students a run looks at; `through` a family, of those up to it."""
    query = select(func.count()).select_from(Student).where(_billable(term.id))
    if class_ids is not None:
        query = query.where(_class_of(term.year_id).in_(class_ids))
    if through is not None:
        query = query.where(Student.family_id <= through)
    return session.scalar(query) or 0


def next_pupils(
    session: Session, term: TermFacts, *, after: int, students_max: int, class_ids: Sequence[int] | None
) -> list[Pupil]:
    """The members of the next families by their id, of at least one and as many as come to so many students.

    Families are whole, also where not every member is of these classes. Who has left is among them if a run
    charged for the term.
    """
    query = _pupils(term).where(Student.family_id > after).order_by(Student.family_id, Student.id)
    if class_ids is not None:
        of_class = select(Student.family_id).where(_class_of(term.year_id).in_(class_ids), _billable(term.id))
        query = query.where(Student.family_id.in_(of_class))
    found = _facts(session, query.limit(students_max + 1))
    if len(found) <= students_max:
        return found
    last = found[-1].family_id
    whole = [pupil for pupil in found if pupil.family_id != last]
    return whole or _facts(session, _pupils(term).where(Student.family_id == last).order_by(Student.id))


def _facts(session: Session, query: Select[*tuple[Any, ...]]) -> list[Pupil]:
    rows: Iterable[Any] = session.execute(query)
    return [Pupil(*row) for row in rows]


def _pupils(term: TermFacts) -> Select[*tuple[Any, ...]]:
    of_year = aliased(SchoolClass)
    enrolled = and_(Enrolment.student_id == Student.id, Enrolment.year_id == term.year_id)
    then = case((Enrolment.student_id.is_not(None), Enrolment.class_id), else_=Student.class_id)
    return (
        select(
            Student.id,
            Student.family_id,
            Student.name,
            Student.admission_no,
            of_year.id,
            func.coalesce(of_year.name, ""),
            Student.class_id,
            Student.status,
            Student.joined_on,
            Student.left_on,
        )
        .outerjoin(Enrolment, enrolled)
        .outerjoin(of_year, of_year.id == then)
        .where(_billable(term.id))
    )


def _billable(term_id: int) -> ColumnElement[bool]:
    charged = exists(
        select(RunEntry.entry_id)
        .join(Run, Run.id == RunEntry.run_id)
        .where(RunEntry.student_id == Student.id, Run.term_id == term_id)
    )
    return or_(Student.status == "enrolled", and_(Student.status == "left", charged))


def _class_of(year_id: int) -> ColumnElement[int | None]:
    noted = and_(Enrolment.student_id == Student.id, Enrolment.year_id == year_id)
    then = select(Enrolment.class_id).where(noted).scalar_subquery()
    return case((exists(select(Enrolment.student_id).where(noted)), then), else_=Student.class_id)
