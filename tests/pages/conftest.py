"""A page as the server draws it, without a browser: over a real database, signed in as a real person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from school import clock, db
from school.access.models import User
from school.db import Database
from school.settings import ROOT, settings
from school.ui.identity import SIGN_IN
from tests import databases, make, people
from tests.interruptions import often

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
def books(database: Database, noon: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A school with its people, on each engine, and the program pointed at it."""
    monkeypatch.setenv("SCHOOL_DATABASE_URL", databases.url_text(database))
    settings.cache_clear()
    db.database.cache_clear()
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
    yield database
    databases.close(db.database())
    db.database.cache_clear()
    settings.cache_clear()


@pytest.fixture
def open_page(books: Database) -> Open:
    """Opens a page as `name`; everything else stands in the address. Nobody is signed in without a name."""

    def opened(page: str, *, name: str | None = None, **address: str) -> AppTest:
        at = AppTest.from_file(ROOT / "school" / "ui" / "main.py", default_timeout=30)
        if name:
            at.session_state[SIGN_IN] = _sign_in(books, name)
        at.run()
        at.switch_page(str(ROOT / "pages" / f"{page}.py"))
        for parameter, value in address.items():
            at.query_params[parameter] = value
        return at.run()

    return opened


def _sign_in(books: Database, name: str) -> str:
    with books.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        return str(people.signed_in(session, user_id).sign_in_id)
