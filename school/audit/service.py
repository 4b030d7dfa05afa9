"""The only writer of the audit log: one row says who did what to which row, before and after, and why."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from sqlalchemy.orm import Session

from school import clock
from school.audit.events import EVENTS
from school.audit.models import AuditEvent
from school.db import add_rows, once_known

log = logging.getLogger(__name__)

Change = tuple[str, dict[str, Any] | None, dict[str, Any] | None]  # subject, before, after


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
    record_all(session, actor=actor, event=event, changes=[(subject, before, after)], reason=reason)


def record_all(
    session: Session, *, actor: Acting, event: str, changes: Iterable[Change], reason: str | None = None
) -> None:
    """Adds a row for each change, all of one event and one reason. Raises ValueError as `record` does."""
    if event not in EVENTS:
        raise ValueError(f"no audit event is called {event}")
    who = {
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
        "event": event,
        "reason": reason,
    }
    rows = [
        {**who, "subject": subject, "before": before, "after": after} for subject, before, after in changes
    ]
    if len(rows) > 1:
        add_rows(session, AuditEvent, rows)
    elif rows:
        session.add(AuditEvent(**rows[0]))
    if rows:
        once_known(session, partial(_log, actor, event, [row["subject"] for row in rows]))


def _log(actor: Acting, event: str, subjects: Sequence[Any], error: BaseException | None) -> None:
    """The same line for whoever reads logs, without what was changed."""
    if error is None:
        who = {"user_id": actor.user_id, "sign_in": getattr(actor, "sign_in_id", None)}
        log.info(event, extra={**who, "subject": subjects[0], "rows": len(subjects)})
