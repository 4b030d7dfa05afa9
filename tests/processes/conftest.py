"""Two servers on the same books behind a proxy that keeps a browser with its server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from school.checks.ledger import verify
from school.db import Database
from tests import databases, make, people
from tests.interruptions.desk import Office
from tests.interruptions.often import POSTGRESQL, TABS, THOROUGH
from tests.journeys.conftest import browser_context_args, browser_type_launch_args
from tests.processes.pair import Pair, serving_pair

__all__ = ["browser_context_args", "browser_type_launch_args"]


@pytest.fixture(scope="module", params=["sqlite", POSTGRESQL] if THOROUGH else [POSTGRESQL])
def books(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A school and its people, shared by the tests of a file, once on each engine; recomputed at the end."""
    with databases.fresh(request.param) as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
        yield database
        with database.reading() as session:
            assert verify(session) == []


@pytest.fixture(scope="module")
def pair(books: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with serving_pair(books, tmp_path_factory.mktemp("pair")) as running:
        yield running


@pytest.fixture(scope="module")
def office(pair: Pair) -> Office:
    """The clerks and their forms, reached through the proxy."""
    return Office(pair.as_one_site(), pair.proxy.url)


@pytest.fixture(scope="module")
def tabs(office: Office, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[list[Page]]:
    """The tabs of `finn`'s browser, kept through a file: a tab takes longer to open than a page."""
    context = browser.new_context(**browser_context_args)
    office.seat(context, "finn")
    yield [context.new_page() for _ in range(TABS)]
    context.close()
