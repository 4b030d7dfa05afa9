"""A page as the server draws it, without a browser: over a real database, signed in as a real person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from school import clock
from school.db import Database
from tests import databases, make, people
from tests.interruptions import often
from tests.pages import opening

Open = Callable[..., AppTest]


@pytest.fixture(params=often.ENGINES if often.THOROUGH else None)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database: of one engine or the other, or of both where it is to be thorough."""
    with databases.fresh(often.on_one_of_both(request)) as fresh:
        yield fresh


@pytest.fixture
def noon() -> Iterator[datetime]:
    """The day every page believes it is."""
    with clock.set_to(make.NOON):
        yield make.NOON


@pytest.fixture
def books(database: Database, noon: datetime) -> Iterator[Database]:
    """A school with its people, and the program pointed at it."""
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
    with opening.program_on(database):
        yield database


@pytest.fixture
def open_page(books: Database) -> Open:
    """Opens a page as `name`; everything else stands in the address. Nobody is signed in without a name."""
    return partial(opening.opened, books)
