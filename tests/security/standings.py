"""Somebody with a role, and all that may happen between the page they look at and the button they press."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from school.access import sign_ins
from school.access.models import RolePolicy, SecondFactor, SignIn, User, UserRole
from school.access.rules import Actor
from school.settings import settings
from tests import make, people
from tests.security.writers import with_factor

ENDED = ("signed out", "expired", "idle", "disabled", "forged")
UNFINISHED = ("must change password", "must enrol")
STATES = ("live", *ENDED, *UNFINISHED, "role taken away")


def somebody(session: Session, role: str) -> Actor:
    """Somebody who has one role and a confirmed second factor, so that there is one to remove."""
    user_id = people.user(session, role, name="somebody")
    with_factor(session, user_id)
    return people.signed_in(session, user_id)


def becomes(session: Session, actor: Actor, state: str) -> None:
    """What happened to the actor between the page and the press; `actor` still remembers the role."""
    match state:
        case "signed out":
            sign_ins.sign_out(session, sign_in_id=str(actor.sign_in_id))
        case "disabled":  # by hand, without the revocation the service does too
            session.execute(update(User).where(User.id == actor.user_id).values(status="disabled"))
        case "forged":
            session.execute(update(SignIn).where(SignIn.id == actor.sign_in_id).values(id="another"))
        case "must change password":
            session.execute(update(User).where(User.id == actor.user_id).values(must_change_password=True))
        case "must enrol":
            session.execute(delete(SecondFactor).where(SecondFactor.user_id == actor.user_id))
            session.add_all(RolePolicy(role=role, second_factor_required=True) for role in actor.roles)
        case "role taken away":
            session.execute(delete(UserRole).where(UserRole.user_id == actor.user_id))


def moment(state: str) -> datetime:
    if state == "expired":
        return make.NOON + timedelta(hours=settings().sign_in_hours_max)
    if state == "idle":
        return make.NOON + timedelta(minutes=settings().idle_minutes_max)
    return make.NOON
