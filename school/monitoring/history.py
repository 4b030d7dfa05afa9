"""What happened when, counted by hours of the universal clock; the reader's zone says which those are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, String, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from school import clock
from school.access.models import SignInAttempt
from school.columns import Moment
from school.incidents.models import Incident
from school.ledger.models import Entry

HOURS, DAYS = 24, 14

Counts = dict[datetime, int]


@dataclass(frozen=True)
class History:
    """Payments and failed sign-ins of the last HOURS, incidents of the last DAYS, each by its hour."""

    now: datetime
    payments: Counts
    failed_sign_ins: Counts
    incidents: Counts


def read(session: Session) -> History:
    now = clock.now()
    hours, days = hour_of(now) - timedelta(hours=HOURS - 1), now - timedelta(days=DAYS)
    return History(
        now,
        payments=_by_hour(session, _PAID, hours),
        failed_sign_ins=_by_hour(session, _FAILED, hours),
        incidents=_by_hour(session, _INCIDENTS, days),
    )


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _counted(moments: Select[datetime]) -> Select[str, int]:
    """Of the moments `:since` then; they are kept as text that begins with the day and the hour."""
    at = moments.subquery().c.at
    hour = func.substr(type_coerce(at, String), 1, 13)
    return select(hour, func.count()).where(at >= _SINCE).group_by(hour)


_SINCE = bindparam("since", type_=Moment)
_BEFORE = (  # entries are numbered as they are recorded: older ones are not looked through
    select(Entry.id)
    .where(Entry.kind == "payment", Entry.at < _SINCE)
    .order_by(Entry.id.desc())
    .limit(1)
    .correlate(None)
    .scalar_subquery()
)
_PAID = _counted(
    select(Entry.at.label("at")).where(Entry.kind == "payment", Entry.id > func.coalesce(_BEFORE, 0))
)
_FAILED = _counted(
    select(SignInAttempt.at.label("at")).where(~SignInAttempt.succeeded, SignInAttempt.at >= _SINCE)
)
_INCIDENTS = _counted(select(Incident.at.label("at")))


def _by_hour(session: Session, counted: Select[str, int], since: datetime) -> Counts:
    rows = session.execute(counted, {"since": since})
    return {datetime.fromisoformat(f"{text}:00+00:00"): count for text, count in rows}
