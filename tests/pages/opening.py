"""A page as the server draws it, without a browser, signed in as a real person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from school import db
from school.access.models import User
from school.db import Database
from school.settings import ROOT, settings
from school.ui.identity import SIGN_IN
from tests import databases, people


@contextmanager
def program_on(database: Database) -> Iterator[None]:
    """The program itself opens this database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCHOOL_DATABASE_URL", databases.url_text(database))
        settings.cache_clear()
        db.database.cache_clear()
        yield
        databases.close(db.database())
    db.database.cache_clear()
    settings.cache_clear()


def opened(database: Database, page: str, *, name: str | None = None, **address: str) -> AppTest:
    """A page as `name` sees it; everything else stands in the address. Nobody is signed in without a name."""
    at = AppTest.from_file(ROOT / "school" / "ui" / "main.py", default_timeout=30)
    if name:
        at.session_state[SIGN_IN] = _sign_in(database, name)
    at.run()
    at.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for parameter, value in address.items():
        at.query_params[parameter] = value
    return at.run()


def _sign_in(database: Database, name: str) -> str:
    with database.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        return str(people.signed_in(session, user_id).sign_in_id)
