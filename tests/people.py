"""Users and their sign-ins, made in a moment: their password hashes cost almost nothing to check."""

from __future__ import annotations

from functools import lru_cache

import bcrypt
from sqlalchemy.orm import Session

from school import clock
from school.access import sign_ins
from school.access.models import User, UserRole
from school.access.queries import actor_of_sign_in
from school.access.rules import ADMINISTRATOR, FINANCE, HEAD, Actor

PASSWORD = "correct horse battery"
NAMES = {ADMINISTRATOR: "ada", FINANCE: "finn", HEAD: "hope"}


@lru_cache
def cheap_hash(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def user(
    session: Session,
    *roles: str,
    name: str | None = None,
    password: str = PASSWORD,
    must_change: bool = False,
) -> int:
    """A user with these roles, named after the first of them unless told otherwise; the id."""
    name = name or NAMES[roles[0]]
    row = User(
        name=name,
        full_name=name.title(),
        password_hash=cheap_hash(password),
        must_change_password=must_change,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    session.add_all(UserRole(user_id=row.id, role=role) for role in roles)
    session.flush()
    return row.id


def everybody(session: Session) -> None:
    """An administrator `ada`, a finance user `finn` and a head `hope`."""
    for role in NAMES:
        user(session, role)


def signed_in(session: Session, user_id: int) -> Actor:
    """The user, acting under a sign-in of their own."""
    opened = sign_ins.open_sign_in(session, user_id=user_id)
    sign_ins.take_up(session, sign_in_id=opened.id)
    actor = actor_of_sign_in(session, opened.id)
    assert actor is not None
    return actor


def cookie(session: Session, user_id: int) -> str:
    """The token of a browser where this user is signed in."""
    opened = sign_ins.open_sign_in(session, user_id=user_id)
    session.flush()
    claimed = sign_ins.claim(session, ticket=opened.ticket, held_token=None)
    assert claimed is not None
    return claimed
