"""What happened when, counted by hours of the universal clock; the reader's zone says which those are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import Session

from school import clock
from school.access.models import SignInAttempt
from school.incidents.models import Incident
from school.ledger.models import Entry

HOURS, DAYS = 24, 14
LAST_PAYMENTS = 3_000  # more than any school takes in a day; older ones are not looked through

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
    last = select(Entry.at.label("at")).where(Entry.kind == "payment").order_by(Entry.id.desc())
    paid = last.limit(LAST_PAYMENTS).subquery()
    failed = select(SignInAttempt.at.label("at")).where(~SignInAttempt.succeeded, SignInAttempt.at >= hours)
    return History(
        now,
        payments=_by_hour(session, paid, hours),
        failed_sign_ins=_by_hour(session, failed.subquery(), hours),
        incidents=_by_hour(session, select(Incident.at.label("at")).subquery(), days),
    )


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _by_hour(session: Session, rows: Any, since: datetime) -> Counts:
    """Moments are kept as text that begins with the day and the hour."""
    hour = func.substr(type_coerce(rows.c.at, String), 1, 13)
    since_then = rows.c.at >= since
    counted = session.execute(select(hour, func.count()).where(since_then).group_by(hour))
    return {datetime.fromisoformat(f"{text}:00+00:00"): count for text, count in counted}
