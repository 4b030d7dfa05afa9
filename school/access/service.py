"""Users, their roles and their passwords. Every writer asks `authorise` inside its own transaction."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from school import clock
from school.access import listing, passwords, queries, sign_ins
from school.access.models import SignIn, User, UserRole
from school.access.rules import ROLES, Actor, email_address, person_name, user_name
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
    if found.must_enrol:
        raise NotAllowed("Set up your second factor first.")
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
    about = [user_name(name, field="users.name"), full_name]
    user = User(
        password_hash=_chosen(password, about=about).hash,
        is_demo=is_demo,
        must_change_password=must_change_password,
    )
    add(session, user, actor=actor, name=name, full_name=full_name, email=email, roles=roles)
    return user.id


def add(
    session: Session,
    user: User,
    *,
    actor: Actor,
    name: str,
    full_name: str,
    email: str,
    roles: Iterable[str],
) -> None:
    """Gives a new row its name, its roles and its line in the audit log; the caller has asked `authorise`.

    Raises BadInput for a name that is taken or odd, an odd e-mail address, or a role nobody has heard of.
    """
    kept = user_name(name, field="users.name")
    wanted = _known_roles(roles)
    one_writer(session)  # of two who choose one name at once, one gets it
    if session.scalar(select(User.id).where(User.name == kept)) is not None:
        raise BadInput(f"There is already a user called {kept}. Choose another name.", field="users.name")
    user.name, user.created_at = kept, clock.now()
    user.full_name, user.email = person_name(full_name), email_address(email)
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


def change_user(session: Session, *, actor: Actor, user_id: int, full_name: str, email: str) -> None:
    """The name people read, and where the person is written to. Raises BadInput for an odd one."""
    authorise(session, actor, "users.manage")
    user = find(session, user_id)
    before = {"full_name": user.full_name, "email": user.email}
    user.full_name, user.email = person_name(full_name), email_address(email)
    after = {"full_name": user.full_name, "email": user.email}
    if after == before:
        return
    audit.record(
        session,
        actor=actor,
        event=events.USER_CHANGED,
        subject=f"user:{user_id}",
        before={name: value for name, value in before.items() if value != after[name]},
        after={name: value for name, value in after.items() if value != before[name]},
    )


def change_roles(
    session: Session,
    *,
    actor: Actor,
    user_id: int,
    roles: Iterable[str],
    seen: Iterable[str] | None = None,
) -> None:
    """Gives a user exactly these roles, at the next click in every tab. The last administrator stays one.

    `seen` are the roles the actor decided upon; raises RuleBroken when somebody has changed them since.
    """
    one_writer(session)  # of two administrators who demote each other at once, one stays
    authorise(session, actor, "users.manage")
    find(session, user_id)
    wanted = _known_roles(roles)
    had = sorted(session.scalars(select(UserRole.role).where(UserRole.user_id == user_id)))
    if had == wanted:
        return
    if seen is not None and had != sorted(seen):
        raise RuleBroken("Somebody else has changed these roles in the meantime. Look again, then decide.")
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
    """Closes the door: no new sign-in, every open one ends, and a code opens nothing.

    Raises BadInput without a reason, RuleBroken for the last administrator and for oneself.
    """
    one_writer(session)
    authorise(session, actor, "users.manage")
    user, reason = find(session, user_id), reason.strip()
    if user.status == "disabled":
        return
    if user_id == actor.user_id:
        raise RuleBroken("You cannot disable yourself. Ask another administrator to do it.")
    if not reason:
        raise BadInput("Say why. The reason is kept in the history.", field="users.reason")
    user.status = "disabled"
    session.flush()
    _keep_an_administrator(session)
    end_sign_ins(session, user_id=user_id, why="the user was disabled")
    audit.record(session, actor=actor, event=events.USER_DISABLED, subject=f"user:{user_id}", reason=reason)


def enable(session: Session, *, actor: Actor, user_id: int) -> None:
    """Opens the door again, with the password and the roles from before."""
    authorise(session, actor, "users.manage")
    user = find(session, user_id)
    if user.status == "active":
        return
    user.status = "active"
    audit.record(session, actor=actor, event=events.USER_ENABLED, subject=f"user:{user_id}")


def change_own_password(session: Session, *, actor: Actor, password: passwords.Chosen) -> None:
    """Keeps the new password and ends this person's other sign-ins. The caller has checked the old one.

    Raises SignInNeeded when the sign-in has ended.
    """
    found = queries.actor_of_sign_in(session, actor.sign_in_id)
    if found is None or found.user_id is None or found.user_id != actor.user_id:
        raise SignInNeeded
    user = find(session, found.user_id)
    user.password_hash, user.must_change_password, user.is_demo = password.hash, False, False
    end_sign_ins(session, user_id=user.id, why="the password was changed", but=actor.sign_in_id)
    audit.record(session, actor=actor, event=events.PASSWORD_CHANGED, subject=f"user:{user.id}")


def reset_password(session: Session, *, actor: Actor, user_id: int, password: str | passwords.Chosen) -> None:
    """A password for someone who forgot; they choose their own at the next sign-in, and open ones end.

    A demo user's password is thrown away anyway, and need not be changed.
    """
    authorise(session, actor, "users.manage")
    user = find(session, user_id)
    user.password_hash = _chosen(password, about=[user.name, user.full_name]).hash
    user.must_change_password = not user.is_demo
    end_sign_ins(session, user_id=user_id, why="the password was reset")
    audit.record(session, actor=actor, event=events.PASSWORD_RESET, subject=f"user:{user_id}")


def end_sign_in(session: Session, *, actor: Actor, sign_in_id: str) -> None:
    """Ends one sign-in, at the next click in its tabs and within seconds on an idle one. Ended twice is once.

    One's own needs no more than being signed in; somebody else's is for who manages users.
    """
    row = session.get(SignIn, sign_in_id)
    own = row is not None and actor.user_id == row.user_id
    authorise(session, actor, "profile.own" if own else "users.manage")
    if row is None:
        raise NotFound("There is no such sign-in.")
    why = "ended from another device" if own else "an administrator ended it"
    if sign_ins.end(session, SignIn.id == sign_in_id, why=why):
        _record_ended(session, actor, row.user_id, 1)


def end_all(session: Session, *, actor: Actor, user_id: int, but: str | None = None) -> int:
    """Ends the open sign-ins of a user, all but one when `but` names it; says how many. Rights as for one."""
    own = actor.user_id == user_id
    authorise(session, actor, "profile.own" if own else "users.manage")
    find(session, user_id)
    why = "signed out everywhere" if own else "an administrator ended it"
    ended = listing.open_count(session, user_id, but=but)
    if end_sign_ins(session, user_id=user_id, why=why, but=but) and ended:
        _record_ended(session, actor, user_id, ended)
    return ended


def _record_ended(session: Session, actor: Actor, user_id: int, count: int) -> None:
    audit.record(
        session,
        actor=actor,
        event=events.SIGN_INS_ENDED,
        subject=f"user:{user_id}",
        after={"ended": count},
    )


def end_sign_ins(session: Session, *, user_id: int, why: str, but: str | None = None) -> int:
    """Ends the open sign-ins of a user, all but one when `but` names it; says how many."""
    return sign_ins.end(session, (SignIn.user_id == user_id) & (SignIn.id != (but or "")), why=why)


def _chosen(password: str | passwords.Chosen, about: list[str]) -> passwords.Chosen:
    if isinstance(password, passwords.Chosen):
        return password
    return passwords.choose(password, about=about, field="users.password")


def find(session: Session, user_id: int) -> User:
    """The row of a user, for a writer. Raises NotFound."""
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
