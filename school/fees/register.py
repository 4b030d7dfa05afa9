"""The concession register: what each scheme has cost, from the ledger, and who was given it by whom and why.

A scheme is its concession account; what was forgiven by hand stands on accounts of that type too. Amounts are
minor units, + = forgiven, net of what was reversed in the same period.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, case, distinct, func, select
from sqlalchemy.orm import Session

from school.fees.models import ConcessionScheme, Grant
from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import total
from school.students.models import SchoolClass, Student


@dataclass(frozen=True)
class SchemeCost:
    """`kind` is None for a concession account that is no scheme; `students` got something, net."""

    scheme: str
    name: str
    kind: str | None
    students: int
    amount: int


@dataclass(frozen=True)
class Recipient:
    """A student with what a scheme gave in the period. Reason, grantor and approver are of the latest grant,
    else of the latest entry.
    """

    student_id: int
    admission_no: str
    name: str
    class_name: str
    amount: int
    reason: str | None
    granted_by: str
    approved_by: str | None


def register(
    session: Session, *, since: date, until: date, term_ids: Collection[int] = ()
) -> list[SchemeCost]:
    """Every scheme, and every other concession account that was used, in order; days are inclusive.

    With `term_ids`, what was given for these terms, whenever that was: they are billed before they begin.
    """
    per = _per_student(since, until, term_ids).subquery()
    query = (
        select(
            Account.code,
            Account.name,
            ConcessionScheme.kind,
            func.count(distinct(case((per.c.amount != 0, per.c.student_id)))),
            total(per.c.amount).label("amount"),
        )
        .outerjoin(ConcessionScheme, ConcessionScheme.account == Account.code)
        .outerjoin(per, per.c.account == Account.code)
        .where(Account.type == "concession")
        .group_by(Account.code, Account.name, Account.position, ConcessionScheme.kind)
        .having((func.count(per.c.student_id) > 0) | ConcessionScheme.kind.is_not(None))
        .order_by(Account.position, Account.code)
    )
    return [SchemeCost(*row) for row in session.execute(query)]


def recipients(
    session: Session,
    *,
    scheme: str,
    since: date,
    until: date,
    term_ids: Collection[int] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[Recipient]:
    """The rows behind one scheme's cost, by name; they add up to it."""
    per = _per_student(since, until, term_ids).where(Line.account == scheme).subquery()
    grant = select(func.max(Grant.id)).where(
        Grant.student_id == per.c.student_id,
        Grant.scheme == scheme,
        Grant.state.in_(("granted", "ended")),
        Grant.valid_from <= until,
    )
    query = (
        select(
            Student.id,
            Student.admission_no,
            Student.name,
            func.coalesce(SchoolClass.name, ""),
            per.c.amount,
            func.coalesce(Grant.reason, Entry.reason),
            func.coalesce(Grant.actor, Entry.actor),
            Grant.decided_by,
        )
        .join(per, per.c.student_id == Student.id)
        .join(Entry, Entry.id == per.c.entry_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .outerjoin(Grant, Grant.id == grant.correlate(per).scalar_subquery())
        .where(per.c.amount != 0)
        .order_by(Student.sort_name, Student.id)
        .limit(limit)
        .offset(offset)
    )
    return [Recipient(*row) for row in session.execute(query)]


def _per_student(since: date, until: date, term_ids: Collection[int]) -> Select[str, int, int, int]:
    query = (
        select(
            Line.account.label("account"),
            Line.student_id.label("student_id"),
            (-total(Line.amount)).label("amount"),
            func.max(case((Entry.kind != "reversal", Entry.id), else_=Entry.reverses)).label("entry_id"),
        )
        .join(Entry, Entry.id == Line.entry_id)
        .join(Account, Account.code == Line.account)
        .where(Account.type == "concession")
        .group_by(Line.account, Line.student_id)
    )
    if term_ids:
        return query.where(Line.term_id.in_(term_ids))
    return query.where(Entry.date >= since, Entry.date <= until)
