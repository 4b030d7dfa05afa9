"""The writers of the settings: the school's calendar, its classes, its accounts, and the turn of a year."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.ledger import service as ledger
from school.students import calendar, classes, next_year, promotion, queries
from school.students.calendar import TermAsked
from tests import make
from tests.security.writers import World, Writer


def _change_year(session: Session, actor: Actor, _: World) -> None:
    year = queries.years(session)[0]
    terms = [TermAsked(t.id, t.name, t.starts_on, t.ends_on) for t in queries.terms(session)]
    calendar.change_year(
        session,
        actor=actor,
        year_id=year.id,
        name="This year",
        starts_on=year.starts_on,
        ends_on=year.ends_on,
        terms=terms,
    )


def _change_class(session: Session, actor: Actor, _: World) -> None:
    last = queries.classes(session)[-1]
    classes.change_class(session, actor=actor, class_id=last.id, name="Form 7", after=0)


def _promote(session: Session, actor: Actor, _: World) -> Any:
    year = queries.years(session)[0]
    return promotion.promote(
        session,
        actor=actor,
        request_id=make.request_id(),
        from_year_id=year.id,
        into=next_year.NewYear("2027", date(2027, 1, 1), date(2027, 12, 31)),
        mapping=next_year.next_classes(queries.classes(session)),
    )


WRITERS: dict[str, Writer] = {
    "school.ledger.service.chart.change_account": Writer(
        "settings.manage", lambda s, a, w: ledger.change_account(s, actor=a, code="CARD", name="Visa")
    ),
    "school.ledger.service.numbering.number_documents": Writer(
        "settings.manage", lambda s, a, w: ledger.number_documents(s, actor=a, kind="payment", series="R27")
    ),
    "school.students.calendar.change_currency": Writer(
        "settings.manage", lambda s, a, w: calendar.change_currency(s, actor=a, currency="USD")
    ),
    "school.students.calendar.change_year": Writer("settings.manage", _change_year),
    "school.students.classes.change_class": Writer("settings.manage", _change_class),
    "school.students.promotion.promote": Writer("settings.manage", _promote),
}
