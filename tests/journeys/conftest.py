"""Chromium on a running server. A browser is found, never downloaded, and talks to nobody but the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from school.access.models import User
from school.db import Database
from tests import browsers, databases, make, people
from tests.interruptions.desk import Office
from tests.interruptions.often import TABS
from tests.interruptions.wire_cutter import WireCutter
from tests.journeys import steps
from tests.serving import Site, serving

LATE_S = 0.05
HERE = "http://127.0.0.1/"  # answered by the browser itself


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": browsers.chromium(), "args": browsers.FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return dict(browsers.PERSON)


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with a school and its people, shared by the tests of a file; see `often.on_sqlite_first`."""
    engine = getattr(request, "param", "sqlite")
    with databases.fresh(engine) as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
        yield database


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest, books: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A server over `books`, started with the SERVER_OPTIONS of the file, if it names any."""
    options = getattr(request.module, "SERVER_OPTIONS", ())
    with serving(books, tmp_path_factory.mktemp("site"), *options) as running:
        yield running


@pytest.fixture(scope="module")
def wire(site: Site) -> Iterator[WireCutter]:
    """What lies between the browser and `site`, where a test wants to cut it."""
    with WireCutter(site.port) as between:
        yield between


@pytest.fixture(scope="module")
def office(site: Site, wire: WireCutter) -> Office:
    """The clerks of `site` and their forms, reached over `wire`."""
    return Office(site, wire.url)


@pytest.fixture(scope="module")
def tabs(office: Office, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[list[Page]]:
    """Tabs of `finn`'s browser, kept through a file: a tab takes seconds to open, a page does not."""
    context = browser.new_context(**browser_context_args)
    office.seat(context, "finn")
    opened = [context.new_page() for _ in range(TABS)]
    for tab in opened:
        tab.goto(f"{office.url}/payments")
        steps.expect_page(tab, "Payments")
    yield opened
    context.close()


@pytest.fixture(scope="module")
def kept_browser(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """The browser of a file: it fetches and compiles the scripts of its pages once, which takes seconds.

    An empty tab stays open through the file, and with it the process that holds what was compiled.
    """
    context = browser.new_context(**browser_context_args)
    empty = context.new_page()
    empty.route(HERE, lambda route: route.fulfill(body=""))
    empty.goto(HERE)
    yield context
    context.close()


@pytest.fixture
def context(kept_browser: BrowserContext) -> Iterator[BrowserContext]:
    """A browser as new: no tab is open, nobody has ever signed in, nothing is stored."""
    while True:
        kept_browser.set_storage_state({"cookies": [], "origins": []})
        time.sleep(LATE_S)  # what a closed page still had on its way may bring a cookie
        if not kept_browser.cookies():
            break
    yield kept_browser
    for page in kept_browser.pages[1:]:
        page.close()


@pytest.fixture
def visit(site: Site, context: BrowserContext) -> Callable[..., Page]:
    """Opens a path in a new tab, signed in as `name` when one is given, and waits until the page is drawn."""

    def open_tab(path: str = "/", *, name: str | None = None, tab: Page | None = None) -> Page:
        if name:
            sign_in(site, context, name)
        page = tab or context.new_page()
        page.goto(site.url + path)
        steps.settled(page)
        return page

    return open_tab


def sign_in(site: Site, context: BrowserContext, name: str) -> None:
    """Gives this browser the cookie of a new sign-in, as if the person had typed the password."""
    with site.database.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        token = people.cookie(session, user_id)
    context.add_cookies(
        [
            {
                "name": "school_sign_in",
                "value": token,
                "url": site.url,
                "httpOnly": True,
                "sameSite": "Strict",
            }
        ]
    )
