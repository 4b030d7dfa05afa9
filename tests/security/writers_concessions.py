"""The writers of concessions and late fees, see `writers`."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE, Actor
from school.fees import at_once, billing, grants, late_fee_rules, late_fee_run, schemes, waivers
from school.fees.conceding import Rate
from school.fees.models import Grant
from school.ledger import queries as ledger
from tests import make
from tests.fees import structure
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


def _own(session: Session, actor: Actor, world: World) -> int:
    """A grant this person has asked for, whoever may ask."""
    grant = Grant(
        request_id=make.request_id(),
        student_id=world.student,
        scheme=_scheme(session),
        valid_from=make.TODAY,
        reason="teaches here",
        state=grants.WAITING,
        at=clock.now(),
        actor_id=actor.user_id,
        actor=actor.name,
    )
    session.add(grant)
    session.flush()
    return grant.id


def _change(session: Session, actor: Actor, _: World) -> None:
    schemes.change_scheme(session, actor=actor, scheme=_scheme(session), rates=[], active=False)


def _rule(session: Session, actor: Actor, _: World | None = None) -> int:
    return late_fee_rules.add_rule(session, actor=actor, name="Late", due_from=date(2026, 1, 1), flat_minor=1)


def _give(session: Session, actor: Actor, world: World) -> None:
    """A grant for what a run has charged."""
    structure.fees(session)
    told = structure.told(session)
    run_id = billing.begin(session, actor=COMMAND_LINE, request_id=make.request_id(), told=told)
    billing.go_on(session, actor=COMMAND_LINE, run_id=run_id)
    billing.go_on(session, actor=COMMAND_LINE, run_id=run_id)
    grant_id = _ask(session, COMMAND_LINE, world)
    session.execute(update(Grant).values(state="granted"))
    at_once.give(session, actor=actor, grant_id=grant_id)


def _run(session: Session, actor: Actor, _: World | None = None) -> int:
    _rule(session, COMMAND_LINE)
    return late_fee_run.begin(session, actor=actor, request_id=make.request_id(), date=make.TODAY)


def _waive(session: Session, actor: Actor, world: World) -> None:
    charge = ledger.open_charges(session, world.student)[0].line_id
    waivers.waive(session, actor=actor, charge_id=charge, reason="hospital")


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
    "school.fees.grants.withdraw": Writer(
        "profile.own",  # as that of an approval
        lambda s, a, w: grants.withdraw(s, actor=a, grant_id=_own(s, a, w), reason="the wrong child"),
    ),
    "school.fees.grants.end": Writer(
        "concessions.grant", _waiting(grants.end, on=make.TODAY, reason="left the staff")
    ),
    "school.fees.at_once.give": Writer("billing.run", _give),
    "school.fees.late_fee_rules.add_rule": Writer("fees.manage", _rule),
    "school.fees.late_fee_rules.end_rule": Writer(
        "fees.manage", lambda s, a, w: late_fee_rules.end_rule(s, actor=a, rule_id=_rule(s, COMMAND_LINE))
    ),
    "school.fees.late_fee_run.begin": Writer("billing.run", _run),
    "school.fees.late_fee_run.go_on": Writer(
        "billing.run", lambda s, a, w: late_fee_run.go_on(s, actor=a, run_id=_run(s, COMMAND_LINE))
    ),
    "school.fees.waivers.waive": Writer("concessions.grant", _waive),
}
