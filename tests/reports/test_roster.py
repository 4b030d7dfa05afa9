"""The list of students finds, filters, orders and pages; its totals are of all matches, never of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.reports import roster
from school.students import queries as students
from school.students import service as people
from tests import databases, make

OWES = {"Ann Abel": 500, "Ben Abel": 300, "Cy Zuma": 0, "Dee Young": -200, "Eve Bell": 700, "Gil Old": 40}

CLASSES = {"Ann": "Form 1", "Ben": "Form 2", "Cy": "Form 2", "Dee": "Form 1", "Eve": None, "Gil": "Form 1"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def school(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Six students: one settled, one in credit, one without a class, one who left owing."""
    with databases.fresh(request.param) as database, clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            for n, (name, balance) in enumerate(OWES.items()):
                first, last = name.split()
                student_id = people.add_student(
                    session,
                    actor=COMMAND_LINE,
                    admission_no=f"A{9 - n}",
                    first_name=first,
                    last_name=last,
                    class_name=CLASSES[first],
                    guardians=[people.NewGuardian("Mother Abel", "+1 555 0100")] if last == "Abel" else [],
                )
                if balance > 0:
                    make.bill(session, student_id, (balance, make.TODAY))
                if balance < 0:
                    make.pay(session, student_id, -balance)
                if name == "Gil Old":
                    people.change_student(session, actor=COMMAND_LINE, student_id=student_id, status="left")
        yield database


@pytest.fixture
def books(school: Database) -> Iterator[Session]:
    with school.reading() as session:
        yield session


def names(page: roster.RosterPage) -> list[str]:
    return [row.name.split()[0] for row in page.rows]


def class_id(session: Session, name: str) -> int:
    return next(found.id for found in students.classes(session) if found.name == name)


def test_everybody_is_there_by_last_name_with_the_totals_of_the_school(books: Session) -> None:
    page = roster.page(books)

    assert names(page) == ["Ann", "Ben", "Eve", "Gil", "Dee", "Cy"]
    assert (page.matches, page.owed, page.credit) == (6, 1540, 200)
    first = page.rows[0]
    assert (first.admission_no, first.class_name, first.status, first.balance) == (
        "A9",
        "Form 1",
        "enrolled",
        500,
    )
    assert (first.guardian, first.phone[:2]) == ("Mother Abel", "+1")
    assert [(row.class_name, row.guardian) for row in page.rows if row.name == "Eve Bell"] == [("", "")]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", ["Ann", "Ben", "Eve", "Gil", "Dee", "Cy"]),
        ("balance", ["Dee", "Cy", "Gil", "Ben", "Ann", "Eve"]),
        ("admission_no", ["Gil", "Eve", "Dee", "Cy", "Ben", "Ann"]),
        ("class", ["Eve", "Ann", "Gil", "Dee", "Ben", "Cy"]),
    ],
)
def test_lists_go_by_any_column_in_either_direction(books: Session, order: str, expected: list[str]) -> None:
    assert names(roster.page(books, order=order)) == expected
    assert names(roster.page(books, order=order, descending=True)) == expected[::-1]


@pytest.mark.parametrize(
    ("filters", "expected", "owed", "credit"),
    [
        ({"owing": "owing"}, {"Ann", "Ben", "Eve", "Gil"}, 1540, 0),
        ({"owing": "credit"}, {"Dee"}, 0, 200),
        ({"owing": "settled"}, {"Cy"}, 0, 0),
        ({"status": "left"}, {"Gil"}, 40, 0),
        ({"status": "enrolled", "owing": "owing"}, {"Ann", "Ben", "Eve"}, 1500, 0),
        ({"class_id": 0}, {"Eve"}, 700, 0),
        ({"text": "abel"}, {"Ann", "Ben"}, 800, 0),
        ({"text": "abel", "owing": "credit"}, set(), 0, 0),
        ({"text": "a5"}, {"Eve"}, 700, 0),
        ({"text": "mother be"}, {"Ben"}, 300, 0),
        ({"text": "nobody"}, set(), 0, 0),
        ({"text": "  "}, {"Ann", "Ben", "Eve", "Gil", "Dee", "Cy"}, 1540, 200),
    ],
)
def test_filters_narrow_the_rows_and_the_totals_alike(
    books: Session, filters: dict[str, str], expected: set[str], owed: int, credit: int
) -> None:
    page = roster.page(books, **filters)  # type: ignore[arg-type]

    assert set(names(page)) == expected
    assert (page.matches, page.owed, page.credit) == (len(expected), owed, credit)


def test_a_class_can_be_filtered_with_everything_else(books: Session) -> None:
    form_1 = class_id(books, "Form 1")

    whole = roster.page(books, class_id=form_1)
    some = roster.page(books, class_id=form_1, status="enrolled", owing="owing", text="ann")

    assert (set(names(whole)), whole.matches, whole.owed, whole.credit) == (
        {"Ann", "Gil", "Dee"},
        3,
        540,
        200,
    )
    assert (names(some), some.matches, some.owed) == (["Ann"], 1, 500)


def test_pages_follow_one_another_and_carry_the_totals_of_all_matches(books: Session) -> None:
    whole = roster.page(books, order="balance")
    parts = [roster.page(books, order="balance", limit=2, offset=offset) for offset in (0, 2, 4, 6)]

    assert [row for part in parts for row in part.rows] == whole.rows
    assert {(part.matches, part.owed, part.credit) for part in parts} == {(6, 1540, 200)}
