"""The writers of fees and of billing runs."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE, Actor
from school.fees import billing, options, runs, service
from school.fees.bills import Told
from school.fees.costing import Part
from school.students import queries as students
from tests import make
from tests.security.writers import World, Writer

MANAGE, RUN = "fees.manage", "billing.run"


def _told(session: Session) -> Told:
    return Told(students.terms(session)[1].id, make.TODAY, make.TODAY)


def _structure(session: Session) -> None:
    service.set_fee_head(session, actor=COMMAND_LINE, account="TUITION")
    service.set_fee_head(session, actor=COMMAND_LINE, account="MEALS", optional=True)


def _fee(session: Session, actor: Actor) -> int:
    year = students.years(session)[0].id
    return service.set_fee(session, actor=actor, year_id=year, account="TUITION", amount_minor=100_000)


def _run(session: Session) -> int:
    _structure(session)
    _fee(session, COMMAND_LINE)
    return billing.begin(session, actor=COMMAND_LINE, request_id=make.request_id(), told=_told(session))


def _begin(session: Session, actor: Actor, _: World) -> None:
    _structure(session)
    billing.begin(session, actor=actor, request_id=make.request_id(), told=_told(session))


def _set_fee(session: Session, actor: Actor, _: World) -> None:
    _structure(session)
    _fee(session, actor)


def _end_fee(session: Session, actor: Actor, _: World) -> None:
    _structure(session)
    service.end_fee(session, actor=actor, fee_id=_fee(session, COMMAND_LINE))


def _choose(session: Session, actor: Actor, world: World) -> int:
    _structure(session)
    day = date(2026, 3, 2)
    return options.choose_option(
        session, actor=actor, student_id=world.student, account="MEALS", from_on=day, amount_minor=100
    )


def _end_option(session: Session, actor: Actor, world: World) -> None:
    option_id = _choose(session, COMMAND_LINE, world)
    options.end_option(session, actor=actor, option_id=option_id, until_on=None)


def _undo_on(session: Session, actor: Actor, _: World) -> None:
    run_id = _run(session)
    billing.go_on(session, actor=COMMAND_LINE, run_id=run_id)
    runs.undo(session, actor=COMMAND_LINE, run_id=run_id, reason="wrong fees")
    runs.undo_on(session, actor=actor, run_id=run_id)


WRITERS: dict[str, Writer] = {
    "school.fees.service.add_fee_head": Writer(
        MANAGE, lambda s, a, w: service.add_fee_head(s, actor=a, code="BUS", name="Bus", optional=True)
    ),
    "school.fees.service.set_fee_head": Writer(
        MANAGE, lambda s, a, w: service.set_fee_head(s, actor=a, account="TUITION")
    ),
    "school.fees.service.set_fee": Writer(MANAGE, _set_fee),
    "school.fees.service.end_fee": Writer(MANAGE, _end_fee),
    "school.fees.service.set_plan": Writer(
        MANAGE,
        lambda s, a, w: service.set_plan(s, actor=a, name="At once", parts=[Part(10_000, due_days=14)]),
    ),
    "school.fees.options.choose_option": Writer(MANAGE, _choose),
    "school.fees.options.end_option": Writer(MANAGE, _end_option),
    "school.fees.billing.begin": Writer(RUN, _begin),
    "school.fees.billing.go_on": Writer(RUN, lambda s, a, w: billing.go_on(s, actor=a, run_id=_run(s))),
    "school.fees.runs.undo": Writer(
        RUN, lambda s, a, w: runs.undo(s, actor=a, run_id=_run(s), reason="wrong fees")
    ),
    "school.fees.runs.undo_on": Writer(RUN, _undo_on),
}
