"""Users, their roles and their sign-ins. Every writer asks `authorise` inside its own transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from school.access import queries
from school.access.rules import Actor
from school.errors import NotAllowed, SignInNeeded


def authorise(session: Session, actor: Actor, capability: str) -> None:
    """Passes when the actor may do this now, by the roles in the database and not those remembered.

    Raises SignInNeeded when the sign-in has ended, NotAllowed when the role does not allow it.
    """
    if actor.operator:
        return
    now_acting = queries.actor_of_sign_in(session, actor.sign_in_id)
    if now_acting is None or now_acting.user_id != actor.user_id:
        raise SignInNeeded
    if not now_acting.can(capability):
        raise NotAllowed("Your role does not allow this. An administrator can change what you may do.")
