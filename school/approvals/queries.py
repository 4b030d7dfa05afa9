"""The only reader of what was asked for: what waits, for whom, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session

from school.approvals.models import Approval
from school.errors import NotFound
from school.ledger.models import Account, Line
from school.students.models import Student


@dataclass(frozen=True)
class ApprovalFacts:
    """`amount` is minor units; `account` the name of the tender or fee head it is of, where there is one."""

    id: int
    kind: str
    student_id: int
    student_name: str
    admission_no: str
    amount: int
    reason: str
    account: str
    asked_at: datetime
    asked_by_id: int | None
    asked_by: str
    decision: str | None
    decided_at: datetime | None
    decided_by: str | None
    decision_reason: str | None
    entry_id: int | None


def waiting(session: Session, *, student_id: int | None = None) -> list[ApprovalFacts]:
    """What nobody has decided, of one student or of all, the oldest first."""
    if student_id is not None:
        return _facts(session, _waiting_of_student(), student=student_id)
    return _facts(session, _waiting())


@lru_cache
def _waiting() -> Select[*tuple[Any, ...]]:
    return _approvals().where(Approval.decision.is_(None)).order_by(Approval.id)


@lru_cache  # on the page of every student
def _waiting_of_student() -> Select[*tuple[Any, ...]]:
    return _waiting().where(Approval.student_id == bindparam("student"))


def decided(session: Session, *, limit: int, offset: int = 0) -> list[ApprovalFacts]:
    """What was decided, the newest first."""
    query = _approvals().where(Approval.decision.is_not(None))
    return _facts(session, query.order_by(Approval.decided_at.desc(), Approval.id.desc()), limit, offset)


def count_decided(session: Session) -> int:
    return session.scalar(_DECIDED) or 0


def waiting_for(session: Session, user_id: int | None) -> int:
    """How much waits for this user to decide; all of it where nobody is named.

    Nobody decides what they asked for themselves.
    """
    if user_id is None:
        return session.scalar(_WAITING) or 0
    return session.scalar(_WAITING_FOR, {"user": user_id}) or 0


# On the first page of who decides, so they are built once.
_WAITING = select(func.count()).where(Approval.decision.is_(None))
_WAITING_FOR = _WAITING.where(Approval.asked_by_id.is_distinct_from(bindparam("user", type_=Integer)))
_DECIDED = select(func.count()).where(Approval.decision.is_not(None))


def of_request(session: Session, request_id: str) -> ApprovalFacts | None:
    """What this form has asked for already, or None."""
    found = _facts(session, _approvals().where(Approval.request_id == request_id))
    return found[0] if found else None


def of_entry(session: Session, entry_id: int) -> ApprovalFacts | None:
    """What was approved and led to this entry, or None."""
    found = _facts(session, _approvals().where(Approval.entry_id == entry_id))
    return found[0] if found else None


def approval(session: Session, approval_id: int) -> ApprovalFacts:
    """Raises NotFound."""
    found = _facts(session, _approvals().where(Approval.id == approval_id))
    if not found:
        raise NotFound("There is no such request for approval.")
    return found[0]


def _approvals() -> Select[*tuple[Any, ...]]:
    return select(
        Approval.id,
        Approval.kind,
        Approval.student_id,
        Student.name.label("student_name"),
        Student.admission_no,
        Approval.amount,
        Approval.reason,
        Approval.details,
        Approval.asked_at,
        Approval.asked_by_id,
        Approval.asked_by,
        Approval.decision,
        Approval.decided_at,
        Approval.decided_by,
        Approval.decision_reason,
        Approval.entry_id,
    ).join(Student, Student.id == Approval.student_id)


def _facts(
    session: Session, query: Select[*tuple[Any, ...]], limit: int | None = None, offset: int = 0, **asked: int
) -> list[ApprovalFacts]:
    if limit is not None:
        query = query.limit(limit).offset(offset)
    rows = session.execute(query, asked).mappings().all()
    names = _accounts(session, [row["details"] for row in rows])
    return [
        ApprovalFacts(account=name, **{column: value for column, value in row.items() if column != "details"})
        for row, name in zip(rows, names, strict=True)
    ]


def _accounts(session: Session, details: list[dict[str, Any]]) -> list[str]:
    """The tender, the fee head, or what the charge is of that each is about."""
    if not details:
        return []
    pinned = {one["pays"] for one in details if one.get("pays")}
    charged = {}
    if pinned:
        lines = session.execute(select(Line.id, Line.account).where(Line.id.in_(pinned)))
        charged = {line.id: line.account for line in lines}
    codes = [one.get("tender") or one.get("account") or charged.get(one.get("pays")) for one in details]
    accounts = session.execute(select(Account.code, Account.name).where(Account.code.in_(set(codes))))
    names = {account.code: account.name for account in accounts}
    return [names.get(code, "") for code in codes]
