"""The only reader of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from school.audit.models import AuditEvent


@dataclass(frozen=True)
class EventFacts:
    at: datetime
    actor: str
    event: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


_FACTS = select(
    AuditEvent.at,
    AuditEvent.actor,
    AuditEvent.event,
    AuditEvent.subject,
    AuditEvent.before,
    AuditEvent.after,
    AuditEvent.reason,
).order_by(AuditEvent.id.desc())


_LATEST = _FACTS.where(
    AuditEvent.subject == bindparam("of_subject"), AuditEvent.event == bindparam("of_event")
).limit(1)


def latest(session: Session, event: str, subject: str) -> EventFacts | None:
    """The last event of this kind on this subject, or None."""
    row = session.execute(_LATEST, {"of_subject": subject, "of_event": event}).one_or_none()
    return EventFacts(*row) if row else None


def page(session: Session, *, limit: int, offset: int = 0, subject: str | None = None) -> list[EventFacts]:
    """Events of one subject or of all, the newest first."""
    query = _FACTS if subject is None else _FACTS.where(AuditEvent.subject == subject)
    return [EventFacts(*row) for row in session.execute(query.limit(limit).offset(offset))]


def count(session: Session) -> int:
    """How many events there are."""
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0
