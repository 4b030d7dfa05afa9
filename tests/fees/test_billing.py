"""A billing run charges what the fees come to and nothing twice, whoever runs it, however often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.errors import RuleBroken
from school.fees import options, runs
from school.fees.bills import Warned
from school.fees.models import RunEntry
from school.ledger import guards, service
from school.students import service as students
from tests import make
from tests.fees import structure
from tests.fees.structure import MEALS, TUITION


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.set_to(make.NOON):
        yield


@pytest.fixture
def books(database: Database, noon: None) -> Database:
    with database.writing() as session:
        make.school(session)
        structure.fees(session)
    return database


def test_a_run_charges_every_student_by_instalments_and_a_second_run_nothing(books: Database) -> None:
    with books.writing() as session:
        ann, ben = make.student(session, "Ann"), make.student(session, "Ben", class_name="Form 2")
        options.choose_option(
            session, actor=COMMAND_LINE, student_id=ben, account="MEALS", from_on=date(2026, 1, 1)
        )

    structure.run(books)
    structure.run(books)

    parts = [
        ("TUITION", 50_000, "2026-04-01"),
        ("TUITION", 30_000, "2026-05-01"),
        ("TUITION", 20_000, "2026-05-31"),
    ]
    assert structure.lines(books, ann) == parts
    assert structure.lines(books, ben) == [*parts, ("MEALS", MEALS, "2026-03-20")]


def test_a_run_is_taken_back_as_one_and_can_be_run_again(books: Database) -> None:
    with books.writing() as session:
        ids = [make.student(session, name) for name in ("Ann", "Ben", "Cem")]

    first = structure.begin(books)
    with pytest.raises(
        RuleBroken, match="The run that you began for this term on 20 Mar 2026 is not finished"
    ):
        structure.begin(books)
    structure.finish(books, first)
    with books.writing() as session:
        runs.undo(session, actor=COMMAND_LINE, run_id=first, reason="wrong fees")
    with pytest.raises(RuleBroken, match="The run of 20 Mar 2026 for this term is not wholly taken back"):
        structure.begin(books)
    structure.undo_on(books, first, entries_max=2)
    assert set(structure.balances(books).values()) == {0}
    structure.run(books)

    assert structure.balances(books) == dict.fromkeys(ids, TUITION)
    with books.reading() as session:
        again, held = runs.runs(session, kind="billing")
    assert (held.entries, held.reversed, held.total, held.waits) == (3, 3, 0, False)
    assert (again.entries, again.reversed, again.total, again.students) == (3, 0, 3 * TUITION, 3)


def test_what_a_run_has_posted_is_recorded_once_and_what_is_reversed_by_hand_is_told(books: Database) -> None:
    with books.writing() as session:
        for name in ("Ann", "Ben", "Cem"):
            make.student(session, name)
    run_id = structure.run(books)
    with books.writing() as session:
        bill = session.scalars(select(RunEntry.entry_id)).first() or 0
        service.reverse(
            session, actor=COMMAND_LINE, request_id=make.request_id(), entry_id=bill, reason="a mistake"
        )
        held = runs.run(session, run_id)
    assert (held.students, held.entries, held.reversed, held.total) == (3, 3, 1, 2 * TUITION)

    with books.reading() as session:
        (listed,) = runs.runs(session, kind="billing")
        assert listed == held
    for column in ("students", "entries", "total"):
        with (
            pytest.raises(DBAPIError, match="what a run has posted is not changed"),
            books.writing() as session,
        ):
            session.execute(text(f"UPDATE run SET {column} = 9"))
        with suppress(ZeroDivisionError), books.writing() as session:
            guards.remove(session.connection())
            session.execute(text(f"UPDATE run SET {column} = 9"))
            guards.install(session.connection())
            assert [one.check for one in verify(session)] == ["runs"]
            raise ZeroDivisionError


def test_a_leaver_is_credited_for_the_days_away_when_told_to(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session, "Ann")
    structure.run(books)
    with books.writing() as session:
        students.change_student(
            session, actor=COMMAND_LINE, student_id=ann, status="left", left_on=date(2026, 5, 16)
        )

    structure.run(books)
    (bill,) = structure.preview(books)
    assert bill.warned == [Warned("less", "Tuition", TUITION // 2)]
    structure.run(books, credit_notes=True)
    structure.run(books, credit_notes=True)

    assert structure.balances(books) == {ann: TUITION // 2}
