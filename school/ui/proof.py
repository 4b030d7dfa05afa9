"""Proving who one is: every attempt is counted before it is looked at, and no lock is held meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from school.access import gate, queries, second_factors, sign_ins, telling
from school.access.rules import Actor, user_name
from school.access.sign_ins import Attempt, NewSignIn
from school.db import reading, writing
from school.errors import BadInput, NotAllowed
from school.ui import identity

CHANGED = "Something about this user has changed in the meantime. Sign in again from the beginning."


class Changed(NotAllowed):
    """What was proven in the first step no longer counts."""


@dataclass(frozen=True)
class Caller:
    """Where this run comes from; empty where it is not known."""

    address: str
    agent: str
    browser: str | None


def caller() -> Caller:
    address, agent = st.context.ip_address, st.context.headers.get("User-Agent")
    return Caller(
        address if isinstance(address, str) else "",
        agent if isinstance(agent, str) else "",
        identity.browser(),
    )


def password(typed_name: str, typed: str, *, by: Caller) -> Attempt:
    """The attempt, whose password was right; it counts as wrong until a sign-in is opened with it.

    Raises NotAllowed with the sentence to show, the same for a wrong password and for a name nobody has.
    """
    try:
        name = user_name(typed_name)
    except BadInput:
        name = typed_name.strip()  # nobody is called so, and it takes as long to say so
    with reading() as session:
        line = sign_ins.hear(session, name=name, address=by.address, browser=by.browser)
    gate.refuse_when_full(line)
    with writing() as session:
        attempt = sign_ins.begin(session, name=name, address=by.address, browser=by.browser)
    if not gate.right(typed, attempt.password_hash, address=line) or attempt.user_id is None:
        telling.was_wrong("wrong", user_id=attempt.user_id, attempt_id=attempt.id)
        raise NotAllowed(sign_ins.WRONG)
    return attempt


def open_without_code(attempt: Attempt, *, by: Caller) -> NewSignIn | None:
    """The sign-in of somebody whose password was right; None while a code is wanted first."""
    with writing() as session:
        user_id = _unchanged(session, attempt)
        if second_factors.state(session, user_id) is not None:
            return None
        return _open(session, user_id, attempt, by)


def open_with_code(name: str, attempt: Attempt, code: str, *, by: Caller) -> NewSignIn:
    """The sign-in of somebody whose password and whose code were right; one more attempt is counted.

    Raises NotAllowed with the sentence to show; `Changed` when only a new beginning helps.
    """
    with writing() as session:
        trying = sign_ins.begin(session, name=name, address=by.address, browser=by.browser)
    with writing() as session:
        user_id = _unchanged(session, attempt)
        if second_factors.state(session, user_id) is None:
            raise Changed(CHANGED)
        if not second_factors.accepts(session, user_id=user_id, code=code):
            telling.was_wrong("wrong_code", user_id=user_id, attempt_id=trying.id)
            raise NotAllowed(second_factors.WRONG)
        sign_ins.was_right(session, attempt_id=trying.id)
        return _open(session, user_id, attempt, by)


def again(actor: Actor, typed: str, code: str | None = None, *, by: Caller) -> None:
    """Passes when the person at the screen still knows the password, and shows a code where one is used.

    Raises NotAllowed with the field: `password` or `code`.
    """
    try:
        attempt = password(actor.name, typed, by=by)
    except NotAllowed as refused:
        sentence = "This is not your password." if refused.sentence == sign_ins.WRONG else refused.sentence
        raise NotAllowed(sentence, field="password") from refused
    with writing() as session:
        user_id = _unchanged(session, attempt)
        if code is not None and not second_factors.accepts(session, user_id=user_id, code=code):
            raise NotAllowed(second_factors.WRONG, field="code")
        sign_ins.was_right(session, attempt_id=attempt.id)


def is_present(actor: Actor, typed: str, *, by: Caller) -> bool:
    """True when this is the actor's password now. Nothing is counted: whoever is asked may replace it."""
    with reading() as session:
        kept = queries.password_hash(session, actor.user_id)
    return gate.right(typed, kept, address=by.address)


def _unchanged(session: Session, attempt: Attempt) -> int:
    """The id of the user, whose password is still the one that was looked at."""
    user_id = attempt.user_id
    if user_id is None or not queries.still_stands(
        session, user_id=user_id, password_hash=attempt.password_hash or ""
    ):
        raise Changed(CHANGED)
    return user_id


def _open(session: Session, user_id: int, attempt: Attempt, by: Caller) -> NewSignIn:
    return sign_ins.open_sign_in(
        session,
        user_id=user_id,
        address=by.address,
        user_agent=by.agent,
        attempt_id=attempt.id,
        browser=by.browser,
    )
