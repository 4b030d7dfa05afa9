"""Many opening balances at once are as many one by one: the same guards, the same chain, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import func, select

from school import clock
from school.access.rules import COMMAND_LINE, HEAD
from school.checks.ledger import verify
from school.db import Database
from school.errors import BadAmount, BadDate, NotAllowed, NotFound, PeriodLocked, RequestReused, SchoolError
from school.ledger import queries, service
from school.ledger.models import Entry
from school.ledger.service import Opening
from tests import make, people


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """Students 1, 2 and 3; the first has paid something in already."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            for _ in range(3):
                make.student(session)
            make.pay(session, 1, 500)
        yield database


def test_each_student_has_an_entry_of_its_own_and_the_books_agree(books: Database) -> None:
    openings = [
        Opening("opening-1", 1, 1_250, date(2026, 5, 1)),
        Opening("opening-2", 2, -700),
        Opening("opening-3", 3, 30),
    ]

    with books.writing() as session:
        ids = service.opening_balances(session, actor=COMMAND_LINE, openings=openings, reference="old books")

    with books.reading() as session:
        assert ids == [2, 3, 4]
        assert [queries.balance(session, student) for student in (1, 2, 3)] == [750, -700, 30]
        (charge,) = queries.open_charges(session, 1)
        assert (charge.due_date, charge.open) == (date(2026, 5, 1), 750)
        assert verify(session) == []


def test_the_next_entry_goes_on_where_they_ended_and_one_of_them_can_be_reversed(books: Database) -> None:
    with books.writing() as session:
        openings = [Opening("opening-2", 2, 100), Opening("opening-3", 3, 200)]
        first, _ = service.opening_balances(session, actor=COMMAND_LINE, openings=openings)
        service.reverse(
            session, actor=COMMAND_LINE, request_id=make.request_id(), entry_id=first, reason="not ours"
        )

    with books.reading() as session:
        assert [queries.balance(session, student) for student in (2, 3)] == [0, 200]
        assert verify(session) == []


def test_none_at_all_is_nothing(books: Database) -> None:
    with books.writing() as session:
        assert service.opening_balances(session, actor=COMMAND_LINE, openings=[]) == []


@pytest.mark.parametrize(
    ("bad", "on", "refusal"),
    [
        (Opening("opening-3", 99, 100), None, NotFound),
        (Opening("opening-3", 3, 0), None, BadAmount),
        (Opening("opening-3", 3, 10**13), None, BadAmount),
        (Opening("opening-3", 3, 1.5), None, BadAmount),  # type: ignore[arg-type]
        (Opening("request-used", 3, 100), None, RequestReused),
        (Opening("opening-3", 3, 100), date(2026, 3, 21), BadDate),
        (Opening("opening-3", 3, 100), date(2026, 1, 31), PeriodLocked),
    ],
)
def test_one_that_cannot_be_leaves_none(
    books: Database, bad: Opening, on: date | None, refusal: type[SchoolError]
) -> None:
    with books.writing() as session:
        make.pay(session, 2, 5, request="request-used")
        service.lock_period(session, actor=COMMAND_LINE, through=date(2026, 1, 31), reason="year end")

    with pytest.raises(refusal), books.writing() as session:
        service.opening_balances(
            session, actor=COMMAND_LINE, openings=[Opening("opening-1", 1, 100), bad], date=on
        )

    with books.reading() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 2
        assert verify(session) == []


def test_only_who_may_record_openings_does(books: Database) -> None:
    with books.writing() as session:
        head = people.signed_in(session, people.user(session, HEAD))

    with pytest.raises(NotAllowed), books.writing() as session:
        service.opening_balances(session, actor=head, openings=[Opening("opening-1", 1, 100)])
