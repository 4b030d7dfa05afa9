"""The writers of letters. They print and rehearse, which needs no mail server; who may is asked as ever."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE, Actor
from school.letters import queries, service, writing
from school.students import queries as students
from tests import make
from tests.security.writers import World, Writer


def _printed(session: Session, about: World) -> int:
    """A letter the operator has printed."""
    _statement(session, COMMAND_LINE, about)
    return queries.page(session).rows[0].id


def _statement(session: Session, actor: Actor, about: World) -> None:
    family = students.student(session, about.student).family_id
    writing.statements(
        session,
        actor=actor,
        request_id=make.request_id(),
        family_ids=[family],
        since=None,
        until=make.TODAY,
        how="print",
    )


def _receipt(session: Session, actor: Actor, about: World) -> None:
    writing.receipt(
        session,
        actor=actor,
        request_id=make.request_id(),
        entry_id=about.payment,
        name="Gil",
        address="gil@home.example",
        how="rehearse",
    )


def _remind(session: Session, actor: Actor, about: World) -> None:
    family = students.student(session, about.student).family_id
    request_id, pay_by = make.request_id(), make.TODAY.replace(month=12)
    writing.remind(
        session, actor=actor, request_id=request_id, expected={family: 1}, pay_by=pay_by, how="print"
    )


def _again(session: Session, actor: Actor, about: World) -> None:
    letter_id = _printed(session, about)
    service.cancel(session, actor=COMMAND_LINE, letter_id=letter_id)
    service.send_again(session, actor=actor, request_id=make.request_id(), letter_id=letter_id, how="print")


WRITERS: dict[str, Writer] = {
    "school.letters.service.cancel": Writer(
        "letters.send", lambda s, a, w: service.cancel(s, actor=a, letter_id=_printed(s, w))
    ),
    "school.letters.service.send_again": Writer("letters.send", _again),
    "school.letters.service.save_stage": Writer(
        "letters.send",
        lambda s, a, w: service.save_stage(
            s, actor=a, stage=replace(queries.stages(s)[0], subject="Fees of {students}")
        ),
    ),
    "school.letters.writing.receipt": Writer("letters.send", _receipt),
    "school.letters.writing.statements": Writer("letters.send", _statement),
    "school.letters.writing.invoices": Writer(
        "letters.send",
        lambda s, a, w: writing.invoices(
            s, actor=a, request_id=make.request_id(), entry_ids=[1], how="print"
        ),
    ),
    "school.letters.writing.remind": Writer("letters.send", _remind),
}
