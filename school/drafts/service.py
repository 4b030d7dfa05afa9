"""Keeps what was typed until it is a fact, is given up, or is a week old. A draft is its user's alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.access.service import authorise
from school.db import one_writer
from school.drafts.models import Draft
from school.errors import BadInput

KEPT_FOR = timedelta(days=7)
ASIDE = "aside "  # how the form of a draft that no form takes up begins
NAME_LENGTH_MAX = 64  # of a form and of a request id
FIELDS_LENGTH_MAX = 20_000  # as JSON; a form holds far less


def keep(session: Session, *, actor: Actor, form: str, request_id: str, fields: Mapping[str, Any]) -> None:
    """What stands in this form now, in place of what stood there; this user's drafts of last week go.

    Raises SignInNeeded or NotAllowed for the actor, BadInput for fields that no form has.
    """
    if max(len(form), len(request_id)) > NAME_LENGTH_MAX or len(json.dumps(fields)) > FIELDS_LENGTH_MAX:
        raise BadInput("This is too long to be kept as a draft.")
    user_id = _owner(session, actor)
    one_writer(session)  # two tabs of one form, one after the other
    now = clock.now()
    before = (Draft.form == form) & (Draft.request_id == request_id)
    session.execute(delete(Draft).where(Draft.user_id == user_id, before | (Draft.saved_at < now - KEPT_FOR)))
    session.add(Draft(user_id=user_id, form=form, request_id=request_id, fields=dict(fields), saved_at=now))


def forget(session: Session, *, actor: Actor, form: str, request_id: str) -> None:
    """The draft is a fact now, or given up. One that is not there is forgotten already."""
    draft = (Draft.user_id == _owner(session, actor), Draft.form == form, Draft.request_id == request_id)
    session.execute(delete(Draft).where(*draft))


def set_aside(session: Session, *, actor: Actor) -> None:
    """This user's drafts are kept, but no form takes them up: one of them may be what breaks a page."""
    own = (Draft.user_id == _owner(session, actor), ~Draft.form.startswith(ASIDE))
    lost = select(ASIDE + Draft.form, Draft.request_id).where(*own)
    again = tuple_(Draft.form, Draft.request_id).in_(lost)
    session.execute(delete(Draft).where(Draft.user_id == actor.user_id, again))
    session.execute(update(Draft).where(*own).values(form=ASIDE + Draft.form))


def _owner(session: Session, actor: Actor) -> int:
    authorise(session, actor, "profile.own")
    if actor.user_id is None:
        raise BadInput("The command line leaves no drafts.")
    return actor.user_id
