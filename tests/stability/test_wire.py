"""The browser without a picture sees, keeps and loses what a real one would."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from school.db import Database
from school.ledger import queries
from school.stability.screen import SIGN_IN, SIGN_OUT
from school.stability.wire import Browser, Gone, Tab
from tests import coroutines, databases, people
from tests.serving import Site, serving
from tests.stability.conftest import fill

AMOUNT, TENDER, RECORD, NEW = "payments.amount", "payments.tender", "payments.record", "payments.new"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with databases.fresh("sqlite") as database:
        fill(database)
        with serving(database, tmp_path_factory.mktemp("site")) as running:
            yield running


async def signed_in(browser: Browser, query: str = "") -> Tab:
    await browser.fetch("GET", "/")
    tab = await browser.open("payments", query)
    await tab.act(SIGN_IN, **{"sign_in.name": "finn", "sign_in.password": people.PASSWORD})
    status, _ = await browser.fetch("POST", "/auth/cookie", {"ticket": tab.screen.told()["ticket"]})
    assert status == 204
    return tab


def receipts(database: Database) -> list[int]:
    with database.reading() as session:
        return [row.amount for row in queries.recent_receipts(session)]


def test_signed_out_there_is_the_form_and_nothing_else(site: Site) -> None:
    async def story() -> None:
        async with Browser(site.url) as browser:
            tab = await browser.open("payments")

            assert tab.screen.signed_out
            assert tab.screen.errors() == []
            await tab.act(SIGN_IN, **{"sign_in.name": "finn", "sign_in.password": "wrong"})
            assert tab.screen.signed_out
            assert len(tab.screen.errors()) == 1

    coroutines.finish(story())


def test_the_cookie_lets_another_tab_in_until_the_sign_out(site: Site) -> None:
    async def story() -> None:
        async with Browser(site.url) as browser:
            tab = await signed_in(browser)
            other = await browser.open("students")
            assert other.screen.title == "Students"
            assert "Finn" in other.screen.words()
            assert "students" in other.screen.pages

            await tab.act(SIGN_OUT)

            assert (await other.act()).signed_out
            assert "Ann Abel" not in other.screen.words()

    coroutines.finish(story())


def test_a_form_pressed_twice_in_one_breath_is_one_payment(site: Site) -> None:
    async def story() -> None:
        async with Browser(site.url) as browser:
            tab = await signed_in(browser, query="student=2")
            await tab.act(**{AMOUNT: "12.34", TENDER: "Cash"})

            await tab.send(RECORD)
            await tab.send(RECORD)
            await tab.drawn()
            await tab.act()  # on a busy machine the second run may begin after the first was drawn

            assert tab.screen.has(NEW)
            assert "12.34" in tab.screen.words()
            assert receipts(site.database).count(1_234) == 1

    coroutines.finish(story())


def test_a_dropped_socket_finds_its_session_again_and_a_reload_only_its_address(site: Site) -> None:
    async def story() -> None:
        async with Browser(site.url) as browser:
            tab = await signed_in(browser, query="student=3")
            address = tab.query
            await tab.act(**{AMOUNT: "56.78", TENDER: "Cash"})

            tab.drop()
            assert not tab.connected
            with pytest.raises(Gone):
                await tab.act(RECORD)
            await tab.reconnect()
            assert (tab.query, receipts(site.database).count(5_678)) == (address, 0)
            await tab.act(RECORD)
            assert tab.screen.has(NEW)
            await tab.reload()

            assert tab.screen.has(NEW)
            assert tab.query == address
            assert receipts(site.database).count(5_678) == 1
            assert all(ms >= 0 for ms in tab.slow)

    coroutines.finish(story())


def test_a_server_that_is_not_there_is_gone(site: Site) -> None:
    async def story() -> None:
        async with Browser("http://127.0.0.1:9") as nobody:
            with pytest.raises(Gone):
                await nobody.open()
            with pytest.raises(Gone):
                await nobody.fetch("GET", "/")

    coroutines.finish(story())


def test_a_widget_that_is_not_there_cannot_be_pressed(site: Site) -> None:
    async def story() -> None:
        async with Browser(site.url) as browser:
            tab = await browser.open("payments")
            with pytest.raises(LookupError, match=r"there is no payments\.record on"):
                await tab.act(RECORD)

    coroutines.finish(story())
