"""Who is signed in. A sign-in lives until it is revoked, expires, goes idle, or its user is disabled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from school import clock
from school.access.models import RolePolicy, SecondFactor, SignIn, User, UserPreference, UserRole
from school.access.rules import ADMINISTRATOR, Actor, hashed
from school.columns import Moment
from school.settings import settings


@dataclass(frozen=True)
class Standing:
    """A live sign-in: who acts, when last seen, what comes before anything else, and how screens look.

    `must_enrol`: a role of theirs asks for a second factor and none is confirmed. `language` (a BCP 47 tag)
    and `theme` (`light` or `dark`) are empty where the browser decides.
    """

    actor: Actor
    last_seen_at: datetime
    must_change_password: bool
    must_enrol: bool = False
    language: str = ""
    theme: str = ""


# Asked at every run of every page, so the statements are built once.
_IS_LIVE = and_(
    SignIn.revoked_at.is_(None),
    SignIn.expires_at > bindparam("now", type_=Moment),
    SignIn.last_seen_at > bindparam("idle_since", type_=Moment),
    User.status == "active",
)
_STANDING = (
    select(
        User.id,
        User.name,
        User.full_name,
        User.must_change_password,
        SignIn.last_seen_at,
        UserRole.role,
        and_(RolePolicy.second_factor_required, SecondFactor.confirmed_at.is_(None)).label("must_enrol"),
        UserPreference.language,
        UserPreference.theme,
    )
    .join(SignIn, SignIn.user_id == User.id)
    .outerjoin(UserRole, UserRole.user_id == User.id)
    .outerjoin(RolePolicy, RolePolicy.role == UserRole.role)
    .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
    .outerjoin(UserPreference, UserPreference.user_id == User.id)
    .where(SignIn.id == bindparam("id"), _IS_LIVE)
)
_ALIVE = select(SignIn.id).join(User).where(SignIn.id == bindparam("id"), _IS_LIVE)
_OF_TOKEN = select(SignIn.id).join(User).where(SignIn.token_hash == bindparam("hash"), _IS_LIVE)


def _now() -> dict[str, Any]:
    now = clock.now()
    return {"now": now, "idle_since": now - timedelta(minutes=settings().idle_minutes_max)}


def standing(session: Session, sign_in_id: str | None) -> Standing | None:
    """The live sign-in of this id with the roles of this moment, or None."""
    if sign_in_id is None:
        return None
    rows = session.execute(_STANDING, {"id": sign_in_id, **_now()}).all()
    if not rows:
        return None
    row = rows[0]
    roles = frozenset(r.role for r in rows if r.role)
    actor = Actor(row.id, row.name, row.full_name or row.name, sign_in_id, roles)
    return Standing(
        actor,
        row.last_seen_at,
        row.must_change_password,
        any(r.must_enrol for r in rows),
        row.language or "",
        row.theme or "",
    )


def actor_of_sign_in(session: Session, sign_in_id: str | None) -> Actor | None:
    """The person behind a live sign-in, or None."""
    found = standing(session, sign_in_id)
    return found.actor if found else None


def actor_of_user(session: Session, user_id: int) -> Actor | None:
    """An active user with the roles of this moment, under no sign-in, or None."""
    user = session.execute(
        select(User.name, User.full_name).where(User.id == user_id, User.status == "active")
    ).one_or_none()
    if user is None:
        return None
    roles = frozenset(session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))
    return Actor(user_id, user.name, user.full_name or user.name, None, roles)


def is_alive(session: Session, sign_in_id: str) -> bool:
    """True while this sign-in may act: cheap enough to ask every two seconds."""
    return session.scalar(_ALIVE, {"id": sign_in_id, **_now()}) is not None


def sign_in_of_token(session: Session, token: str) -> str | None:
    """The live sign-in whose cookie holds this token, or None."""
    return session.scalar(_OF_TOKEN, {"hash": hashed(token), **_now()})


def has_signed_in(session: Session, *, token: str | None, browser: str | None) -> bool:
    """True when somebody has signed in with this cookie or in the browser of this name, however long ago."""
    known = [
        column == hashed(value)
        for column, value in ((SignIn.token_hash, token), (SignIn.browser_hash, browser))
        if value is not None
    ]
    return bool(known) and session.scalar(select(SignIn.id).where(or_(*known)).limit(1)) is not None


def still_stands(session: Session, *, user_id: int, password_hash: str) -> bool:
    """True when the user is active and has this password now, and until the transaction ends."""
    found = select(User.id).where(
        User.id == user_id, User.status == "active", User.password_hash == password_hash
    )
    return session.scalar(found.with_for_update(read=True)) is not None


def password_hash(session: Session, user_id: int | None) -> str | None:
    """What the password of this user is compared with."""
    return session.scalar(select(User.password_hash).where(User.id == user_id))


def any_user(session: Session) -> bool:
    """True when somebody may sign in: with nobody, the set-up page asks for the first administrator."""
    return session.scalar(select(User.id).where(User.status == "active").limit(1)) is not None


def any_administrator(session: Session) -> bool:
    """True when an active user who has a password is an administrator; the last one stays one."""
    administrators = (
        select(User.id)
        .join(UserRole)
        .where(UserRole.role == ADMINISTRATOR, User.status == "active", User.password_hash != "")
    )
    return session.scalar(administrators.limit(1)) is not None
