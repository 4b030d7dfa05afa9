"""The only writer of the audit log: one row says who did what to which row, before and after, and why."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy.orm import Session

from school import clock
from school.audit.events import EVENTS
from school.audit.models import AuditEvent


class Acting(Protocol):
    @property
    def user_id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


def record(
    session: Session,
    *,
    actor: Acting,
    event: str,
    subject: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Adds one row to this transaction. `subject` names a row (`student:17`); the dicts hold what JSON can.

    Raises ValueError for an event that `school.audit.events` does not list.
    """
    if event not in EVENTS:
        raise ValueError(f"no audit event is called {event}")
    session.add(
        AuditEvent(
            at=clock.now(),
            actor_id=actor.user_id,
            actor=actor.name,
            event=event,
            subject=subject,
            before=before,
            after=after,
            reason=reason,
        )
    )
