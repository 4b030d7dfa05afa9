"""The writers of concessions and late fees, see `writers`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE, Actor
from school.fees import grants, schemes
from school.fees.conceding import Rate
from tests import make
from tests.security.writers import World, Writer


def _scheme(session: Session) -> str:
    return schemes.add_scheme(
        session, actor=COMMAND_LINE, name="Staff", kind="staff", rates=[Rate(None, share_bp=50_00)]
    )


def _ask(session: Session, actor: Actor, world: World, scheme: str | None = None) -> int:
    return grants.request(
        session,
        actor=actor,
        request_id=make.request_id(),
        student_id=world.student,
        scheme=scheme or _scheme(session),
        reason="teaches here",
        valid_from=make.TODAY,
    ).grant_id


def _change(session: Session, actor: Actor, _: World) -> None:
    schemes.change_scheme(session, actor=actor, scheme=_scheme(session), rates=[], active=False)


def _waiting(decide: Any, **how: Any) -> Any:
    return lambda s, a, w: decide(s, actor=a, grant_id=_ask(s, COMMAND_LINE, w), **how)


WRITERS: dict[str, Writer] = {
    "school.fees.schemes.add_scheme": Writer(
        "fees.manage", lambda s, a, w: schemes.add_scheme(s, actor=a, name="Bursary", kind="bursary")
    ),
    "school.fees.schemes.change_scheme": Writer("fees.manage", _change),
    "school.fees.grants.request": Writer("concessions.grant", _ask),
    "school.fees.grants.approve": Writer("approvals.decide", _waiting(grants.approve)),
    "school.fees.grants.refuse": Writer("approvals.decide", _waiting(grants.refuse, reason="no proof")),
    "school.fees.grants.end": Writer(
        "concessions.grant", _waiting(grants.end, on=make.TODAY, reason="left the staff")
    ),
}
