"""Over the server's own sockets, as a program drives them, nobody gets what the screen does not offer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle, islice
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from school.access.rules import ADMINISTRATOR, FINANCE, HEAD, ROLES
from school.db import Base, Database
from school.settings import ROOT
from school.stability.screen import Screen
from school.stability.wire import Browser, Tab
from tests import coroutines, databases, make, people
from tests.interruptions import often
from tests.security.test_pages import wanted
from tests.serving import Site, serving

Answer = TypeVar("Answer")
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
SECRET = "Ann Abel"


@pytest.fixture(scope="module")
def books(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(getattr(request, "param", "sqlite")) as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            make.pay(session, make.student(session, SECRET, admission_no="A-17"), 100)
        yield database


@pytest.fixture(scope="module")
def site(books: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(books, tmp_path_factory.mktemp("sockets")) as running:
        yield running
        assert "Traceback" not in running.log


class Visits:
    """Browsers and the tabs they opened, which are closed at the end."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._tabs: list[Tab] = []

    async def browser(self) -> Browser:
        """A new browser that has loaded a page, and so has a name."""
        browser = Browser(self.site.url)
        await browser.fetch("GET", "/")
        return browser

    def tab(self, browser: Browser, page: str = "today", query: str = "") -> Tab:
        self._tabs.append(Tab(browser, page, query))
        return self._tabs[-1]

    async def open(self, browser: Browser, page: str = "today", query: str = "") -> Tab:
        tab = self.tab(browser, page, query)
        await tab.connect()
        await tab.drawn()
        return tab

    async def sign_in(self, browser: Browser, name: str) -> Tab:
        """A tab in which this person has typed the password; the cookie waits to be fetched."""
        tab = await self.open(browser)
        await tab.act(press="sign_in.send", **{"sign_in.name": name, "sign_in.password": people.PASSWORD})
        return tab

    async def signed_in(self, name: str) -> tuple[Browser, Tab]:
        browser = await self.browser()
        tab = await self.sign_in(browser, name)
        assert await claim(browser, tab) == 204
        return browser, tab

    async def leave(self) -> None:
        for tab in self._tabs:
            tab.drop()
        await asyncio.sleep(0)


async def claim(browser: Browser, tab: Tab) -> int:
    """This browser shows the ticket that stands on that tab."""
    status, _ = await browser.fetch("POST", "/auth/cookie", {"ticket": tab.screen.told()["ticket"]})
    return status


def visiting(site: Site, act: Callable[[Visits], Awaitable[Answer]]) -> Answer:
    async def acted() -> Answer:
        visits = Visits(site)
        try:
            return await act(visits)
        finally:
            await visits.leave()

    return coroutines.finish(acted())


@pytest.mark.parametrize("path", PAGES)
def test_a_direct_address_shows_a_stranger_the_sign_in_and_nothing_else_warm_or_cold(
    site: Site, path: str
) -> None:
    async def look(visits: Visits) -> Screen:
        return (await visits.open(Browser(site.url), path, "student=1&entry=1&q=Ann")).screen

    if path in {"payments", "students"}:  # a start for every page would only repeat itself
        site.stop()
        site.start()
    screen = visiting(site, look)

    assert screen.signed_out
    assert SECRET not in screen.words()


@pytest.mark.parametrize("name", ["ada", "finn", "hope"])
def test_a_direct_address_shows_each_role_its_own_pages(site: Site, name: str) -> None:
    role = {"ada": ADMINISTRATOR, "finn": FINANCE, "hope": HEAD}[name]

    async def look(visits: Visits) -> dict[str, bool]:
        browser, _ = await visits.signed_in(name)
        shown = {page: (await visits.open(browser, page)).screen.words() for page in PAGES}
        return {page: "Not for your role" in words for page, words in shown.items()}

    refused = visiting(site, look)

    assert refused == {page: wanted()[page] not in ROLES[role] for page in PAGES}


def test_a_ticket_read_over_a_shoulder_opens_nothing_in_another_browser(site: Site) -> None:
    async def steal(visits: Visits) -> tuple[int, int]:
        owner, thief = await visits.browser(), await visits.browser()
        tab = await visits.sign_in(owner, "finn")
        return await claim(thief, tab), await claim(owner, tab)

    assert visiting(site, steal) == (403, 204)


def test_a_socket_that_came_before_its_browser_had_a_name_gets_one_and_its_cookie(site: Site) -> None:
    async def come(visits: Visits) -> tuple[bool, int]:
        browser = Browser(site.url)  # no page was loaded: it has no cookie at all
        tab = await visits.sign_in(browser, "finn")
        return "school_browser" in browser.cookies, await claim(browser, tab)

    assert visiting(site, come) == (True, 204)


def test_a_session_taken_over_in_another_browser_is_nobodys_and_its_owner_goes_on(site: Site) -> None:
    """Streamlit hands a session to whoever names its id; ours asks whose browser it is."""

    async def take_over(visits: Visits) -> tuple[bool, bool, bool]:
        _, tab = await visits.signed_in("finn")
        tab.drop()
        other = visits.tab(await visits.browser())
        other._session = tab._session
        await other.connect(again=True)
        taken = (await other.drawn()).signed_out
        same = other._session == tab._session
        other.drop()
        return same, taken, (await tab.reconnect()).signed_out

    assert visiting(site, take_over) == (True, True, False)


def test_a_slow_sign_out_leaves_the_cookie_of_the_next_sign_in(site: Site) -> None:
    async def change_places(visits: Visits) -> bool:
        browser, first = await visits.signed_in("finn")
        left = (await first.act(press="frame.sign_out")).told()["left"]
        second = await visits.sign_in(browser, "hope")
        await claim(browser, second)
        await browser.fetch("DELETE", f"/auth/cookie?left={left}")  # only now it arrives
        return (await second.reload()).signed_out

    assert not visiting(site, change_places)


@often.on_sqlite_first
def test_a_hundred_page_views_of_one_person_write_at_most_once(site: Site) -> None:
    async def look_around(visits: Visits) -> int:
        _, tab = await visits.signed_in("finn")
        own = [page for page, capability in wanted().items() if capability in ROLES[FINANCE]]
        only_reads = site.database.engine.execution_options(school_door="read")  # or the writers wait for us
        with only_reads.connect() as connection:
            state, writes = what_changes(connection), 0
            for page in islice(cycle(own), 100):
                await tab.go(page, "student=1&entry=1")
                assert not tab.screen.errors()
                before, state = state, what_changes(connection)
                writes += state != before
        return writes

    assert visiting(site, look_around) <= 1


def what_changes(connection: Connection) -> object:
    """Another thing after every transaction that wrote: SQLite counts them for each connection that asks,

    PostgreSQL puts the number of the last one on every row.
    """
    asked = "PRAGMA data_version" if connection.dialect.name == "sqlite" else _every_table()
    seen = connection.exec_driver_sql(asked).all()
    connection.rollback()
    return seen


def _every_table() -> str:
    return " UNION ALL ".join(
        f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM \"{name}\""
        for name in sorted(Base.metadata.tables)
    )
