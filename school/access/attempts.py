"""Failed attempts to sign in, read for the people who look after users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from school.access.models import SignInAttempt, User
from school.columns import Moment

GUESS = "code "  # an attempt with an unknown code is counted under a name that begins so; no user's does
GROUPS_MAX = 200


@dataclass(frozen=True)
class AttemptGroup:
    """Failed attempts under one name from one address.

    `name` is empty for attempts with a code; `user_id` is None for a name nobody has.
    """

    name: str
    user_id: int | None
    full_name: str
    address: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class AttemptFacts:
    """One failed attempt; `name` and `user_id` as of a group."""

    at: datetime
    name: str
    user_id: int | None
    full_name: str
    address: str


@dataclass(frozen=True)
class AttemptTotals:
    """Failed attempts since a moment: how many, under how many names, from how many addresses."""

    count: int
    names: int
    addresses: int


_NAME = case((SignInAttempt.name.startswith(GUESS), ""), else_=SignInAttempt.name)
_FAILED = (~SignInAttempt.succeeded, SignInAttempt.at > bindparam("since", type_=Moment))
_TOTALS = select(
    func.count(), func.count(_NAME.distinct()), func.count(SignInAttempt.address.distinct())
).where(*_FAILED)


def grouped(session: Session, since: datetime, *, limit: int = GROUPS_MAX) -> list[AttemptGroup]:
    """Failed attempts since a moment by name and address, the latest first."""
    groups = (
        select(
            _NAME.label("name"),
            SignInAttempt.address,
            func.count().label("count"),
            func.max(SignInAttempt.at).label("last_at"),
        )
        .where(*_FAILED)
        .group_by(_NAME, SignInAttempt.address)
        .order_by(func.max(SignInAttempt.at).desc(), _NAME, SignInAttempt.address)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(groups.c.name, User.id, User.full_name, groups.c.address, groups.c.count, groups.c.last_at)
        .outerjoin(User, User.name == groups.c.name)
        .order_by(groups.c.last_at.desc(), groups.c.name, groups.c.address),
        {"since": since},
    )
    return [AttemptGroup(name, user_id, full or "", *rest) for name, user_id, full, *rest in rows]


def singly(
    session: Session, since: datetime, *, name: str | None = None, limit: int = GROUPS_MAX
) -> list[AttemptFacts]:
    """Failed attempts since a moment one by one, the latest first; under one name when it is given."""
    where = [*_FAILED, *([SignInAttempt.name == name] if name is not None else [])]
    rows = session.execute(
        select(SignInAttempt.at, _NAME, User.id, User.full_name, SignInAttempt.address)
        .outerjoin(User, User.name == SignInAttempt.name)
        .where(*where)
        .order_by(SignInAttempt.at.desc(), SignInAttempt.id.desc())
        .limit(limit),
        {"since": since},
    )
    return [
        AttemptFacts(at, shown, user_id, full or "", address) for at, shown, user_id, full, address in rows
    ]


def totals(session: Session, since: datetime) -> AttemptTotals:
    """Of all failed attempts since a moment."""
    return AttemptTotals(*session.execute(_TOTALS, {"since": since}).one())
