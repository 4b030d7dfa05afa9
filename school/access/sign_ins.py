"""From a typed password to a cookie: an attempt, a sign-in with a ticket, the ticket claimed for a token.

Every attempt is counted before the password is looked at, so that many at once do not slip past the lock.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from school import clock
from school.access import telling
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import (
    NAME_LENGTH_MAX,
    WRONG_BY_ADDRESS_FREE,
    WRONG_BY_NAME_FREE,
    hashed,
    in_words,
    wait_after,
)
from school.errors import NotAllowed
from school.settings import settings

TICKET_LIFE = timedelta(seconds=60)
SEEN_EVERY = timedelta(minutes=5)  # nothing is written per request
BY_NAME_SINCE = timedelta(hours=24)
BY_ADDRESS_SINCE = timedelta(hours=1)
WRONG = "The user name or the password is not right. Check both and try again."


@dataclass(frozen=True)
class Attempt:
    """An attempt that is being made. `user_id` and `password_hash` are None for a name nobody has."""

    id: int
    user_id: int | None
    password_hash: str | None


@dataclass(frozen=True)
class NewSignIn:
    """A sign-in that was just opened; the ticket is shown once, here."""

    id: str
    user_id: int
    ticket: str
    ticket_expires_at: datetime


def hear(session: Session, *, name: str, address: str, browser: str | None = None) -> str:
    """The line at the gate in which this caller waits; reads only, so that refusing holds up no writer.

    A browser in which this name has signed in before has a line and a count of its own, so that a guesser
    elsewhere, or behind the same address, does not lock the owner out. Otherwise the line is the address.
    Raises NotAllowed while the name or the address has to wait.
    """
    name = name[:NAME_LENGTH_MAX]
    known = _known_browser(session, name, browser)
    _refuse_those_who_wait(session, name, address, known)
    return known or address


def begin(session: Session, *, name: str, address: str, browser: str | None = None) -> Attempt:
    """Counts one more attempt as wrong until `open_sign_in` says otherwise.

    `name` is the kept form of a user name, known or not. `address` is empty where it is not known, as behind
    a proxy that does not tell it: then it is not counted, lest one guesser locks out everybody.
    Raises NotAllowed as `hear` does; an attempt refused so is not counted.
    """
    name = name[:NAME_LENGTH_MAX]
    _one_at_a_time(session, name)
    known = _known_browser(session, name, browser)
    _refuse_those_who_wait(session, name, address, known)
    attempt = SignInAttempt(at=clock.now(), name=name, address=address, known_browser=known, succeeded=False)
    session.add(attempt)
    session.flush()  # its id is what a right password will be marked on
    user = session.execute(
        select(User.id, User.password_hash).where(User.name == name, User.status == "active")
    ).one_or_none()
    return Attempt(attempt.id, user.id if user else None, user.password_hash if user else None)


def _known_browser(session: Session, name: str, browser: str | None) -> str | None:
    """The hash of a browser in which this name has signed in before."""
    if browser is None:
        return None
    before = select(SignIn.browser_hash).join(User).where(User.name == name)
    return session.scalar(before.where(SignIn.browser_hash == hashed(browser)).limit(1))


def _refuse_those_who_wait(session: Session, name: str, address: str, known: str | None) -> None:
    by_name = (SignInAttempt.name == name) & SignInAttempt.known_browser.is_not_distinct_from(known)
    since_success = select(func.coalesce(func.max(SignInAttempt.id), 0)).where(
        by_name, SignInAttempt.succeeded
    )
    later = by_name & (SignInAttempt.id > since_success.scalar_subquery())
    _refuse_while_waiting(session, later, since=BY_NAME_SINCE, free=WRONG_BY_NAME_FREE)
    if address and known is None:
        by_address = (SignInAttempt.address == address) & SignInAttempt.known_browser.is_(None)
        _refuse_while_waiting(session, by_address, since=BY_ADDRESS_SINCE, free=WRONG_BY_ADDRESS_FREE)


def _one_at_a_time(session: Session, name: str) -> None:
    """SQLite writers already are; PostgreSQL would let attempts on one name count past each other."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"sign-in {name}"))))


def _refuse_while_waiting(
    session: Session, whose: ColumnElement[bool], *, since: timedelta, free: int
) -> None:
    now = clock.now()
    wrong, last = session.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(
            whose, ~SignInAttempt.succeeded, SignInAttempt.at > now - since
        )
    ).one()
    if last is None:
        return
    left = last + wait_after(wrong, free=free) - now
    if left > timedelta(0):
        telling.was_wrong("locked")
        raise NotAllowed(f"Too many attempts with a wrong password. Wait {in_words(left)} and try again.")


def was_right(session: Session, *, attempt_id: int) -> None:
    """The attempt no longer counts, and forgives the wrong ones of this name before it."""
    session.execute(update(SignInAttempt).where(SignInAttempt.id == attempt_id).values(succeeded=True))


def open_sign_in(
    session: Session,
    *,
    user_id: int,
    address: str = "",
    user_agent: str = "",
    attempt_id: int | None = None,
    browser: str | None = None,
) -> NewSignIn:
    """A new sign-in of this user with a ticket the browser has a minute to claim; the attempt was right.

    It ends with the ticket unless it is taken up: the page that asked for it may be gone by now.
    Only the browser of this name may claim the ticket; without a name, whoever shows it.
    Raises NotAllowed when the user was disabled in the meantime.
    """
    now = clock.now()
    if session.scalar(select(User.id).where(User.id == user_id, User.status == "active")) is None:
        raise NotAllowed(WRONG)
    if attempt_id is not None:
        was_right(session, attempt_id=attempt_id)
    ticket = secrets.token_urlsafe(32)
    row = SignIn(
        id=str(uuid.uuid4()),
        user_id=user_id,
        ticket_hash=hashed(ticket),
        ticket_expires_at=now + TICKET_LIFE,
        browser_hash=hashed(browser) if browser else None,
        created_at=now,
        last_seen_at=now,
        expires_at=now + TICKET_LIFE,
        user_agent=user_agent[:200],
        address=address,
    )
    session.add(row)
    telling.signed_in(session, user_id=user_id, sign_in_id=row.id)
    return NewSignIn(row.id, user_id, ticket, now + TICKET_LIFE)


def take_up(session: Session, *, sign_in_id: str) -> None:
    """A page acts under the new sign-in, or a browser has its cookie: it lasts its hours unless it ended."""
    created_at = session.scalars(select(SignIn.created_at).where(SignIn.id == sign_in_id)).one()
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.expires_at > clock.now())
        .values(expires_at=created_at + timedelta(hours=settings().sign_in_hours_max))
    )


def claim(session: Session, *, ticket: str, held_token: str | None, browser: str | None = None) -> str | None:
    """The token for the cookie of the browser that shows its own ticket in time, once; None for any other.

    The sign-in of the token this browser held until now is ended: one browser, one sign-in.
    """
    token = secrets.token_urlsafe(32)
    claimed = session.scalar(
        update(SignIn)
        .where(
            SignIn.ticket_hash == hashed(ticket),
            or_(SignIn.browser_hash.is_(None), SignIn.browser_hash == hashed(browser or "")),
            SignIn.ticket_expires_at > clock.now(),
            SignIn.revoked_at.is_(None),
        )
        .values(ticket_hash=None, token_hash=hashed(token))
        .returning(SignIn.id)
    )
    if claimed is None:
        return None
    take_up(session, sign_in_id=claimed)
    if held_token:
        end(session, SignIn.token_hash == hashed(held_token), why="someone signed in on the same browser")
    return token


def seen(session: Session, *, sign_in_id: str) -> None:
    """The person did something: the idle time starts again."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=clock.now()))


def sign_out(session: Session, *, sign_in_id: str) -> None:
    end(session, SignIn.id == sign_in_id, why="signed out")


def end(session: Session, which: ColumnElement[bool], *, why: str) -> int:
    """Revokes the sign-ins that are still open; says how many."""
    ended = session.execute(
        update(SignIn)
        .where(which, SignIn.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_why=why)
        .returning(SignIn.id)
    )
    return len(ended.all())


def due_to_be_seen(last_seen_at: datetime) -> bool:
    """True when the row should be touched: every five minutes, sooner where sign-ins go idle sooner."""
    every = min(SEEN_EVERY, timedelta(minutes=settings().idle_minutes_max) / 4)
    return clock.now() - last_seen_at > every
