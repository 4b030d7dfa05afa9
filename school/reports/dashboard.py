"""What the school is owed and how it comes in. Amounts are minor units and carry their sign in their name.

`billed` is fee income: bills and late fees less credit notes and reversals. `conceded` is what concessions
took off it. `collected` is money received less reversed payments and refunds: what the tenders gained.
The rate is collected ÷ (billed − conceded). A term's figures are of the lines posted to that term, in the
class as at posting.

As at the latest entry date all of it comes from projections; as at an earlier date balances, open charges and
term totals are recomputed from entries and lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import FromClause, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from school.ledger.models import Account
from school.ledger.projections import OpenItem, RollTotal, StudentBalance
from school.ledger.queries.allocation import balances, open_items, total, up_to_date
from school.reports.ageing import Ageing, ageing, due_totals
from school.reports.movements import (
    AccountTotal,
    MonthRow,
    Posted,
    by_account,
    by_fee_head,
    by_tender,
    months,
    posted_to_term,
    takings,
    term_id_of,
    term_of,
    trial_balance,
)
from school.students.models import SchoolClass, Student
from school.students.queries import TermFacts, classes, today

__all__ = [
    "AccountTotal",
    "Ageing",
    "ClassRow",
    "Debtor",
    "Figures",
    "MonthRow",
    "ageing",
    "by_class",
    "by_fee_head",
    "by_tender",
    "figures",
    "months",
    "takings",
    "top_debtors",
    "trial_balance",
]

TOP = 10
OF_A_CLASS = ("income", "concession", "tender")


@dataclass(frozen=True)
class Figures:
    """owed = Σ of positive balances, of `owing` students; due is open by `as_at`, overdue before it.

    billed, conceded, written_off, collected and the rate are of `term`, through `as_at`; 0 without a term.
    rate_percent is None where nothing was billed.
    """

    as_at: date
    term: TermFacts | None
    owing: int
    owed: int
    due: int
    overdue: int
    credit: int
    billed: int
    conceded: int
    written_off: int
    collected: int
    rate_percent: float | None


@dataclass(frozen=True)
class ClassRow:
    """`students` (enrolled) and `outstanding` (Σ positive balances) are of the class now; 0 is no class."""

    class_id: int
    name: str
    students: int
    billed: int
    conceded: int
    collected: int
    outstanding: int
    rate_percent: float | None


@dataclass(frozen=True)
class Debtor:
    """oldest_due is the due date of the oldest open charge."""

    student_id: int
    admission_no: str
    name: str
    class_name: str | None
    balance: int
    overdue: int
    oldest_due: date


def figures(
    session: Session,
    *,
    as_at: date | None = None,
    term_id: int | None = None,
    due: Sequence[tuple[date, int]] | None = None,
    posted: Sequence[Posted] | None = None,
) -> Figures:
    """The key figures; of the term of `as_at` unless another is named.

    `due` are the `due_totals`, `posted` the totals `by_account`, where they are known already.
    """
    day = as_at or today(session)
    term = term_of(session, day, term_id)
    owing, owed, credit = _standing(session, as_at)
    by_date = due_totals(session, as_at=as_at) if due is None else due
    moved = dict.fromkeys(("income", "concession", "bad_debt", "tender"), 0)
    if term and posted is None:
        posted = by_account(session, as_at=as_at, term_id=term.id)
    for one in posted or ():
        moved[one.type] = moved.get(one.type, 0) + one.amount
    return Figures(
        as_at=day,
        term=term,
        owing=owing,
        owed=owed,
        due=sum(amount for due_date, amount in by_date if due_date <= day),
        overdue=sum(amount for due_date, amount in by_date if due_date < day),
        credit=credit,
        billed=moved["income"],
        conceded=-moved["concession"],
        written_off=-moved["bad_debt"],
        collected=-moved["tender"],
        rate_percent=_rate(-moved["tender"], moved["income"] + moved["concession"]),
    )


def by_class(session: Session, *, as_at: date | None = None, term_id: int | None = None) -> list[ClassRow]:
    """One row a class, youngest first; students without a class come last, when there are any."""
    posted_term = term_id_of(session, as_at, term_id)
    moved: dict[int, dict[str, int]] = {}
    if posted_term is not None:
        asked = {"term": posted_term, "as_at": as_at}
        for class_id, *sums in session.execute(_moved_by_class(up_to_date(session, as_at)), asked):
            moved[class_id] = dict(zip(OF_A_CLASS, sums, strict=True))
    roll = {class_id: (students, owed) for class_id, students, owed in session.execute(_ROLL)}
    owed = {class_id: owed for class_id, (_, owed) in roll.items()}
    if not up_to_date(session, as_at):
        owed = _owed_by_class(session, as_at)
    named = [*((c.id, c.name) for c in classes(session)), (0, "")]
    facts = [
        _class_row(
            class_id, name, roll.get(class_id, (0, 0))[0], owed.get(class_id, 0), moved.get(class_id, {})
        )
        for class_id, name in named
    ]
    return [row for row in facts if row.class_id or row.students or row.outstanding or row.class_id in moved]


def top_debtors(session: Session, *, as_at: date | None = None, limit: int = TOP) -> list[Debtor]:
    """The students who owe most, most first."""
    day = as_at or today(session)
    now = up_to_date(session, as_at)
    query = _top_now() if now else _top(balances(as_at=as_at).subquery())
    top: Sequence[Any] = session.execute(query, {"limit": limit}).all()
    ids = [row.id for row in top]
    query = _dues_now() if now else _dues(open_items(as_at=as_at, students=ids))
    rows = session.execute(query, {"day": day, "ids": ids})
    dues = {student_id: (overdue, oldest) for student_id, overdue, oldest in rows}
    return [Debtor(*(*row, *dues[row.id])) for row in top]


def _standing(session: Session, as_at: date | None) -> tuple[int, int, int]:
    """How many students owe, what they owe, and the credit of the others."""
    if up_to_date(session, as_at):
        row = session.execute(_STANDING).one()
        return row[0], row[1], row[2]
    each = balances(as_at=as_at).subquery()
    owes = each.c.balance > 0
    row = session.execute(
        select(
            total(case((owes, 1), else_=0)),
            total(case((owes, each.c.balance), else_=0)),
            total(case((owes, 0), else_=-each.c.balance)),
        )
    ).one()
    return row[0], row[1], row[2]


# Statements built once are read four times as fast as those built anew.
_STANDING = select(total(RollTotal.owing), total(RollTotal.owed), total(RollTotal.credit))
_ROLL = select(
    RollTotal.class_id,
    total(case((RollTotal.status == "enrolled", RollTotal.students), else_=0)),
    total(RollTotal.owed),
).group_by(RollTotal.class_id)


@lru_cache
def _moved_by_class(now: bool) -> Select[*tuple[Any, ...]]:
    """One row a class, in the order in which its totals are kept: nothing has to be sorted."""
    posted = posted_to_term(now)
    sums = [total(case((Account.type == type_, posted.c.amount), else_=0)) for type_ in OF_A_CLASS]
    return (
        select(posted.c.class_id, *sums)
        .join(Account, Account.code == posted.c.account)
        .group_by(posted.c.class_id)
    )


@lru_cache
def _top_now() -> Select[*tuple[Any, ...]]:
    return _top(StudentBalance.__table__)


def _top(each: FromClause) -> Select[*tuple[Any, ...]]:
    """`:limit` students by what `each` says they owe, with number, name, class and balance."""
    return (
        select(
            Student.id,
            Student.admission_no,
            Student.name,
            SchoolClass.name.label("class_name"),
            each.c.balance,
        )
        .select_from(each)
        .join(Student, Student.id == each.c.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .where(each.c.balance > 0)
        .order_by(each.c.balance.desc(), each.c.student_id.desc())
        .limit(bindparam("limit"))
    )


@lru_cache
def _dues_now() -> Select[*tuple[Any, ...]]:
    return _dues(OpenItem.__table__)


def _dues(items: FromClause) -> Select[*tuple[Any, ...]]:
    """What is open and due before `:day`, and the oldest due date, of each of `:ids`."""
    late = case((items.c.due_date < bindparam("day"), items.c.open), else_=0)
    return (
        select(items.c.student_id, total(late), func.min(items.c.due_date))
        .where(items.c.student_id.in_(bindparam("ids", expanding=True)))
        .group_by(items.c.student_id)
    )


def _owed_by_class(session: Session, as_at: date | None) -> dict[int, int]:
    each = balances(as_at=as_at).subquery()
    rows = session.execute(
        select(func.coalesce(Student.class_id, 0), total(each.c.balance))
        .join(Student, Student.id == each.c.student_id)
        .where(each.c.balance > 0)
        .group_by(Student.class_id)
    )
    return dict(rows.all())


def _class_row(class_id: int, name: str, students: int, outstanding: int, moved: dict[str, int]) -> ClassRow:
    billed, conceded = moved.get("income", 0), -moved.get("concession", 0)
    collected = -moved.get("tender", 0)
    rate = _rate(collected, billed - conceded)
    return ClassRow(class_id, name, students, billed, conceded, collected, outstanding, rate)


def _rate(collected: int, payable: int) -> float | None:
    return round(100 * collected / payable, 1) if payable > 0 else None
