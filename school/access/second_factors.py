"""A code from an authenticator app, or one of ten recovery codes, after the right password.

A code works once: of two who show the same one at the same moment, one comes in. The secret is kept as the
app must know it too; of the recovery codes only the SHA-256 is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access import queries
from school.access.models import RecoveryCode, RolePolicy, SecondFactor, User, UserRole
from school.access.rules import ROLES, Actor, code_as_made, hashed, new_code, step_of
from school.access.service import authorise, end_sign_ins
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import BadInput, NotAllowed, NotFound, RuleBroken, SignInNeeded

OFFER_LIFE = timedelta(minutes=15)  # an unconfirmed secret is shown again for so long, after F5 too
DRIFT_STEPS = 1  # half minutes a telephone's clock may be off, either way
RECOVERY_CODES = 10
RECOVERY_GROUPS = 6  # 120 bits, so that a plain hash keeps them
WRONG = "This code is not right, or it was used before. Type the one your authenticator app shows now."


@dataclass(frozen=True)
class Enrolment:
    """What the authenticator app must know: the secret in base 32, and the same as a link for a QR code."""

    secret: str
    uri: str


@dataclass(frozen=True)
class SecondFactorFacts:
    confirmed_at: datetime
    recovery_left: int


def state(session: Session, user_id: int) -> SecondFactorFacts | None:
    """The confirmed second factor of a user, with the number of recovery codes not used yet; or None."""
    left = (
        select(func.count())
        .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        .scalar_subquery()
    )
    row = session.execute(
        select(SecondFactor.confirmed_at, left).where(
            SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)
        )
    ).one_or_none()
    return SecondFactorFacts(*row) if row else None


def required_roles(session: Session) -> frozenset[str]:
    """The roles whose people must have a second factor."""
    return frozenset(session.scalars(select(RolePolicy.role).where(RolePolicy.second_factor_required)))


def is_required(session: Session, user_id: int) -> bool:
    """True when a role of this user asks for a second factor."""
    asked = (
        select(UserRole.role)
        .join(RolePolicy, RolePolicy.role == UserRole.role)
        .where(UserRole.user_id == user_id, RolePolicy.second_factor_required)
    )
    return session.scalar(asked.limit(1)) is not None


def begin_enrolment(session: Session, *, actor: Actor, issuer: str) -> Enrolment:
    """A secret for this person's authenticator app; the same for a while, so that a reload shows it again.

    `issuer` is the school's name, as the app will list it. A factor confirmed before goes on to count until
    `confirm`. Raises SignInNeeded when the sign-in has ended.
    """
    user_id = _own(session, actor)
    now = clock.now()
    factor = session.get(SecondFactor, user_id)
    if factor is None:
        factor = SecondFactor(user_id=user_id)
        session.add(factor)
    if not factor.offered_secret or not factor.offered_at or factor.offered_at <= now - OFFER_LIFE:
        factor.offered_secret, factor.offered_at = pyotp.random_base32(), now
    totp = pyotp.TOTP(factor.offered_secret)
    return Enrolment(factor.offered_secret, totp.provisioning_uri(name=actor.name, issuer_name=issuer))


def confirm(session: Session, *, actor: Actor, code: str) -> tuple[str, ...]:
    """From here on the offered secret counts; ten recovery codes, shown once. Other sign-ins end.

    Raises BadInput when the code is not of that secret and moment, NotFound when none is offered any more,
    SignInNeeded when the sign-in has ended.
    """
    user_id = _own(session, actor)
    factor = session.get(SecondFactor, user_id)
    now = clock.now()
    if factor is None or not factor.offered_secret or not factor.offered_at:
        raise NotFound("Nothing waits to be confirmed. Begin again.")
    if factor.offered_at <= now - OFFER_LIFE:
        raise NotFound("This took too long. Scan the new picture, and type its code.")
    step = step_of(code, _codes(factor.offered_secret), after=0)
    if step is None:
        raise BadInput(
            "This code is not right. Type the one your app shows now; if that fails too, check the "
            "telephone's clock.",
            field="code",
        )
    factor.secret, factor.confirmed_at, factor.last_step = factor.offered_secret, now, step
    factor.offered_secret = factor.offered_at = None
    end_sign_ins(session, user_id=user_id, why="the second factor was set up", but=actor.sign_in_id)
    _tell(session, actor, events.SECOND_FACTOR_SET_UP, user_id)
    return _make_recovery_codes(session, user_id)


def accepts(session: Session, *, user_id: int, code: str) -> bool:
    """True when this code proves the user's second factor now; it is used up.

    A code of the app is one of this half minute or its neighbours and later than the last that was accepted.
    """
    factor = session.execute(
        select(SecondFactor.secret, SecondFactor.last_step).where(
            SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None)
        )
    ).one_or_none()
    if factor is None:
        return False
    step = step_of(code, _codes(factor.secret), after=factor.last_step)
    if step is not None:
        return _use_step(session, user_id, factor.secret, step)
    return _use_recovery_code(session, user_id, code)


def new_recovery_codes(session: Session, *, actor: Actor) -> tuple[str, ...]:
    """Ten new recovery codes, shown once; the old ones are dead.

    Raises RuleBroken without a confirmed factor, SignInNeeded when the sign-in has ended.
    """
    user_id = _own(session, actor)
    if state(session, user_id) is None:
        raise RuleBroken("Recovery codes stand in for a second factor. Set one up first.")
    _tell(session, actor, events.RECOVERY_CODES_MADE, user_id)
    return _make_recovery_codes(session, user_id)


def remove_own(session: Session, *, actor: Actor) -> None:
    """The password alone is enough again; other sign-ins end.

    Raises RuleBroken while a role asks for the factor, SignInNeeded when the sign-in has ended.
    """
    user_id = _own(session, actor)
    if is_required(session, user_id):
        raise RuleBroken("Your role asks for a second factor. You can move it to another telephone instead.")
    _remove(session, user_id)
    end_sign_ins(session, user_id=user_id, why="the second factor was removed", but=actor.sign_in_id)
    _tell(session, actor, events.SECOND_FACTOR_REMOVED, user_id)


def remove(session: Session, *, actor: Actor, user_id: int, reason: str) -> None:
    """For somebody who lost telephone and recovery codes; their sign-ins end.

    Where a role asks for a factor they set up a new one at the next sign-in. Raises BadInput without a
    reason, NotFound for nobody, RuleBroken when there is none to remove.
    """
    authorise(session, actor, "users.manage")
    if not reason.strip():
        raise BadInput("Say why the second factor is removed.", field="reason")
    if not _one_at_a_time(session, user_id):
        raise NotFound("There is no such user.")
    if state(session, user_id) is None:
        raise RuleBroken("This user has no second factor.")
    _remove(session, user_id)
    end_sign_ins(session, user_id=user_id, why="the second factor was removed")
    _tell(session, actor, events.SECOND_FACTOR_REMOVED, user_id, reason=reason.strip())


def require_for(session: Session, *, actor: Actor, roles: Iterable[str]) -> None:
    """From the next click on, everybody with one of these roles, and nobody else, must have a second factor.

    Raises NotAllowed without `users.manage`, BadInput for a role nobody has heard of.
    """
    authorise(session, actor, "users.manage")
    wanted = frozenset(roles)
    if not wanted <= frozenset(ROLES):
        raise BadInput(f"Roles are: {', '.join(ROLES)}.", field="roles")
    one_writer(session)
    before = required_roles(session)
    if before == wanted:
        return
    session.execute(delete(RolePolicy))
    session.add_all(RolePolicy(role=role, second_factor_required=True) for role in sorted(wanted))
    audit.record(
        session,
        actor=actor,
        event=events.SECOND_FACTOR_REQUIRED,
        subject="roles",
        before={"roles": sorted(before)},
        after={"roles": sorted(wanted)},
    )


def _own(session: Session, actor: Actor) -> int:
    """The user behind the actor's live sign-in; not `authorise`, which waits for the factor itself."""
    found = queries.standing(session, actor.sign_in_id)
    if found is None or found.actor.user_id is None or found.actor.user_id != actor.user_id:
        raise SignInNeeded
    if found.must_change_password:
        raise NotAllowed("Choose a new password first.")
    _one_at_a_time(session, found.actor.user_id)
    return found.actor.user_id


def _one_at_a_time(session: Session, user_id: int) -> bool:
    """Whoever changes a factor holds its user first, so that two at once do not lock each other out."""
    mine = select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    return session.scalar(mine) is not None


def _codes(secret: str) -> dict[int, str]:
    """The code of this half minute and of its neighbours."""
    totp = pyotp.TOTP(secret)
    now = totp.timecode(clock.now())
    return {step: totp.generate_otp(step) for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)}


def _use_step(session: Session, user_id: int, secret: str, step: int) -> bool:
    used = session.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == user_id, SecondFactor.secret == secret, SecondFactor.last_step < step)
        .values(last_step=step)
        .returning(SecondFactor.user_id)
    )
    return used.one_or_none() is not None


def _use_recovery_code(session: Session, user_id: int, code: str) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == hashed(code_as_made(code)),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
    ).one_or_none()
    if used is None:
        return False
    name = session.scalars(select(User.name).where(User.id == user_id)).one()
    whose = Actor(user_id, name, "", None, frozenset())
    _tell(session, whose, events.RECOVERY_CODE_USED, user_id)
    return True


def _make_recovery_codes(session: Session, user_id: int) -> tuple[str, ...]:
    codes = tuple(new_code(RECOVERY_GROUPS) for _ in range(RECOVERY_CODES))
    now = clock.now()
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=hashed(code), created_at=now) for code in codes)
    return codes


def _remove(session: Session, user_id: int) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))


def _tell(session: Session, actor: Actor, event: str, user_id: int, *, reason: str | None = None) -> None:
    audit.record(session, actor=actor, event=event, subject=f"user:{user_id}", reason=reason)
