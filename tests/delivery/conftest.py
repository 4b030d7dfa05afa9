"""A school whose letters go to a real mail server on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from school import clock
from school.db import Database
from school.settings import settings
from tests import databases, make
from tests.interruptions import often
from tests.mail import SENDER, MailServer, mail_server


@pytest.fixture(params=often.ENGINES if often.THOROUGH else None)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database: of one engine or the other, or of both where it is to be thorough."""
    with databases.fresh(often.on_one_of_both(request)) as fresh:
        yield fresh


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that takes everything, and the settings that name it."""
    monkeypatch.setenv("SCHOOL_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SCHOOL_SMTP_FROM", SENDER)
    settings.cache_clear()
    with mail_server() as running:
        yield running
    settings.cache_clear()


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
        yield database
