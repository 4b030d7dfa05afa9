"""The only reader of the fee structure: what a term costs, for whom, and what each student has chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Integer, Select, Table, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from school import languages
from school.errors import NotFound
from school.fees.costing import Days, Part
from school.fees.models import Fee, FeeHead, Instalment, InstalmentPlan, Run, RunEntry, StudentOption
from school.languages import ENGLISH, Language
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
    language: Language = ENGLISH  # of what is written on the account


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


# Every chunk of a run passes here: tables cost half of what mapped classes do.
_student, _class = cast(Table, Student.__table__), cast(Table, SchoolClass.__table__)
_enrolment, _option = cast(Table, Enrolment.__table__), cast(Table, StudentOption.__table__)
_run, _run_entry = cast(Table, Run.__table__), cast(Table, RunEntry.__table__)
_CHARGED = exists(
    select(_run_entry.c.entry_id)
    .join(_run, _run.c.id == _run_entry.c.run_id)
    .where(_run_entry.c.student_id == _student.c.id, _run.c.term_id == bindparam("term_id"))
)
_BILLABLE = or_(_student.c.status == "enrolled", and_(_student.c.status == "left", _CHARGED))
_noted = _enrolment.alias("noted")
_NOTED = and_(_noted.c.student_id == _student.c.id, _noted.c.year_id == bindparam("year_id"))
_CLASS = case(  # the one noted for the term's year, else the present one
    (
        exists(select(_noted.c.student_id).where(_NOTED)),
        select(_noted.c.class_id).where(_NOTED).scalar_subquery(),
    ),
    else_=_student.c.class_id,
)
_PUPILS = (
    select(
        _student.c.id,
        _student.c.family_id,
        _student.c.name,
        _student.c.admission_no,
        _class.c.id,
        func.coalesce(_class.c.name, ""),
        _student.c.class_id,
        _student.c.status,
        _student.c.joined_on,
        _student.c.left_on,
    )
    .outerjoin(
        _enrolment,
        and_(_enrolment.c.student_id == _student.c.id, _enrolment.c.year_id == bindparam("year_id")),
    )
    .outerjoin(
        _class,
        _class.c.id
        == case((_enrolment.c.student_id.is_not(None), _enrolment.c.class_id), else_=_student.c.class_id),
    )
    .where(_BILLABLE)
    .order_by(_student.c.family_id, _student.c.id)
)
_NEXT = _PUPILS.where(_student.c.family_id > bindparam("after")).limit(bindparam("count", type_=Integer))
_OPTIONS = (
    select(
        _option.c.id,
        _option.c.student_id,
        _option.c.account,
        _option.c.from_on,
        _option.c.until_on,
        _option.c.amount,
    )
    .where(_option.c.student_id.in_(bindparam("ids", expanding=True)), _option.c.active)
    .order_by(_option.c.from_on, _option.c.id)
)


_HEADS = (
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


def heads(session: Session) -> list[HeadFacts]:
    """Every income account, the fee heads first and in the order of a bill."""
    rows = session.execute(_HEADS)
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


def has_fees(session: Session, year_id: int) -> bool:
    """Whether anything of the fee structure of a year is in use."""
    return session.scalar(_ANY_FEE, {"year": year_id}) is not None


_ANY_FEE = select(Fee.id).where(Fee.year_id == bindparam("year"), Fee.active).limit(1)


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
    language = languages.of(students.school(session).locale)
    return Tariff(term, heads_in_use(session), by_head, {plan.id: plan for plan in plans(session)}, language)


def options(session: Session, student_ids: Iterable[int]) -> dict[int, list[OptionFacts]]:
    """What each student has chosen, from the earliest day on."""
    found: dict[int, list[OptionFacts]] = {}
    rows: Iterable[Any] = session.connection().execute(_OPTIONS, {"ids": list(student_ids)})
    for option_id, student_id, account, from_on, until_on, amount in rows:
        option = OptionFacts(option_id, student_id, account, Days(from_on, until_on), amount)
        found.setdefault(student_id, []).append(option)
    return found


def count_pupils(
    session: Session, term: TermFacts, *, class_ids: Sequence[int] | None, through: int | None = None
) -> int:
    """How many students a run looks at; `through` a family, of those up to it."""
    query = select(func.count()).select_from(_student).where(_BILLABLE)
    if class_ids is not None:
        query = query.where(_CLASS.in_(class_ids))
    if through is not None:
        query = query.where(_student.c.family_id <= through)
    return session.scalar(query, {"term_id": term.id, "year_id": term.year_id}) or 0


def next_pupils(
    session: Session, term: TermFacts, *, after: int, students_max: int, class_ids: Sequence[int] | None
) -> list[Pupil]:
    """The members of the next families by their id, of at least one and as many as come to so many students.

    Families are whole, also where not every member is of these classes. Who has left is among them if a run
    charged for the term.
    """
    asked = {"term_id": term.id, "year_id": term.year_id, "after": after, "count": students_max + 1}
    query = _NEXT
    if class_ids is not None:
        of_class = select(_student.c.family_id).where(_CLASS.in_(class_ids), _BILLABLE)
        query = _NEXT.where(_student.c.family_id.in_(of_class))
    found = _facts(session, query, asked)
    if len(found) <= students_max:
        return found
    last = found[-1].family_id
    whole = [pupil for pupil in found if pupil.family_id != last]
    return whole or _facts(session, _PUPILS.where(_student.c.family_id == last), asked)


def _facts(session: Session, query: Select[*tuple[Any, ...]], asked: Mapping[str, Any]) -> list[Pupil]:
    rows: Iterable[Any] = session.connection().execute(query, asked)
    return [Pupil(*row) for row in rows]


def unfinished(session: Session) -> dict[str, int]:
    """Entries posted so far by runs that are begun and neither finished nor taken back, by kind of run."""
    counted = (
        select(Run.kind, func.count(RunEntry.entry_id))
        .outerjoin(RunEntry, RunEntry.run_id == Run.id)
        .where(Run.finished_at.is_(None), Run.undone_at.is_(None))
        .group_by(Run.kind)
    )
    return dict(session.execute(counted).all())
