"""Users, their roles and their passwords. Every writer asks `authorise` inside its own transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from school import clock
from school.access import passwords, queries, sign_ins
from school.access.models import SignIn, User, UserRole
from school.access.rules import ROLES, Actor, user_name
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import BadInput, NotAllowed, NotFound, RuleBroken, SignInNeeded


def authorise(session: Session, actor: Actor, capability: str) -> None:
    """Passes when the actor may do this now, by the roles in the database and not those remembered.

    Raises SignInNeeded when the sign-in has ended, NotAllowed when the role does not allow it.
    """
    if actor.operator:
        return
    found = queries.standing(session, actor.sign_in_id)
    if found is None or found.actor.user_id != actor.user_id:
        raise SignInNeeded
    if found.must_change_password:
        raise NotAllowed("Choose a new password first.")
    if not found.actor.can(capability):
        raise NotAllowed("Your role does not allow this. An administrator can change what you may do.")


def add_user(
    session: Session,
    *,
    actor: Actor,
    name: str,
    password: str | passwords.Chosen,
    roles: Iterable[str],
    full_name: str = "",
    email: str = "",
    is_demo: bool = False,
    must_change_password: bool = False,
) -> int:
    """A new person who may sign in; the id of the row. A plain password is hashed inside the transaction.

    Raises BadInput for a name that is taken or odd, a weak password, or a role nobody has heard of.
    """
    authorise(session, actor, "users.manage")
    kept = user_name(name, field="users.name")
    chosen = _chosen(password, about=[kept, full_name])
    wanted = _known_roles(roles)
    one_writer(session)  # of two who choose one name at once, one gets it
    if session.scalar(select(User.id).where(User.name == kept)) is not None:
        raise BadInput(f"There is already a user called {kept}. Choose another name.", field="users.name")
    user = User(
        name=kept,
        full_name=full_name.strip(),
        email=email.strip(),
        password_hash=chosen.hash,
        is_demo=is_demo,
        must_change_password=must_change_password,
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()  # the roles and the audit row need user.id
    session.add_all(UserRole(user_id=user.id, role=role) for role in wanted)
    audit.record(
        session,
        actor=actor,
        event=events.USER_ADDED,
        subject=f"user:{user.id}",
        after={"name": kept, "full_name": user.full_name, "roles": wanted},
    )
    return user.id


def change_roles(session: Session, *, actor: Actor, user_id: int, roles: Iterable[str]) -> None:
    """Gives a user exactly these roles, at the next click in every tab. The last administrator stays one."""
    authorise(session, actor, "users.manage")
    _user(session, user_id)
    wanted = _known_roles(roles)
    had = sorted(session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))
    if had == wanted:
        return
    session.execute(delete(UserRole).where(UserRole.user_id == user_id))
    session.add_all(UserRole(user_id=user_id, role=role) for role in wanted)
    session.flush()
    _keep_an_administrator(session)
    audit.record(
        session,
        actor=actor,
        event=events.USER_ROLES_CHANGED,
        subject=f"user:{user_id}",
        before={"roles": had},
        after={"roles": wanted},
    )


def disable(session: Session, *, actor: Actor, user_id: int, reason: str) -> None:
    """Closes the door: no new sign-in, and every open one ends."""
    authorise(session, actor, "users.manage")
    user = _user(session, user_id)
    user.status = "disabled"
    session.flush()
    _keep_an_administrator(session)
    end_sign_ins(session, user_id=user_id, why="the user was disabled")
    audit.record(session, actor=actor, event=events.USER_DISABLED, subject=f"user:{user_id}", reason=reason)


def enable(session: Session, *, actor: Actor, user_id: int) -> None:
    authorise(session, actor, "users.manage")
    _user(session, user_id).status = "active"
    audit.record(session, actor=actor, event=events.USER_ENABLED, subject=f"user:{user_id}")


def change_own_password(session: Session, *, actor: Actor, password: passwords.Chosen) -> None:
    """Keeps the new password and ends this person's other sign-ins. The caller has checked the old one.

    Raises SignInNeeded when the sign-in has ended.
    """
    found = queries.actor_of_sign_in(session, actor.sign_in_id)
    if found is None or found.user_id is None or found.user_id != actor.user_id:
        raise SignInNeeded
    user = _user(session, found.user_id)
    user.password_hash, user.must_change_password, user.is_demo = password.hash, False, False
    end_sign_ins(session, user_id=user.id, why="the password was changed", but=actor.sign_in_id)
    audit.record(session, actor=actor, event=events.PASSWORD_CHANGED, subject=f"user:{user.id}")


def reset_password(session: Session, *, actor: Actor, user_id: int, password: str | passwords.Chosen) -> None:
    """A password for someone who forgot; they choose their own at the next sign-in, and open ones end.

    A demo user's password is thrown away anyway, and need not be changed.
    """
    authorise(session, actor, "users.manage")
    user = _user(session, user_id)
    user.password_hash = _chosen(password, about=[user.name, user.full_name]).hash
    user.must_change_password = not user.is_demo
    end_sign_ins(session, user_id=user_id, why="the password was reset")
    audit.record(session, actor=actor, event=events.PASSWORD_RESET, subject=f"user:{user_id}")


def end_sign_ins(session: Session, *, user_id: int, why: str, but: str | None = None) -> int:
    """Ends the open sign-ins of a user, all but one when `but` names it; says how many."""
    return sign_ins.end(session, (SignIn.user_id == user_id) & (SignIn.id != (but or "")), why=why)


def _chosen(password: str | passwords.Chosen, about: list[str]) -> passwords.Chosen:
    if isinstance(password, passwords.Chosen):
        return password
    return passwords.choose(password, about=about, field="users.password")


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def _known_roles(roles: Iterable[str]) -> list[str]:
    wanted = sorted(set(roles))
    if not wanted:
        raise BadInput("Choose at least one role.", field="users.roles")
    for role in wanted:
        if role not in ROLES:
            raise BadInput(f"“{role}” is not a role: {', '.join(ROLES)}.", field="users.roles")
    return wanted


def _keep_an_administrator(session: Session) -> None:
    if not queries.any_administrator(session):
        raise RuleBroken("This is the last administrator. Make somebody else an administrator first.")
