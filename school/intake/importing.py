"""A file of students goes into the books: all its good rows, or none; and again, nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE, Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import one_writer, reading, writing
from school.intake import headings, tables
from school.intake.models import ImportMapping
from school.intake.planning import BadRow, Choices, GoodRow, Plan, plan
from school.intake.tables import Table
from school.ledger import service as ledger
from school.students import service as students
from school.students.service import Changes, NewStudent

__all__ = ["BadRow", "Choices", "GoodRow", "Plan", "apply", "import_students", "plan"]


def import_students(
    data: bytes,
    name: str,
    *,
    apply: bool = False,
    mapping: Mapping[str, str] | None = None,
    decimal_mark: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    actor: Actor = COMMAND_LINE,
) -> dict[str, Any]:
    """Read a file and say what importing it does, or did: {"good", "unchanged", "total_minor", "bad"}.

    `good` rows are new or change something, `unchanged` are as the books hold them, `total_minor` is the sum
    of the opening balances that the good rows bring (+ = owed), `bad` lists {"row", "column", "message"}.
    Raises BadFile or BadInput when the file as a whole cannot be used.
    """
    table = tables.read(data, name, encoding=encoding, sheet=sheet, known=(mapping or {}).keys())
    choices = Choices(mapping=mapping, decimal_mark=decimal_mark)
    if not apply:
        with reading() as session:
            return plan(session, table, choices).as_json()
    with writing() as session:
        return _apply(session, actor=actor, table=table, choices=choices).as_json()


def apply(session: Session, *, actor: Actor, table: Table, choices: Choices | None = None) -> Plan:
    """Write all good rows of the table, as the books are at this moment; what was done.

    A student who is there already is changed to what the row says, an empty cell saying nothing; classes and
    guardians are made as needed; an opening balance is posted once. Raises as `plan` does.
    """
    authorise(session, actor, "imports.run")
    one_writer(session)
    done = plan(session, table, choices)
    if done.good:
        ids = _write_students(session, actor, done)
        _post_openings(session, actor, done, ids)
        audit.record(
            session,
            actor=actor,
            event=events.FILE_IMPORTED,
            subject=f"file:{table.digest}",
            after={
                "name": table.name,
                "new": done.new,
                "changed": done.changed,
                "unchanged": done.unchanged,
                "bad": len(done.bad),
                "total_minor": done.total_minor,
            },
        )
    _remember(session, actor, done)
    return done


_apply = apply  # `import_students` has an argument of that name


def _write_students(session: Session, actor: Actor, done: Plan) -> dict[int, int]:
    """New students and changes; the student's id by the row's number."""
    names = {row.row.class_name for row in done.rows if row.row.class_name}
    ordered = [*done.new_classes, *sorted(names - set(done.new_classes))]
    classes: dict[str, int | None] = {"": None, **students.add_classes(session, actor=actor, names=ordered)}
    saved = students.save_students(
        session,
        actor=actor,
        rows=[_saved(row, classes[row.row.class_name]) for row in done.rows],
        keep_guardians=True,
    )
    return {row.number: student_id for row, student_id in zip(done.rows, saved, strict=True)}


def _saved(row: GoodRow, class_id: int | None) -> NewStudent | tuple[int, Changes]:
    """Every row goes in, unchanged ones too: whom one row names anew, another may vouch for as he is."""
    if row.student_id is None:
        return _new_student(row, class_id)
    changes = row.changes.copy()
    if row.class_changes:
        changes["class_id"] = class_id
    if row.row.guardians:
        changes["guardians"] = row.row.guardians
    return row.student_id, changes


def _new_student(row: GoodRow, class_id: int | None) -> NewStudent:
    read = row.row
    return NewStudent(
        admission_no=read.admission_no,
        first_name=read.first_name,
        last_name=read.last_name,
        name=read.name,
        class_id=class_id,
        guardians=read.guardians,
        status=read.status or "enrolled",
        joined_on=read.joined_on,
    )


def _post_openings(session: Session, actor: Actor, done: Plan, ids: Mapping[int, int]) -> None:
    openings = [
        ledger.Opening(
            f"opening:{ids[row.number]}:{row.request_no}",
            ids[row.number],
            row.opening_minor,
            row.row.due_date or done.choices.due_date,
        )
        for row in done.rows
        if row.opening_minor
    ]
    ledger.opening_balances(
        session, actor=actor, openings=openings, date=done.choices.opening_date, reference=done.table.name
    )


def _remember(session: Session, actor: Actor, done: Plan) -> None:
    """What the user decided about these headings is the proposal for the next file that has them."""
    choices = done.choices
    if choices.mapping or choices.decimal_mark or choices.day_first is not None:
        key = headings.fingerprint(done.table.headings)
        session.execute(delete(ImportMapping).where(ImportMapping.fingerprint == key))
        session.execute(
            insert(ImportMapping),
            [
                {
                    "fingerprint": key,
                    "columns": done.columns.by_heading(),
                    "decimal_mark": done.columns.decimal_mark,
                    "day_first": done.columns.day_first,
                    "at": clock.now(),
                    "actor": actor.name,
                }
            ],
        )
