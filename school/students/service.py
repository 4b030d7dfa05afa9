"""The only writer of students. Every change is audited; nobody is removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypedDict, Unpack

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import add_rows, one_writer
from school.errors import BadInput, NotFound
from school.students import family_accounts, households, queries, rules
from school.students.calendar import add_class, add_classes, add_year, change_school, make_school
from school.students.models import Enrolment, SchoolClass, Student
from school.students.rules import NewGuardian, NewStudent

__all__ = [
    "Changes",
    "NewGuardian",
    "NewStudent",
    "add_class",
    "add_classes",
    "add_student",
    "add_students",
    "add_year",
    "change_school",
    "change_student",
    "change_students",
    "join_families",
    "make_school",
]


class Changes(TypedDict, total=False):
    """What to change of a student; what is not named stays. `guardians` are all of them, in order."""

    admission_no: str
    first_name: str
    last_name: str
    name: str
    class_id: int | None
    status: str
    joined_on: date | None
    left_on: date | None
    notes: str
    guardians: Sequence[NewGuardian]


def add_student(
    session: Session,
    *,
    actor: Actor,
    admission_no: str,
    first_name: str = "",
    last_name: str = "",
    name: str = "",
    class_id: int | None = None,
    class_name: str | None = None,
    guardians: Iterable[NewGuardian] = (),
    status: str = "enrolled",
    joined_on: date | None = None,
    notes: str = "",
) -> int:
    """A new student, with guardians and family account found or made; the id.

    Raises BadInput or BadDate for what cannot be kept; `field` is the argument at fault.
    """
    if class_name is not None:
        class_id = _class_called(session, class_name)
    new = NewStudent(
        admission_no, first_name, last_name, name, class_id, tuple(guardians), status, joined_on, None, notes
    )
    return add_students(session, actor=actor, rows=[new])[0]


def add_students(session: Session, *, actor: Actor, rows: Iterable[NewStudent]) -> list[int]:
    """Many new students at once, all or none; their ids in order. Raises as `add_student` does."""
    authorise(session, actor, "students.write")
    one_writer(session)
    today = queries.today(session)
    new = [rules.checked(row, today=today) for row in rows]
    _refuse_repeats(session, new)
    _refuse_unknown_classes(session, {n.class_id for n in new})
    placement = households.place(session, [households.Member(None, n.guardians) for n in new])
    families, guardians = family_accounts.settle(session, actor, placement, [n.name for n in new])
    values = [{**_row(n), "family_id": families[h]} for n, h in zip(new, placement.household, strict=True)]
    ids = add_rows(session, Student, values)
    family_accounts.link(session, ids, placement.people, guardians)
    _enrol(session, today, {i: n.class_id for i, n in zip(ids, new, strict=True) if n.class_id is not None})
    family_accounts.index(session, ids)
    audit.record_all(
        session,
        actor=actor,
        event=events.STUDENT_ADDED,
        changes=[
            (f"student:{i}", None, {**_told(n), "guardians": [vars(g) for g in n.guardians]})
            for i, n in zip(ids, new, strict=True)
        ],
    )
    return ids


def change_student(session: Session, *, actor: Actor, student_id: int, **changes: Unpack[Changes]) -> None:
    """Change some facts of one student. Raises NotFound, and BadInput or BadDate as `add_student` does."""
    change_students(session, actor=actor, changes={student_id: changes})


def change_students(
    session: Session, *, actor: Actor, changes: Mapping[int, Changes], keep_guardians: bool = False
) -> None:
    """Change some facts of many students, all or none.

    `keep_guardians`: those whom a list does not name stay, after those it names.
    """
    authorise(session, actor, "students.write")
    one_writer(session)
    today = queries.today(session)
    held = queries.by_ids(session, changes)
    if changes.keys() - held.keys():
        raise NotFound("There is no such student.")
    was = {i: _as_new(held[i]) for i in changes}
    now = {i: rules.checked(_changed(was[i], changes[i], today), today=today) for i in changes}
    _refuse_repeats(session, [n for i, n in now.items() if n.admission_no != was[i].admission_no])
    _refuse_unknown_classes(session, {n.class_id for n in now.values()})
    differing = {i: n for i, n in now.items() if _told(n) != _told(was[i])}
    if differing:
        session.execute(update(Student), [{"id": i, **_row(n)} for i, n in differing.items()])
        _enrol(session, today, {i: n.class_id for i, n in differing.items() if n.class_id != was[i].class_id})
        audit.record_all(
            session,
            actor=actor,
            event=events.STUDENT_CHANGED,
            changes=[(f"student:{i}", *_difference(_told(was[i]), _told(n))) for i, n in differing.items()],
        )
    lists = {i: now[i] for i in changes if "guardians" in changes[i]}
    touched = _change_guardians(session, actor, lists, keep_guardians) if lists else set()
    family_accounts.index(session, touched | differing.keys())


def join_families(session: Session, *, actor: Actor, student_id: int, sibling_id: int) -> None:
    """Make two students siblings: all of the smaller family account move to the larger. Raises NotFound."""
    authorise(session, actor, "students.write")
    one_writer(session)
    families = set(queries.family_ids(session, [student_id, sibling_id]).values())
    if not families:
        raise NotFound("There is no such student.")
    sizes = households.sizes(session, list(families))
    family_accounts.join(session, actor, sorted(families, key=lambda f: (-sizes[f], f)))


def _change_guardians(
    session: Session, actor: Actor, lists: Mapping[int, NewStudent], keep_guardians: bool
) -> set[int]:
    """Give the students the guardians listed; the ids of all students whose guardians now read otherwise."""
    members = [households.Member(i, n.guardians, keep_guardians) for i, n in lists.items()]
    before = queries.guardians_of(session, lists)
    placement = households.place(session, members)
    _, guardians = family_accounts.settle(session, actor, placement, [n.name for n in lists.values()])
    relinked = [n for n, differs in enumerate(placement.relinked) if differs]
    ids = list(lists)
    family_accounts.link(
        session, [ids[n] for n in relinked], [placement.people[n] for n in relinked], guardians
    )
    after = queries.guardians_of(session, lists)
    audit.record_all(
        session,
        actor=actor,
        event=events.STUDENT_CHANGED,
        changes=[
            (f"student:{ids[n]}", _guardians_told(before.get(ids[n])), _guardians_told(after.get(ids[n])))
            for n in relinked
        ],
    )
    changed = [guardians[p] for p, person in enumerate(placement.persons) if person.was is not None]
    return {ids[n] for n in relinked} | queries.students_of_guardians(session, changed)


def _guardians_told(guardians: Sequence[queries.GuardianFacts] | None) -> dict[str, Any]:
    return {"guardians": [{"id": g.id, "name": g.name} for g in guardians or ()]}


def _class_called(session: Session, name: str) -> int | None:
    wanted = rules.fold(rules.clean(name))
    if not wanted:
        return None
    found = next((c.id for c in queries.classes(session) if rules.fold(c.name) == wanted), None)
    if found is None:
        raise BadInput(
            f"There is no class “{rules.clean(name)[:40]}”: add it first, or choose another.",
            field="class_name",
        )
    return found


def _refuse_repeats(session: Session, new: Sequence[NewStudent]) -> None:
    numbers: set[str] = set()
    for n in new:
        if n.admission_no in numbers:
            raise BadInput(f"The admission number {n.admission_no} is given twice.", field="admission_no")
        numbers.add(n.admission_no)
    for held in queries.by_admission_nos(session, numbers).values():
        raise BadInput(
            f"The admission number {held.admission_no} belongs to {held.name}. Give another one.",
            field="admission_no",
        )


def _refuse_unknown_classes(session: Session, class_ids: Iterable[int | None]) -> None:
    wanted = set(class_ids) - {None}
    if wanted and wanted - set(session.scalars(select(SchoolClass.id))):
        raise BadInput("There is no such class: choose one of the list.", field="class_id")


def _enrol(session: Session, today: date, classes: Mapping[int, int | None]) -> None:
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


def _as_new(held: queries.StudentFacts) -> NewStudent:
    return NewStudent(
        held.admission_no,
        held.first_name,
        held.last_name,
        held.name,
        held.class_id,
        (),
        held.status,
        held.joined_on,
        held.left_on,
        held.notes,
    )


def _changed(was: NewStudent, changes: Changes, today: date) -> NewStudent:
    wanted: dict[str, Any] = {**changes}
    if "guardians" in changes:
        wanted["guardians"] = tuple(changes["guardians"])
    if changes.get("name", was.name) != was.name and not {"first_name", "last_name"} & changes.keys():
        wanted |= {"first_name": "", "last_name": ""}  # the name is now known as a whole only
    now = replace(was, **wanted)
    if now.status == "left" and was.status != "left":
        return replace(now, left_on=changes.get("left_on") or today)
    return now


def _row(new: NewStudent) -> dict[str, Any]:
    values = {key: value for key, value in vars(new).items() if key != "guardians"}
    return {**values, "sort_name": rules.sort_name(new.first_name, new.last_name, new.name)}


def _told(new: NewStudent) -> dict[str, Any]:
    """The student's own facts as the audit log keeps them."""
    values = {key: value for key, value in vars(new).items() if key != "guardians"}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def _difference(was: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = [key for key in now if now[key] != was[key]]
    return {key: was[key] for key in keys}, {key: now[key] for key in keys}
