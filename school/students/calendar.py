"""The school itself, its years and terms: set up once, changed rarely. Every change is audited."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from school import clock, money
from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import BadDate, BadInput, NotFound, RuleBroken
from school.students import queries
from school.students.models import School, Term, Year
from school.students.rules import clean, fold, named

LOGO_BYTES_MAX = 1_000_000  # it is drawn on every receipt


@dataclass(frozen=True)
class TermAsked:
    """A term as it shall stand; `id` is None for a new one."""

    id: int | None
    name: str
    starts_on: date
    ends_on: date


def make_school(
    session: Session,
    *,
    actor: Actor,
    name: str,
    currency: str,
    time_zone: str,
    locale: str = "en",
    address: str = "",
    logo: bytes | None = None,
) -> None:
    """Say whose books these are. `currency` is an ISO 4217 code, `time_zone` an IANA name.

    Raises BadInput for what is unknown, RuleBroken when there is a school already.
    """
    authorise(session, actor, "settings.manage")
    one_writer(session)
    if queries.has_school(session):
        raise RuleBroken("These books belong to a school already: change it on the settings page.")
    unit = money.currency(currency)
    values = {
        "name": named(name, "the school"),
        "currency": unit.code,
        "exponent": unit.exponent,
        "time_zone": _time_zone(time_zone),
        "locale": money.tag(locale),
        "address": address.strip(),
    }
    session.execute(insert(School), [{"id": 1, **values, "logo": _logo(logo), "created_at": clock.now()}])
    audit.record(session, actor=actor, event=events.SCHOOL_MADE, subject="school:1", after=values)


def change_school(
    session: Session,
    *,
    actor: Actor,
    name: str | None = None,
    address: str | None = None,
    time_zone: str | None = None,
    locale: str | None = None,
    logo: bytes | None = None,
    how_to_pay: str | None = None,
) -> None:
    """Change what is given of the school; its currency is fixed. Raises BadInput and NotFound."""
    authorise(session, actor, "settings.manage")
    held = queries.school(session)
    wanted = {
        "name": None if name is None else named(name, "the school"),
        "address": None if address is None else address.strip(),
        "time_zone": None if time_zone is None else _time_zone(time_zone),
        "locale": None if locale is None else money.tag(locale),
        "how_to_pay": None if how_to_pay is None else how_to_pay.strip(),
    }
    new = {key: value for key, value in wanted.items() if value is not None and value != getattr(held, key)}
    if new:
        session.execute(update(School).values(**new))
    if logo is not None:
        session.execute(update(School).values(logo=_logo(logo)))
    if new or logo is not None:
        before = {key: getattr(held, key) for key in new}
        after = new if logo is None else {**new, "logo": f"{len(logo)} bytes"}
        audit.record(
            session, actor=actor, event=events.SCHOOL_CHANGED, subject="school:1", before=before, after=after
        )


def change_currency(session: Session, *, actor: Actor, currency: str) -> None:
    """Another currency, before anything was posted. Raises BadInput for an unknown one, RuleBroken after."""
    authorise(session, actor, "settings.manage")
    one_writer(session)
    held, unit = queries.school(session).currency, money.currency(currency)
    if unit == held:
        return
    try:
        session.execute(update(School).values(currency=unit.code, exponent=unit.exponent))
    except IntegrityError as error:
        raise RuleBroken(
            f"The currency stays {held.code}: amounts are kept in it already.", field="currency"
        ) from error
    audit.record(
        session,
        actor=actor,
        event=events.SCHOOL_CHANGED,
        subject="school:1",
        before={"currency": held.code},
        after={"currency": unit.code},
    )


def add_year(
    session: Session,
    *,
    actor: Actor,
    name: str,
    starts_on: date,
    ends_on: date,
    terms: Sequence[tuple[str, date, date]] = (),
) -> int:
    """A school year with its terms (name, first day, last day); the id of the year.

    Raises BadInput for a name used already, BadDate for days out of order or shared with another.
    """
    authorise(session, actor, "settings.manage")
    one_writer(session)
    name = named(name, "the year")
    _check_year(name, starts_on, ends_on, queries.years(session))
    _check_terms(name, starts_on, ends_on, terms)
    row = {"name": name, "starts_on": starts_on, "ends_on": ends_on}
    year_id = session.scalars(insert(Year).returning(Year.id), [row]).one()
    if terms:
        rows = [
            {"year_id": year_id, "name": clean(term), "starts_on": first, "ends_on": last}
            for term, first, last in terms
        ]
        session.execute(insert(Term), rows)
    after = {
        "name": name,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "terms": [[clean(term), first.isoformat(), last.isoformat()] for term, first, last in terms],
    }
    audit.record(session, actor=actor, event=events.YEAR_ADDED, subject=f"year:{year_id}", after=after)
    return year_id


def change_year(
    session: Session,
    *,
    actor: Actor,
    year_id: int,
    name: str,
    starts_on: date,
    ends_on: date,
    terms: Sequence[TermAsked],
) -> None:
    """Name and days of a year and of all its terms, and new terms; no term goes.

    A term keeps its first day where entries are dated between the old and the new one: they were posted in
    the term their date was in. Raises NotFound, and BadInput or BadDate as `add_year` does.
    """
    authorise(session, actor, "settings.manage")
    one_writer(session)
    years = queries.years(session)
    year = next((held for held in years if held.id == year_id), None)
    if year is None:
        raise NotFound("There is no such year: choose one of the list.", field="year")
    held = {term.id: term for term in queries.terms(session) if term.year_id == year_id}
    if {term.id for term in terms if term.id is not None} != held.keys():
        raise NotFound("Another term was added in the meantime: look again.", field="terms")
    name = named(name, "the year")
    _check_year(name, starts_on, ends_on, [other for other in years if other.id != year_id])
    _check_terms(name, starts_on, ends_on, [(term.name, term.starts_on, term.ends_on) for term in terms])
    before = _told(year)
    after: dict[str, Any] = {"name": name, "starts_on": str(starts_on), "ends_on": str(ends_on)}
    session.execute(
        update(Year).where(Year.id == year_id).values(name=name, starts_on=starts_on, ends_on=ends_on)
    )
    for term in terms:
        was = held[term.id] if term.id is not None else None
        now = {"name": clean(term.name), "starts_on": str(term.starts_on), "ends_on": str(term.ends_on)}
        if was is None or now != _told(was):
            before |= {was.name: [str(was.starts_on), str(was.ends_on)]} if was else {}
            after |= {now["name"]: [now["starts_on"], now["ends_on"]]}
            _write_term(session, year_id, term)
    if before != after:
        audit.record(
            session,
            actor=actor,
            event=events.YEAR_CHANGED,
            subject=f"year:{year_id}",
            before=before,
            after=after,
        )


def _told(span: queries.YearFacts | queries.TermFacts) -> dict[str, Any]:
    return {"name": span.name, "starts_on": str(span.starts_on), "ends_on": str(span.ends_on)}


def _write_term(session: Session, year_id: int, term: TermAsked) -> None:
    values = {"name": clean(term.name), "starts_on": term.starts_on, "ends_on": term.ends_on}
    if term.id is None:
        session.execute(insert(Term), [{**values, "year_id": year_id}])
        return
    try:
        session.execute(update(Term).where(Term.id == term.id).values(**values))
    except IntegrityError as error:
        raise BadDate(
            f"{clean(term.name)} keeps its first day: entries are dated between the old and the new one.",
            field="terms",
        ) from error


def _check_year(name: str, starts_on: date, ends_on: date, others: Sequence[queries.YearFacts]) -> None:
    if any(fold(year.name) == fold(name) for year in others):
        raise BadInput(f"There is a year {name} already.", field="name")
    _in_order(name, starts_on, ends_on)
    for year in others:
        if starts_on <= year.ends_on and year.starts_on <= ends_on:
            raise BadDate(
                f"{name} shares days with {year.name}: a day belongs to one year.", field="starts_on"
            )


def _time_zone(name: str) -> str:
    if name.strip() not in zoneinfo.available_timezones():
        raise BadInput(f"“{clean(name)[:40]}” is not a time zone like Africa/Nairobi.", field="time_zone")
    return name.strip()


def _logo(logo: bytes | None) -> bytes | None:
    if logo is not None and len(logo) > LOGO_BYTES_MAX:
        raise BadInput("The logo is larger than 1 MB: choose a smaller picture.", field="logo")
    return logo or None


def _in_order(name: str, starts_on: date, ends_on: date) -> None:
    if not starts_on < ends_on:
        raise BadDate(f"{name} must end after it starts.", field="ends_on")


def _check_terms(year: str, starts_on: date, ends_on: date, terms: Sequence[tuple[str, date, date]]) -> None:
    latest, names = None, set()
    for term, first, last in sorted(terms, key=lambda t: t[1]):
        name = named(term, "the term")
        _in_order(name, first, last)
        if not starts_on <= first <= last <= ends_on:
            raise BadDate(f"{name} must lie within {year}.", field="terms")
        if latest is not None and first <= latest:
            raise BadDate(f"{name} shares days with the term before it.", field="terms")
        if fold(name) in names:
            raise BadInput(f"{year} has two terms called {name}.", field="terms")
        latest = last
        names.add(fold(name))
