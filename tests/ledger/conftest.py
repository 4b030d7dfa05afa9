"""The accountant's term, told once to each engine for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.db import Database
from tests import databases
from tests.ledger import hand_school


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def hand_books(request: pytest.FixtureRequest) -> Iterator[tuple[Database, dict[str, int]]]:
    with databases.fresh(request.param) as database:
        yield database, hand_school.tell(database)


@pytest.fixture
def told(hand_books: tuple[Database, dict[str, int]]) -> Iterator[tuple[Session, dict[str, int]]]:
    """A read on the evening of the story's last day, and the ids of its students by admission number."""
    database, ids = hand_books
    with clock.set_to(hand_school.END), database.reading() as session:
        yield session, ids
