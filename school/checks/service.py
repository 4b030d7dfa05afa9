"""The only writer of the checks: that the books were recomputed, and totals that are summed again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.checks.findings import Finding
from school.checks.ledger import OF_TOTALS, verify
from school.db import one_writer
from school.errors import RuleBroken
from school.ledger import projecting

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


def rebuild(session: Session, *, actor: Actor) -> list[Finding]:
    """Sums every total again from entries and lines, and puts the guards back; what was found before.

    Raises RuleBroken, and changes nothing, where the entries themselves do not agree: totals of a false truth
    would hide it. Raises SignInNeeded or NotAllowed.
    """
    authorise(session, actor, "settings.manage")
    one_writer(session)
    found = verify(session)
    _refuse([one for one in found if one.check not in OF_TOTALS])
    projecting.rebuild(session)
    _refuse(verify(session))
    audit.record(
        session,
        actor=actor,
        event=events.TOTALS_REBUILT,
        subject=BOOKS,
        before={"disagreements": [one.check for one in found]},
        after={"disagreements": []},
    )
    return found


def _refuse(found: Sequence[Finding]) -> None:
    if found:
        raise RuleBroken(f"Nothing was summed again. {found[0].message} {found[0].mend}")
