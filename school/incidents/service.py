"""The only writer of incidents."""

from __future__ import annotations

from sqlalchemy.orm import Session

from school import clock
from school.incidents.models import Incident

LENGTH_MAX = 200


def note(
    session: Session,
    *,
    number: str,
    user_id: int | None,
    page: str,
    request_id: str | None,
    error: str,
    place: str,
) -> None:
    """Adds one incident. `request_id` holds those of all forms on the page, with a space between them.

    `error` is the name of the error and no more: its message may hold what somebody typed.
    """
    session.add(
        Incident(
            number=number,
            at=clock.now(),
            user_id=user_id,
            page=page[:LENGTH_MAX],
            request_id=request_id[:LENGTH_MAX] if request_id else None,
            error=error[:LENGTH_MAX],
            place=place[:LENGTH_MAX],
        )
    )
