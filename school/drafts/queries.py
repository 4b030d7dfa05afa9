"""What one user has left unfinished. Whatever comes back is input like any other: the asker looks at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from school.drafts.models import Draft

_TEXT = cast(Draft.fields, String)  # one row that is no JSON shall not hide the others


@dataclass(frozen=True)
class DraftFacts:
    """A form as it was left; `fields` by the key of the widget, as JSON has them."""

    request_id: str
    fields: dict[str, Any]
    saved_at: datetime


def fields(session: Session, *, user_id: int, form: str, request_id: str) -> dict[str, Any] | None:
    """What stood in the fields of this user's form, or None."""
    one = select(_TEXT).where(Draft.user_id == user_id, Draft.form == form, Draft.request_id == request_id)
    return _read(session.scalar(one))


def unfinished(session: Session, *, user_id: int, form: str, limit: int) -> list[DraftFacts]:
    """The forms this user left, the last one first."""
    some = (
        select(Draft.request_id, _TEXT.label("fields"), Draft.saved_at)
        .where(Draft.user_id == user_id, Draft.form == form)
        .order_by(Draft.saved_at.desc(), Draft.request_id)
        .limit(limit)
    )
    found = ((row, _read(row.fields)) for row in session.execute(some))
    return [DraftFacts(row.request_id, read, row.saved_at) for row, read in found if read is not None]


def _read(text: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
