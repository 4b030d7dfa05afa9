"""Reads schemes and grants for people: what each gives, who has it, who waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from school.errors import NotFound
from school.fees.conceding import Rate
from school.fees.models import ConcessionScheme, Grant
from school.fees.schemes import rates_of
from school.ledger.models import Account
from school.students import finding
from school.students import queries as students
from school.students.models import SchoolClass, Student

IN_FORCE, WAITING, OVER = "in force", "waiting", "over"


@dataclass(frozen=True)
class SchemeFacts:
    """`in_force` and `waiting` count grants; a sibling scheme needs none."""

    account: str
    name: str
    kind: str
    cap: int | None
    cap_bp: int | None
    needs_approval: bool
    active: bool
    in_force: int
    waiting: int
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class GrantFacts:
    id: int
    student_id: int
    student: str
    admission_no: str
    class_name: str
    scheme: str
    scheme_name: str
    head: str | None
    share_bp: int | None
    amount: int | None
    valid_from: date
    valid_until: date | None
    reason: str
    state: str
    at: datetime
    actor_id: int | None
    actor: str
    decided_by: str | None
    decision_reason: str | None
    ended_on: date | None


def schemes(session: Session) -> list[SchemeFacts]:
    """In the order in which they are met; those no longer in use come last."""
    today = students.today(session)
    counted = (
        select(
            Grant.scheme.label("scheme"),
            func.count().filter(stands(IN_FORCE, today)).label("in_force"),
            func.count().filter(stands(WAITING, today)).label("waiting"),
        )
        .group_by(Grant.scheme)
        .subquery()
    )
    query = (
        select(
            ConcessionScheme.account,
            Account.name,
            ConcessionScheme.kind,
            ConcessionScheme.cap,
            ConcessionScheme.cap_bp,
            ConcessionScheme.needs_approval,
            ConcessionScheme.active,
            func.coalesce(counted.c.in_force, 0),
            func.coalesce(counted.c.waiting, 0),
        )
        .join(Account, Account.code == ConcessionScheme.account)
        .outerjoin(counted, counted.c.scheme == ConcessionScheme.account)
        .order_by(ConcessionScheme.active.desc(), Account.position, Account.code)
    )
    rows: Iterable[Any] = session.execute(query)
    return [SchemeFacts(*[*row, tuple(rates_of(session, row.account))]) for row in rows]


# Said in so many letters, as the index of the few that wait says it.
_WAITS = Grant.state == literal_column("'waiting'")


def stands(state: str, today: date) -> ColumnElement[bool]:
    """Of grants: `IN_FORCE` are those that count now or will, `OVER` the rest but those that wait."""
    if state == WAITING:
        return _WAITS
    in_force = or_(
        and_(Grant.state == "granted", or_(Grant.valid_until.is_(None), Grant.valid_until >= today)),
        and_(Grant.state == "ended", Grant.ended_on >= today, Grant.ended_on >= Grant.valid_from),
    )
    return in_force if state == IN_FORCE else and_(Grant.state != "waiting", not_(in_force))


def grants(
    session: Session,
    *,
    state: str | None = None,
    scheme: str | None = None,
    student_id: int | None = None,
    text: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> tuple[list[GrantFacts], int]:
    """One page of those that match everything given, by student, and how many there are in all."""
    query = _grants()
    if state is not None:
        query = query.where(stands(state, students.today(session)))
    if scheme is not None:
        query = query.where(Grant.scheme == scheme)
    if student_id is not None:
        query = query.where(Grant.student_id == student_id)
    found = finding.matching_ids(text)
    if found is not None:
        query = query.where(Grant.student_id.in_(found))
    order = query.order_by(Student.sort_name, Student.id, Grant.id.desc())
    rows: Iterable[Any] = session.execute(order.limit(limit).offset(offset))
    facts = [GrantFacts(*row) for row in rows]
    if limit is None and not offset:
        return facts, len(facts)
    return facts, session.scalar(select(func.count()).select_from(query.subquery())) or 0


def waiting(session: Session) -> list[GrantFacts]:
    """All that wait for a decision, by student."""
    rows: Iterable[Any] = session.execute(_waiting())
    return [GrantFacts(*row) for row in rows]


@lru_cache
def _waiting() -> Select[*tuple[Any, ...]]:
    return _grants().where(Grant.state == "waiting").order_by(Student.sort_name, Student.id, Grant.id.desc())


_WAITING_FOR = select(func.count()).where(
    _WAITS, Grant.actor_id.is_distinct_from(bindparam("user", type_=Integer))
)


def waiting_for(session: Session, user_id: int | None) -> int:
    """How many grants wait for this user to decide: nobody decides what they asked for themselves."""
    return session.scalar(_WAITING_FOR, {"user": user_id}) or 0


def grant(session: Session, grant_id: int) -> GrantFacts:
    """Raises NotFound."""
    row: Any = session.execute(_grants().where(Grant.id == grant_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such grant.", field="grant")
    return GrantFacts(*row)


@lru_cache
def _grants() -> Select[*tuple[Any, ...]]:
    head = aliased(Account)
    return (
        select(
            Grant.id,
            Grant.student_id,
            Student.name.label("student"),
            Student.admission_no,
            func.coalesce(SchoolClass.name, "").label("class_name"),
            Grant.scheme,
            Account.name.label("scheme_name"),
            head.name.label("head"),
            Grant.share_bp,
            Grant.amount,
            Grant.valid_from,
            Grant.valid_until,
            Grant.reason,
            Grant.state,
            Grant.at,
            Grant.actor_id,
            Grant.actor,
            Grant.decided_by,
            Grant.decision_reason,
            Grant.ended_on,
        )
        .join(Student, Student.id == Grant.student_id)
        .join(Account, Account.code == Grant.scheme)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .outerjoin(head, head.code == Grant.head)
    )
