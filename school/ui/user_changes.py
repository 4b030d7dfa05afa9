"""What may be done about users: what each says before, what it writes, and to whom it is offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from school.access import invitations, second_factors, service
from school.access.invitations import Invited
from school.access.listing import DISABLED, INVITED, LAPSED, UserFacts
from school.access.rules import Actor

Typed = Mapping[str, Any]
Write = Callable[[Session, Actor, int, Typed], Invited | None]


@dataclass(frozen=True)
class Action:
    """`says` is what happens on `button`; `done` what is told after it; `fits` says to whom it is offered.

    `write` is given the id of the user, 0 for the invitation, and what stands in `fields`.
    """

    label: str
    button: str
    says: str
    done: str
    write: Write
    fields: tuple[str, ...] = ()
    fits: Callable[[UserFacts, Actor], bool] = lambda *_: True


def _invite(session: Session, actor: Actor, _: int, typed: Typed) -> Invited:
    asked = {name: typed[name] for name in ("name", "full_name", "email", "roles")}
    return invitations.invite(session, actor=actor, **asked)


def _change(session: Session, actor: Actor, user_id: int, typed: Typed) -> None:
    service.change_user(
        session, actor=actor, user_id=user_id, full_name=typed["full_name"], email=typed["email"]
    )
    service.change_roles(session, actor=actor, user_id=user_id, roles=typed["roles"], seen=typed["seen"])


def _reset(session: Session, actor: Actor, user_id: int, _: Typed) -> Invited:
    return invitations.reset(session, actor=actor, user_id=user_id)


def _revoke(session: Session, actor: Actor, user_id: int, _: Typed) -> None:
    invitations.revoke(session, actor=actor, user_id=user_id)


def _end(session: Session, actor: Actor, _: int, typed: Typed) -> None:
    service.end_sign_in(session, actor=actor, sign_in_id=typed["sign_in"])


def _end_all(session: Session, actor: Actor, user_id: int, _: Typed) -> None:
    service.end_all(session, actor=actor, user_id=user_id, but=actor.sign_in_id)


def _remove_factor(session: Session, actor: Actor, user_id: int, typed: Typed) -> None:
    second_factors.remove(session, actor=actor, user_id=user_id, reason=typed["reason"])


def _disable(session: Session, actor: Actor, user_id: int, typed: Typed) -> None:
    service.disable(session, actor=actor, user_id=user_id, reason=typed["reason"])


def _enable(session: Session, actor: Actor, user_id: int, _: Typed) -> None:
    service.enable(session, actor=actor, user_id=user_id)


def _is_another(user: UserFacts, actor: Actor) -> bool:
    return user.id != actor.user_id and user.state != DISABLED


INVITE = Action(
    "Invite a user",
    "Make the code",
    "They get a code from you, and choose a password that only they know.",
    "{name} is invited.",
    _invite,
    ("full_name", "name", "email", "roles"),
)
ACTIONS: dict[str, Action] = {
    "change": Action(
        "Change",
        "Keep",
        "New roles count at the next click, in every tab.",
        "{name} is changed.",
        _change,
        ("full_name", "email", "roles"),
    ),
    "new_code": Action(
        "Make a new code",
        "Make the code",
        "The code from before stops working.",
        "A new code is made.",
        _reset,
        fits=lambda user, _: user.state in (INVITED, LAPSED),
    ),
    "reset": Action(
        "Reset the password",
        "Reset the password",
        "{name} is signed out everywhere, and the old password stops working at once. "
        "You get a code with which {name} chooses a new one.",
        "The old password no longer works.",
        _reset,
        fits=lambda user, actor: _is_another(user, actor) and user.state not in (INVITED, LAPSED),
    ),
    "revoke": Action(
        "Take the code back",
        "Take the code back",
        "The code stops working. Without a password, {name} cannot come in until you make a new one.",
        "The code no longer works.",
        _revoke,
        fits=lambda user, _: user.state == INVITED,
    ),
    "end_all": Action(
        "End all sign-ins",
        "End all",
        "{name} is signed out on every device but the one you read this on. The password stays.",
        "The sign-ins are ended.",
        _end_all,
        fits=lambda user, actor: user.open_sign_ins > (user.id == actor.user_id),
    ),
    "remove_factor": Action(
        "Remove the second factor",
        "Remove it",
        "For somebody who has lost the telephone and the recovery codes. {name} is signed out everywhere; "
        "where a role asks for a second factor, a new one is set up at the next sign-in. "
        "Make sure that it is really {name} who asks.",
        "The second factor is removed.",
        _remove_factor,
        ("reason",),
        fits=lambda user, actor: user.second_factor and user.id != actor.user_id,
    ),
    "disable": Action(
        "Disable",
        "Disable",
        "{name} is signed out everywhere and cannot come in any more. What {name} did stays in the books.",
        "{name} is disabled.",
        _disable,
        ("reason",),
        fits=_is_another,
    ),
    "enable": Action(
        "Let in again",
        "Let in again",
        "{name} can sign in again, with the password and the roles from before.",
        "{name} can sign in again.",
        _enable,
        fits=lambda user, _: user.state == DISABLED,
    ),
}
END = Action(
    "End this sign-in",
    "End it",
    "{name} is signed out on this device within seconds. The password stays.",
    "The sign-in is ended.",
    _end,
)
