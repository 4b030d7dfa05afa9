"""A code with which one person chooses a password: the first, or a new one. Nobody else ever knows it.

A code is shown once, kept only as a hash, works once and in time; a newer code ends the one before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access import passwords, sign_ins
from school.access.attempts import GUESS
from school.access.models import Invitation, SignInAttempt, User
from school.access.rules import Actor, code_as_made, hashed, new_code, user_name
from school.access.service import add, authorise, end_sign_ins, find
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import BadInput, RuleBroken
from school.settings import settings

GROUPS = 4  # 80 bits
LENGTH = len("ABCD-EFGH-JKMN-PQRS")
LENGTH_MAX = 100  # of what is typed, with whatever stands between
WELCOME, RESET = "welcome", "reset"
USELESS = (
    "This code does not open anything: it may be mistyped, used already, or too old. "
    "If you have chosen a password with it, sign in; if not, ask your administrator for a new code."
)


@dataclass(frozen=True)
class Invited:
    """A code that was just made; it is shown once, here. `purpose` is `welcome` or `reset`."""

    user_id: int
    code: str
    expires_at: datetime
    purpose: str


@dataclass(frozen=True)
class InvitationFacts:
    """For whom a code is; `purpose` is `welcome` or `reset`."""

    user_id: int
    name: str
    full_name: str
    purpose: str
    expires_at: datetime


def invite(
    session: Session, *, actor: Actor, name: str, full_name: str, email: str, roles: Iterable[str]
) -> Invited:
    """A new user without a password, and the code with which they choose one.

    Raises BadInput for a name that is missing, taken or odd, an odd e-mail address, or no role.
    """
    authorise(session, actor, "users.manage")
    if not full_name.strip():
        raise BadInput("Type the name of the person.", field="users.full_name")
    _refuse_to_invite_twice(session, user_name(name, field="users.name"))
    user = User(password_hash="")
    add(session, user, actor=actor, name=name, full_name=full_name, email=email, roles=roles)
    return _new_code(session, actor, user, WELCOME)


def _refuse_to_invite_twice(session: Session, name: str) -> None:
    waiting = select(User.full_name).where(User.name == name, User.password_hash == "")
    full_name = session.scalar(waiting)
    if full_name is not None:
        raise BadInput(
            f"{full_name or name} is invited already under this user name. To make a new code, "
            "close this and open them in the list.",
            field="users.name",
        )


def reset(session: Session, *, actor: Actor, user_id: int) -> Invited:
    """A new code for somebody who exists: open sign-ins end, and the old password opens nothing from now on.

    Raises RuleBroken for oneself and for a disabled user, NotFound for nobody.
    """
    one_writer(session)  # of two administrators who reset each other at once, one stays
    authorise(session, actor, "users.manage")
    user = find(session, user_id)
    if user_id == actor.user_id:
        raise RuleBroken("Change your own password on your profile page.")
    if user.status == "disabled":
        raise RuleBroken("This user is disabled. Enable the user first.")
    was_reset = select(Invitation.id).where(Invitation.user_id == user_id, Invitation.purpose == RESET)
    had_password = user.password_hash or session.scalar(was_reset.limit(1))
    purpose = RESET if had_password else WELCOME
    user.password_hash, user.must_change_password, user.is_demo = "", False, False
    end_sign_ins(session, user_id=user_id, why="the password was reset")
    return _new_code(session, actor, user, purpose)


def revoke(session: Session, *, actor: Actor, user_id: int) -> None:
    """The code that is out for this user opens nothing any more; without one, nothing happens."""
    authorise(session, actor, "users.manage")
    find(session, user_id)
    if _end_codes(session, user_id):
        audit.record(session, actor=actor, event=events.CODE_REVOKED, subject=f"user:{user_id}")


def facts(session: Session, code: str) -> InvitationFacts | None:
    """For whom this code is, while it opens anything; None for every other."""
    row = session.execute(
        select(User.id, User.name, User.full_name, Invitation.purpose, Invitation.expires_at)
        .join(Invitation, Invitation.user_id == User.id)
        .where(Invitation.code_hash == _hash(code), *_opens(), User.status == "active")
    ).one_or_none()
    return InvitationFacts(*row) if row else None


def looks_like_one(code: str) -> bool:
    """Half a code is none, and is neither counted nor looked at."""
    return len(code_as_made(code[:LENGTH_MAX])) == LENGTH


def is_guess(session: Session, code: str) -> bool:
    """True for what never was a code: an old one is no guess."""
    return session.scalar(select(Invitation.id).where(Invitation.code_hash == _hash(code))) is None


def guess_name(code: str) -> str:
    """What a guess is counted under: the same for the same code, which it hides."""
    return GUESS + _hash(code)[:12]


def accept(session: Session, *, code: str, password: passwords.Chosen, address: str = "") -> sign_ins.Attempt:
    """Uses the code up and keeps the password. Of two at once, one succeeds.

    It is a right attempt to sign in, and forgives the wrong ones before it; whoever has a second factor is
    still asked for it. Raises RuleBroken for a code that opens nothing.
    """
    one_writer(session)  # a reset, or a user disabled at this moment, comes before or after
    found = facts(session, code)
    used = session.execute(
        update(Invitation)
        .where(Invitation.code_hash == _hash(code), *_opens())
        .values(used_at=clock.now())
        .returning(Invitation.id)
    ).one_or_none()
    if found is None or used is None:
        raise RuleBroken(USELESS)
    user = find(session, found.user_id)
    user.password_hash, user.must_change_password = password.hash, False
    attempt = SignInAttempt(at=clock.now(), name=user.name, address=address, succeeded=True)
    session.add(attempt)
    session.flush()  # its id is what a sign-in is opened with
    who = Actor(user.id, user.name, user.full_name, None, frozenset())
    audit.record(session, actor=who, event=events.CODE_USED, subject=f"user:{user.id}")
    return sign_ins.Attempt(attempt.id, user.id, user.password_hash)


def _hash(typed: str) -> str:
    return hashed(code_as_made(typed[:LENGTH_MAX]))


def _opens() -> tuple[ColumnElement[bool], ...]:
    return Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > clock.now()


def _end_codes(session: Session, user_id: int) -> int:
    """Revokes what has not been used; says how many of them would still have opened something."""
    now = clock.now()
    ended = session.execute(
        update(Invitation)
        .where(Invitation.user_id == user_id, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Invitation.expires_at)
    )
    return sum(expires_at > now for expires_at in ended.scalars())


def _new_code(session: Session, actor: Actor, user: User, purpose: str) -> Invited:
    _end_codes(session, user.id)
    now = clock.now()
    code = new_code(GROUPS)
    expires_at = now + timedelta(hours=settings().invitation_hours_max)
    session.add(
        Invitation(
            user_id=user.id,
            code_hash=_hash(code),
            purpose=purpose,
            created_at=now,
            created_by=actor.name,
            expires_at=expires_at,
        )
    )
    audit.record(
        session,
        actor=actor,
        event=events.CODE_MADE,
        subject=f"user:{user.id}",
        after={"purpose": purpose},
    )
    return Invited(user.id, code, expires_at, purpose)
