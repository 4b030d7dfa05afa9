"""The only writer of students. Every change is audited; nobody is removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
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
from school.students.calendar import add_year, change_school, make_school
from school.students.classes import add_class, add_classes, enrol
from school.students.models import SchoolClass, Student
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
    "join_families",
    "make_school",
    "save_students",
]


class Changes(TypedDict, total=False):
    """What to change of a student; what is not named stays. `guardians` are all of them, in order, whole: a
    telephone that is left empty is one no longer."""

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
    return save_students(session, actor=actor, rows=list(rows))


def change_student(session: Session, *, actor: Actor, student_id: int, **changes: Unpack[Changes]) -> None:
    """Change some facts of one student. Raises NotFound, and BadInput or BadDate as `add_student` does."""
    save_students(session, actor=actor, rows=[(student_id, changes)])


def save_students(
    session: Session,
    *,
    actor: Actor,
    rows: Sequence[NewStudent | tuple[int, Changes]],
    keep_guardians: bool = False,
) -> list[int]:
    """Add and change many students, all or none; their ids in the order of the rows.

    Guardians are told apart over all rows together. `keep_guardians`: those whom a list does not name stay,
    after those it names. Raises as `add_student` and `change_student` do.
    """
    authorise(session, actor, "students.write")
    one_writer(session)
    today = queries.today(session)
    was = _as_they_are(session, [row[0] for row in rows if isinstance(row, tuple)])
    now = [
        rules.checked(_changed(was[row[0]], row[1], today) if isinstance(row, tuple) else row, today=today)
        for row in rows
    ]
    before = [was[row[0]] if isinstance(row, tuple) else None for row in rows]
    _refuse_repeats(session, now, before)
    _refuse_unknown_classes(session, {n.class_id for n in now})
    placement = households.place(
        session, [_member(*pair, keep_guardians) for pair in zip(rows, now, strict=True)]
    )
    families, guardians = family_accounts.settle(session, actor, placement, [n.name for n in now])
    ids = _write(session, actor, rows, now, before, [families[h] for h in placement.household])
    moved = [b is None or n.class_id != b.class_id for n, b in zip(now, before, strict=True)]
    enrol(session, today, {i: n.class_id for i, n, m in zip(ids, now, moved, strict=True) if m})
    relinked = {ids[n]: placement.people[n] for n, differs in enumerate(placement.relinked) if differs}
    _relink(session, actor, relinked, guardians, known=was.keys())
    named_anew = [guardians[p] for p, person in enumerate(placement.persons) if person.was is not None]
    touched = {i for i, n, b in zip(ids, now, before, strict=True) if b and _told(n) != _told(b)}
    touched |= relinked.keys() | queries.students_of_guardians(session, named_anew)
    words = {
        i: rules.words(n.admission_no, n.name, [placement.persons[p].facts for p in people])
        for i, n, people in zip(ids, now, placement.people, strict=True)
        if i not in was
    }
    family_accounts.index_new(session, words)
    family_accounts.index(session, touched - words.keys())
    return ids


def join_families(session: Session, *, actor: Actor, student_id: int, sibling_id: int) -> None:
    """Make two students siblings: all of the smaller family account move to the larger. Raises NotFound."""
    authorise(session, actor, "students.write")
    one_writer(session)
    families = set(queries.family_ids(session, [student_id, sibling_id]).values())
    if not families:
        raise NotFound("There is no such student.")
    sizes = households.sizes(session, list(families))
    family_accounts.join(session, actor, sorted(families, key=lambda f: (-sizes[f], f)))


def _as_they_are(session: Session, student_ids: Sequence[int]) -> dict[int, NewStudent]:
    held = queries.by_ids(session, student_ids)
    if set(student_ids) - held.keys():
        raise NotFound("There is no such student.")
    return {i: _as_new(held[i]) for i in student_ids}


def _member(
    row: NewStudent | tuple[int, Changes], now: NewStudent, keep_guardians: bool
) -> households.Member:
    if not isinstance(row, tuple):
        return households.Member(None, now.guardians)
    student_id, changes = row
    return households.Member(student_id, now.guardians, keep_guardians or "guardians" not in changes)


def _write(
    session: Session,
    actor: Actor,
    rows: Sequence[NewStudent | tuple[int, Changes]],
    now: Sequence[NewStudent],
    before: Sequence[NewStudent | None],
    families: Sequence[int],
) -> list[int]:
    """The students' own rows, and what the audit log says of them; the ids in order."""
    new = [n for n, b in enumerate(before) if b is None]
    added = add_rows(session, Student, [{**_row(now[n]), "family_id": families[n]} for n in new])
    numbered = dict(zip(new, added, strict=True))
    ids = [row[0] if isinstance(row, tuple) else numbered[n] for n, row in enumerate(rows)]
    audit.record_all(
        session,
        actor=actor,
        event=events.STUDENT_ADDED,
        changes=[
            (f"student:{ids[n]}", None, {**_told(now[n]), "guardians": [vars(g) for g in now[n].guardians]})
            for n in new
        ],
    )
    changed = [(i, n, b) for i, n, b in zip(ids, now, before, strict=True) if b and _told(n) != _told(b)]
    if changed:
        session.execute(update(Student), [{"id": i, **_row(n)} for i, n, _ in changed])
    audit.record_all(
        session,
        actor=actor,
        event=events.STUDENT_CHANGED,
        changes=[(f"student:{i}", *_difference(_told(b), _told(n))) for i, n, b in changed],
    )
    return ids


def _relink(
    session: Session,
    actor: Actor,
    people: Mapping[int, Sequence[int]],
    guardians: Sequence[int],
    known: Set[int],
) -> None:
    """Give students these people as guardians; the audit log says so of those who were `known` before."""
    theirs = [i for i in people if i in known]
    before = queries.guardians_of(session, theirs)
    family_accounts.link(session, people, guardians, theirs)
    after = queries.guardians_of(session, theirs)
    audit.record_all(
        session,
        actor=actor,
        event=events.STUDENT_CHANGED,
        changes=[
            (f"student:{i}", _guardians_told(before.get(i)), _guardians_told(after.get(i))) for i in theirs
        ],
    )


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


def _refuse_repeats(session: Session, now: Sequence[NewStudent], before: Sequence[NewStudent | None]) -> None:
    numbers: set[str] = set()
    for n, b in zip(now, before, strict=True):
        if b is None or n.admission_no != b.admission_no:
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
