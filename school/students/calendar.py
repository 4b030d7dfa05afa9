"""The school itself, its years, terms and classes: set up once, changed rarely. Every change is audited."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from school import clock, money
from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import add_rows, one_writer
from school.errors import BadDate, BadInput, RuleBroken
from school.students import queries
from school.students.models import Enrolment, School, SchoolClass, Term, Year
from school.students.rules import TEXT_MAX, clean, fold

LOGO_BYTES_MAX = 1_000_000  # it is drawn on every receipt


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
        "name": _named(name, "the school"),
        "currency": unit.code,
        "exponent": unit.exponent,
        "time_zone": _time_zone(time_zone),
        "locale": str(money.locale(locale)),
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
        "name": None if name is None else _named(name, "the school"),
        "address": None if address is None else address.strip(),
        "time_zone": None if time_zone is None else _time_zone(time_zone),
        "locale": None if locale is None else str(money.locale(locale)),
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
    name = _named(name, "the year")
    held = queries.years(session)
    if any(fold(year.name) == fold(name) for year in held):
        raise BadInput(f"There is a year {name} already.", field="name")
    _in_order(name, starts_on, ends_on)
    for year in held:
        if starts_on <= year.ends_on and year.starts_on <= ends_on:
            raise BadDate(
                f"{name} shares days with {year.name}: a day belongs to one year.", field="starts_on"
            )
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


def add_class(session: Session, *, actor: Actor, name: str, position: int | None = None) -> int:
    """A class, last in order unless `position` says where; the id. Raises BadInput for a name in use."""
    authorise(session, actor, "settings.manage")
    one_writer(session)
    name = _named(name, "the class")
    if any(fold(held.name) == fold(name) for held in queries.classes(session)):
        raise BadInput(f"There is a class {name} already.", field="name")
    if position is None:
        position = 1 + (session.scalar(select(func.max(SchoolClass.position))) or 0)
    row = {"name": name, "position": position}
    class_id = session.scalars(insert(SchoolClass).returning(SchoolClass.id), [row]).one()
    audit.record(session, actor=actor, event=events.CLASS_ADDED, subject=f"class:{class_id}", after=row)
    return class_id


def add_classes(session: Session, *, actor: Actor, names: Iterable[str]) -> dict[str, int]:
    """The classes of these names, made where they are missing; ids by the name as given."""
    held = {fold(c.name): c.id for c in queries.classes(session)}
    found = {}
    for name in names:
        key = fold(clean(name))
        if key not in held:
            held[key] = add_class(session, actor=actor, name=name)
        found[name] = held[key]
    return found


def enrol(session: Session, today: date, classes: Mapping[int, int | None]) -> None:
    """Note the class of each student for the year that contains today."""
    year = queries.year_on(session, today)
    if year is None or not classes:
        return
    ids = sorted(classes)
    noted = {
        student_id
        for some in queries.chunks(ids)
        for student_id in session.scalars(
            select(Enrolment.student_id).where(Enrolment.year_id == year.id, Enrolment.student_id.in_(some))
        )
    }
    rows = [{"student_id": i, "year_id": year.id, "class_id": classes[i]} for i in ids]
    if changed := [row for row in rows if row["student_id"] in noted]:
        session.execute(update(Enrolment), changed)
    add_rows(session, Enrolment, [row for row in rows if row["student_id"] not in noted])


def _named(text: str, what: str) -> str:
    name = clean(text)
    if not name:
        raise BadInput(f"Give {what} a name.", field="name")
    if len(name) > TEXT_MAX:
        raise BadInput(f"The name is too long: {TEXT_MAX} characters are the most.", field="name")
    return name


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
        name = _named(term, "the term")
        _in_order(name, first, last)
        if not starts_on <= first <= last <= ends_on:
            raise BadDate(f"{name} must lie within {year}.", field="terms")
        if latest is not None and first <= latest:
            raise BadDate(f"{name} shares days with the term before it.", field="terms")
        if fold(name) in names:
            raise BadInput(f"{year} has two terms called {name}.", field="terms")
        latest = last
        names.add(fold(name))
