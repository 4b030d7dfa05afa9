"""The only writer of the checks: that the books were recomputed, and what was found."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.checks.findings import Finding

BOOKS = "books"


def verified(session: Session, *, actor: Actor, findings: Sequence[Finding]) -> None:
    """Adds to the audit log that all was recomputed now. Raises SignInNeeded or NotAllowed."""
    authorise(session, actor, "health.read")
    audit.record(
        session,
        actor=actor,
        event=events.BOOKS_VERIFIED,
        subject=BOOKS,
        after={"disagreements": len(findings)},
    )
