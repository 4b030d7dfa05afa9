"""Who may sign in and where they are signed in, read for the people who look after users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from school import clock
from school.access.models import Invitation, SecondFactor, SignIn, User, UserRole
from school.columns import Moment
from school.errors import NotFound
from school.settings import settings

ACTIVE, INVITED, LAPSED, DISABLED, DEMO = "active", "invited", "lapsed", "disabled", "demo"
SIGN_INS_MAX = 200


@dataclass(frozen=True)
class UserFacts:
    """One user as of this moment.

    `state` is `active`, `invited` (a code is out, until `code_expires_at`), `lapsed` (no password, and no
    code that opens anything), `demo` (a throw-away password) or `disabled`. `last_seen_at` is None for
    somebody who never was here.
    """

    id: int
    name: str
    full_name: str
    email: str
    roles: tuple[str, ...]
    state: str
    code_expires_at: datetime | None
    must_change_password: bool
    second_factor: bool
    open_sign_ins: int
    last_seen_at: datetime | None
    created_at: datetime

    @property
    def called(self) -> str:
        """The name people read; the user name where there is none."""
        return self.full_name or self.name


@dataclass(frozen=True)
class UserName:
    """A user as others are told of them."""

    id: int
    name: str
    full_name: str

    @property
    def called(self) -> str:
        """The name people read; the user name where there is none."""
        return self.full_name or self.name


@dataclass(frozen=True)
class SignInFacts:
    """One sign-in of one browser; `ended_at` and `ended_why` are None while it is open."""

    id: str
    user_id: int
    name: str
    full_name: str
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    ended_why: str | None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None


_BY_NAME = (func.lower(func.coalesce(func.nullif(User.full_name, ""), User.name)), User.id)
_NAMES = select(User.id, User.name, User.full_name).order_by(*_BY_NAME)


_IS_OPEN = (
    SignIn.revoked_at.is_(None),
    SignIn.expires_at > bindparam("now", type_=Moment),
    SignIn.last_seen_at > bindparam("idle_since", type_=Moment),
)
_OPEN = select(func.count()).select_from(SignIn).where(*_IS_OPEN, SignIn.id != bindparam("but"))


def _now() -> dict[str, Any]:
    now = clock.now()
    return {"now": now, "idle_since": now - timedelta(minutes=settings().idle_minutes_max)}


def names(session: Session) -> list[UserName]:
    """Everybody, by the name people read, and no more of them than that."""
    return [UserName(*row) for row in session.execute(_NAMES)]


def users(session: Session) -> list[UserFacts]:
    """Everybody, by the name people read; in two statements however many they are."""
    return _facts(session, _user_rows().order_by(*_BY_NAME))


_CODE_OUT = select(Invitation.id).where(
    Invitation.user_id == User.id,
    Invitation.used_at.is_(None),
    Invitation.revoked_at.is_(None),
    Invitation.expires_at > bindparam("now", type_=Moment),
)
_COUNT_IN = (
    select(func.count())
    .select_from(UserRole)
    .join(User)
    .where(UserRole.role == bindparam("role"), User.status != "disabled")
    .where(or_(User.password_hash != "", _CODE_OUT.exists()))
)


def count_in(session: Session, role: str) -> int:
    """How many in this role may sign in, now or once they have used the code they hold."""
    return session.scalar(_COUNT_IN, {"role": role, "now": clock.now()}) or 0


def user(session: Session, user_id: int) -> UserFacts:
    """Raises NotFound."""
    found = _facts(session, _user_rows().where(User.id == bindparam("user")), user=user_id)
    if not found:
        raise NotFound("There is no such user.")
    return found[0]


@lru_cache  # a statement built anew at each run takes longer than what it reads
def _user_rows() -> Select[Any]:
    own = SignIn.user_id == User.id
    opened = select(func.count()).where(own, *_IS_OPEN).correlate(User).scalar_subquery()
    last_seen = select(func.max(SignIn.last_seen_at)).where(own).correlate(User).scalar_subquery()
    codes = (
        select(Invitation.user_id, func.max(Invitation.expires_at).label("expires_at"))
        .where(Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))
        .group_by(Invitation.user_id)
        .subquery()
    )
    return (
        select(
            User.id,
            User.name,
            User.full_name,
            User.email,
            User.status,
            (User.password_hash != "").label("has_password"),
            User.must_change_password,
            User.is_demo,
            User.created_at,
            codes.c.expires_at.label("code_expires_at"),
            SecondFactor.confirmed_at,
            opened.label("open_sign_ins"),
            last_seen.label("last_seen_at"),
        )
        .outerjoin(codes, codes.c.user_id == User.id)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
    )


def _facts(session: Session, rows: Select[Any], **asked: int) -> list[UserFacts]:
    found = session.execute(rows, {**_now(), **asked}).all()
    roles = _roles(session, [row.id for row in found])
    now = clock.now()
    return [
        UserFacts(
            id=row.id,
            name=row.name,
            full_name=row.full_name,
            email=row.email,
            roles=tuple(sorted(roles[row.id])),
            state=_state(row, now),
            code_expires_at=None if row.has_password else row.code_expires_at,
            must_change_password=row.must_change_password,
            second_factor=row.confirmed_at is not None,
            open_sign_ins=row.open_sign_ins,
            last_seen_at=row.last_seen_at,
            created_at=row.created_at,
        )
        for row in found
    ]


def _roles(session: Session, user_ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = select(UserRole.user_id, UserRole.role)
    if len(user_ids) == 1:
        rows = rows.where(UserRole.user_id == user_ids[0])
    for user_id, role in session.execute(rows):
        found[user_id].append(role)
    return found


def _state(row: Any, now: datetime) -> str:
    if row.status == "disabled":
        return DISABLED
    if not row.has_password:
        return INVITED if row.code_expires_at and row.code_expires_at > now else LAPSED
    return DEMO if row.is_demo else ACTIVE


def sign_ins_of(session: Session, user_id: int, *, limit: int = 50) -> list[SignInFacts]:
    """The sign-ins of one user, the one last seen first."""
    return _sign_ins(session, [SignIn.user_id == user_id], limit)


def open_sign_ins(session: Session, *, limit: int = SIGN_INS_MAX) -> list[SignInFacts]:
    """Every open sign-in of the school, the one last seen first."""
    return _sign_ins(session, [*_IS_OPEN, User.status == "active"], limit)


def open_count(session: Session, user_id: int | None = None, *, but: str | None = None) -> int:
    """How many sign-ins are open, of one user or of all; the one called `but` is not counted."""
    counted = _OPEN if user_id is None else _OPEN.where(SignIn.user_id == user_id)
    return session.scalar(counted, {**_now(), "but": but or ""}) or 0


def _sign_ins(session: Session, where: Iterable[ColumnElement[bool]], limit: int) -> list[SignInFacts]:
    rows = session.execute(
        select(SignIn, User.name, User.full_name)
        .join(User)
        .where(*where)
        .order_by(SignIn.last_seen_at.desc(), SignIn.id)
        .limit(limit),
        _now(),
    )
    now, idle = clock.now(), timedelta(minutes=settings().idle_minutes_max)
    return [_sign_in(row, name, full_name, now, idle) for row, name, full_name in rows]


def _sign_in(row: SignIn, name: str, full_name: str, now: datetime, idle: timedelta) -> SignInFacts:
    ends = {
        row.expires_at: _why_expired(row),
        row.last_seen_at + idle: "it was left unused",
    }
    if row.revoked_at:
        ends[row.revoked_at] = row.revoked_why or "it was ended"
    first = min(ends)
    return SignInFacts(
        id=row.id,
        user_id=row.user_id,
        name=name,
        full_name=full_name,
        user_agent=row.user_agent,
        address=row.address,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        ended_at=first if first <= now else None,
        ended_why=ends[first] if first <= now else None,
    )


def _why_expired(row: SignIn) -> str:
    if row.expires_at == row.ticket_expires_at:
        return "the page it was opened for was gone"
    return "it had lasted as long as a sign-in may"
