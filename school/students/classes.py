"""The classes, from the youngest to the oldest, and who is in which year by year. Every change is audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import add_rows, among, one_writer
from school.errors import BadInput, NotFound
from school.students import queries
from school.students.models import Enrolment, SchoolClass
from school.students.rules import clean, fold, named


def add_class(session: Session, *, actor: Actor, name: str, position: int | None = None) -> int:
    """A class, last in order unless `position` says where; the id. Raises BadInput for a name in use."""
    authorise(session, actor, "settings.manage")
    one_writer(session)
    name = named(name, "the class")
    _refuse_used(name, queries.classes(session))
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


def change_class(
    session: Session, *, actor: Actor, class_id: int, name: str, after: int | None = None
) -> None:
    """Rename a class; `after` is the class it comes after, 0 the first place, None where it stands.

    Raises NotFound, and BadInput for a name in use.
    """
    authorise(session, actor, "settings.manage")
    one_writer(session)
    held = queries.classes(session)
    order = [c.id for c in held]
    if class_id not in order or (after and after not in order):
        raise NotFound("There is no such class: choose one of the list.", field="class")
    name = named(name, "the class")
    _refuse_used(name, [c for c in held if c.id != class_id])
    was = {c.id: {"name": c.name, "position": c.position} for c in held}
    now = {i: dict(facts) for i, facts in was.items()}
    now[class_id]["name"] = name
    if after is not None and after != class_id:
        order.remove(class_id)
        order.insert(order.index(after) + 1 if after else 0, class_id)
        now = {i: {**now[i], "position": n} for n, i in enumerate(order, start=1)}
    changed = [i for i in order if now[i] != was[i]]
    if changed:
        session.execute(update(SchoolClass), [{"id": i, **now[i]} for i in changed])
    audit.record_all(
        session,
        actor=actor,
        event=events.CLASS_CHANGED,
        changes=[(f"class:{i}", *_difference(was[i], now[i])) for i in changed],
    )


def _difference(was: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = [key for key in now if now[key] != was[key]]
    return {key: was[key] for key in keys}, {key: now[key] for key in keys}


def _refuse_used(name: str, held: Iterable[queries.ClassFacts]) -> None:
    if any(fold(other.name) == fold(name) for other in held):
        raise BadInput(f"There is a class {name} already.", field="name")


def enrol(session: Session, today: date, classes: Mapping[int, int | None]) -> None:
    """Note the class of each student for the year that contains today."""
    year = queries.year_on(session, today)
    if year is None or not classes:
        return
    ids = sorted(classes)
    of_year = select(Enrolment.student_id).where(Enrolment.year_id == year.id)
    noted = set(session.scalars(of_year.where(among(Enrolment.student_id, ids))))
    rows = [{"student_id": i, "year_id": year.id, "class_id": classes[i]} for i in ids]
    if changed := [row for row in rows if row["student_id"] in noted]:
        session.execute(update(Enrolment), changed)
    add_rows(session, Enrolment, [row for row in rows if row["student_id"] not in noted])
