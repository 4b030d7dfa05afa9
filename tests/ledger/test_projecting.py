"""Projections can be lost or wrong without harm: they are made anew from entries and lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.errors import RuleBroken
from school.ledger import bulk, guards, projecting
from school.ledger.models import Entry, Line
from school.ledger.rules import NewLine
from school.students import service as students
from school.students.service import NewStudent
from tests import databases, make
from tests.ledger import hand_school
from tests.ledger.attack import truth

PROJECTIONS = ("student_balance", "open_item", "due_total", "day_total", "class_total", "roll_total")


def projected(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """The rows of all projections but those that are all 0, which say the same as no row."""
    rows = truth(database)
    return {
        name: [row for row in rows[name] if name == "student_balance" or row[-1] or name == "roll_total"]
        for name in PROJECTIONS
    }


@pytest.mark.parametrize("damage", ["UPDATE {} SET {} = {} + 1", "DELETE FROM {}"])
def test_whatever_befell_the_projections_is_mended(database: Database, damage: str) -> None:
    hand_school.tell(database)
    right = projected(database)
    with database.engine.begin() as connection:
        for name, column in zip(
            PROJECTIONS, ("balance", "open", "open", "amount", "amount", "owed"), strict=True
        ):
            connection.execute(text(damage.format(name, column, column)))
    assert projected(database) != right

    with database.writing() as session:
        projecting.rebuild(session)

    assert projected(database) == right
    with database.reading() as session:
        assert verify(session) == []
        assert guards.differences(session.connection()) == []


def test_a_student_without_a_line_has_a_balance_of_nothing(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        make.student(session)

        projecting.rebuild(session)

        assert session.execute(text("SELECT student_id, balance FROM student_balance")).all() == [(1, 0)]
        assert session.execute(text("SELECT * FROM roll_total")).all() == [(1, "enrolled", 1, 0, 0, 0)]


def test_students_who_come_in_together_are_each_counted_in_their_class(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        for start in ("A", "B"):
            new = [NewStudent(f"{start}{n}", name="Ann", class_id=2 if n else None) for n in range(3)]
            students.add_students(session, actor=COMMAND_LINE, rows=new)

        roll = session.execute(text("SELECT class_id, students FROM roll_total ORDER BY class_id")).all()
        assert roll == [(0, 2), (2, 4)]
        assert session.scalar(text("SELECT count(*) FROM student_balance")) == 6
        assert verify(session) == []


def test_loading_in_bulk_gives_the_books_that_posting_one_by_one_gives(database: Database) -> None:
    hand_school.tell(database)
    posted = truth(database)

    with databases.fresh("sqlite" if database.is_sqlite else "postgresql") as other:
        with clock.set_to(hand_school.END), other.writing() as session:
            make.school(session)
            for no, name in hand_school.NAMES.items():
                make.student(session, name, admission_no=no)
            with database.reading() as told:
                assert bulk.load(session, prepared(told)) == len(posted["entry"])

        assert {name: truth(other)[name] for name in ("entry", "line")} == {
            name: posted[name] for name in ("entry", "line")
        }
        assert projected(other) == projected(database)
        with other.reading() as session:
            assert verify(session) == []


def test_books_with_an_entry_are_not_loaded_into(database: Database) -> None:
    hand_school.tell(database)
    before = truth(database)

    with database.reading() as session:
        entries = list(prepared(session))
    with pytest.raises(RuleBroken, match="entries already"), database.writing() as session:
        bulk.load(session, entries)

    assert truth(database) == before


def prepared(session: Session) -> Iterator[bulk.Prepared]:
    """Every entry as it would have been handed to a bulk load."""
    names = [field.name for field in fields(NewLine)]
    for entry in session.scalars(select(Entry).order_by(Entry.id)):
        lines = session.scalars(select(Line).where(Line.entry_id == entry.id).order_by(Line.n))
        yield bulk.Prepared(
            entry.kind,
            entry.date,
            entry.at,
            entry.actor_id,
            entry.actor,
            entry.request_id,
            [NewLine(**{name: getattr(line, name) for name in names}) for line in lines],
            entry.reverses,
            entry.payer,
            entry.reference,
            entry.reason,
        )
