"""The only reader of incidents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from school.columns import Moment
from school.incidents.models import Incident


@dataclass(frozen=True)
class IncidentFacts:
    """One fault that somebody met; `user_id` is None for somebody who was not signed in."""

    number: str
    at: datetime
    user_id: int | None
    page: str
    request_id: str | None
    error: str
    place: str


def latest(session: Session, limit: int, *, offset: int = 0) -> list[IncidentFacts]:
    """The last incidents, the newest first."""
    rows = session.execute(
        select(
            Incident.number,
            Incident.at,
            Incident.user_id,
            Incident.page,
            Incident.request_id,
            Incident.error,
            Incident.place,
        )
        .order_by(Incident.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [IncidentFacts(*row) for row in rows]


_COUNT = select(func.count()).select_from(Incident)
_COUNT_SINCE = _COUNT.where(Incident.at >= bindparam("since", type_=Moment))


def count(session: Session, since: datetime | None = None) -> int:
    """How many incidents there were since a moment, or ever."""
    return session.scalar(_COUNT_SINCE if since else _COUNT, {"since": since}) or 0


def of_page(session: Session, *, user_id: int, page: str, since: datetime) -> int:
    """How often this user met one on this page since a moment."""
    same = (Incident.at >= since, Incident.user_id == user_id, Incident.page == page)
    return session.scalar(select(func.count()).select_from(Incident).where(*same)) or 0
