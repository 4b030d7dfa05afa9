"""How one user likes the screens; nobody else sees it, so it is not in the audit log."""

from __future__ import annotations

from sqlalchemy.orm import Session

from school.access.models import UserPreference
from school.access.rules import LANGUAGE_TAG, THEMES, Actor
from school.access.service import authorise
from school.db import one_writer
from school.errors import BadInput, SignInNeeded


def choose(session: Session, *, actor: Actor, language: str, theme: str) -> None:
    """Keeps both, from the next run on; empty means: as the browser has it.

    Raises BadInput for a language that is no BCP 47 tag or a theme nobody has heard of.
    """
    authorise(session, actor, "profile.own")
    if actor.user_id is None:
        raise SignInNeeded
    if language and not LANGUAGE_TAG.fullmatch(language):
        raise BadInput("Choose one of the languages.", field="language")
    if theme not in THEMES:
        raise BadInput("Choose one of the themes.", field="theme")
    one_writer(session)
    kept = session.get(UserPreference, actor.user_id) or UserPreference(user_id=actor.user_id)
    kept.language, kept.theme = language, theme
    session.add(kept)
