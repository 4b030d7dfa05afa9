"""The only reader of the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
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


def latest(session: Session, event: str, subject: str) -> EventFacts | None:
    """The last event of this kind on this subject, or None."""
    row = session.execute(
        select(
            AuditEvent.at,
            AuditEvent.actor,
            AuditEvent.event,
            AuditEvent.subject,
            AuditEvent.before,
            AuditEvent.after,
            AuditEvent.reason,
        )
        .where(AuditEvent.subject == subject, AuditEvent.event == event)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).one_or_none()
    return EventFacts(*row) if row else None
