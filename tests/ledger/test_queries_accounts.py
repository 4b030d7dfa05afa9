"""The key figures of one account: what is owed, what of it is due, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.db import Database
from school.ledger import queries
from school.ledger.queries import AccountSummary
from tests import make

YESTERDAY, TOMORROW = make.TODAY - timedelta(days=1), make.TODAY + timedelta(days=1)


@pytest.fixture
def books(database: Database) -> Iterator[Session]:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        yield session


def test_due_counts_today_and_overdue_does_not(books: Session) -> None:
    ann = make.student(books)
    make.bill(books, ann, (100, YESTERDAY), (20, make.TODAY), (3, TOMORROW))

    found = queries.summary(books, ann)

    assert found == AccountSummary(balance=123, open_total=123, due=120, not_yet_due=3, overdue=100, credit=0)
    assert [item.days_overdue for item in queries.open_charges(books, ann)] == [1, 0, -1]


def test_the_same_account_as_at_another_day_is_due_by_that_day(books: Session) -> None:
    ann = make.student(books)
    make.bill(books, ann, (100, YESTERDAY), (20, make.TODAY), on=date(2026, 3, 1))

    found = queries.summary(books, ann, as_at=YESTERDAY)

    assert (found.due, found.overdue, found.not_yet_due) == (100, 0, 20)
    assert queries.summary(books, ann, as_at=TOMORROW).overdue == 120


def test_a_payment_counts_from_its_own_date(books: Session) -> None:
    ann = make.student(books)
    make.bill(books, ann, (100, YESTERDAY), on=date(2026, 3, 1))
    make.pay(books, ann, 100)

    assert queries.balance(books, ann, as_at=YESTERDAY) == 100
    assert queries.balance(books, ann) == queries.balance(books, ann, as_at=make.TODAY) == 0


def test_more_than_is_owed_is_credit(books: Session) -> None:
    ann = make.student(books)
    make.bill(books, ann, (100, YESTERDAY))
    make.pay(books, ann, 140)

    assert queries.summary(books, ann) == AccountSummary(
        balance=-40, open_total=0, due=0, not_yet_due=0, overdue=0, credit=40
    )


def test_a_new_student_owes_nothing(books: Session) -> None:
    ann = make.student(books)

    assert queries.summary(books, ann) == AccountSummary(0, 0, 0, 0, 0, 0)
    assert queries.open_charges(books, ann) == []
    assert queries.balance(books, ann, as_at=YESTERDAY) == 0
