"""Whatever stands in the cookie, only a sign-in opens a page; and no address breaks a page, warm or cold."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from school.access.models import SignIn
from school.access.rules import ADMINISTRATOR, FINANCE, hashed
from tests import people
from tests.interruptions import checker, desk, often
from tests.interruptions.desk import Form, Office
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS

PAGES = ("dashboard", "entry", "payments", "student", "users")  # of every kind one
NEEDS = {"student": "?student={student}", "entry": "?entry={entry}"}  # what the page is about

FORGED = {
    "empty": "",
    "short": "x",
    "of our shape": secrets.token_urlsafe(32),
    "too long": "A" * 4_000,
    "SQL": "' OR 1=1 --",
    "unsigned token": "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFkYSJ9.",
    "bytes": "%00%ff%fe%0d%0aSet-Cookie:x=y",
    "JSON": '{"user":"ada","roles":["administrator"]}',
    "another alphabet": "%E2%98%83" * 20,
    "path": "../../../../etc/passwd",
}


@pytest.fixture(autouse=True)
def nothing_went_wrong(office: Office) -> Iterator[None]:
    yield
    checker.expect_nothing_wrong(office)


@pytest.fixture(scope="module")
def paid(office: Office, tabs: list[Page]) -> Form:
    """A payment of `finn`, whose address everybody knows."""
    [form] = office.filled(tabs[:1], "finn")
    desk.press(form)
    checker.expect_receipt(form)
    return form


@pytest.fixture(scope="module")
def stranger(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A tab in a browser where nobody is signed in."""
    context = browser.new_context(**browser_context_args)
    yield context.new_page()
    context.close()


def cookie(office: Office, value: str, name: str = "school_sign_in") -> Any:
    return {"name": name, "value": value, "url": office.site.url, "httpOnly": True, "sameSite": "Strict"}


def opens_nothing(office: Office, stranger: Page, paid: Form) -> None:
    number = desk.number(paid.page)
    stranger.goto(paid.address)
    steps.expect_sign_in(stranger)
    assert paid.student.name not in stranger.content()
    assert stranger.context.request.get(f"{office.url}/receipts/{number}.pdf").status == 404


@often.on_sqlite_first
def test_a_forged_malformed_or_oversized_cookie_opens_nothing(
    office: Office, stranger: Page, paid: Form
) -> None:
    for value in FORGED.values():
        stranger.context.clear_cookies()
        stranger.context.add_cookies([cookie(office, value)])

        opens_nothing(office, stranger, paid)


@often.on_sqlite_first
def test_what_the_database_holds_is_no_cookie(office: Office, stranger: Page, paid: Form) -> None:
    with office.database.reading() as session:
        row = session.scalars(select(SignIn).where(SignIn.token_hash.is_not(None))).first()
    assert row is not None
    for value in (row.id, row.token_hash or "", (row.token_hash or "")[:43], hashed(row.id)[:43]):
        stranger.context.clear_cookies()
        stranger.context.add_cookies([cookie(office, value)])

        opens_nothing(office, stranger, paid)


@often.on_sqlite_first
def test_more_cookies_than_a_server_reads_break_it_for_nobody(
    office: Office, stranger: Page, paid: Form
) -> None:
    for many in often.first((40, 20, 5, 10, 15, 30), 3):
        stranger.context.clear_cookies()
        stranger.context.add_cookies([cookie(office, "A" * 4_000, f"filler{n}") for n in range(many)])

        stranger.goto(paid.address)
        stranger.context.clear_cookies()

        opens_nothing(office, stranger, paid)


def address(page: str, paid: Form, entry_id: int) -> str:
    needs = NEEDS.get(page, "").format(student=paid.student.id, entry=entry_id)
    return f"{paid.office.url}/{page}{needs}"


def expect_opened(tab: Page, office: Office) -> str:
    """A page, whole, for the one who is signed in; its title."""
    heading = tab.get_by_role("heading", level=1).first
    expect(heading).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(tab)
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible(timeout=PATIENCE_MS)
    assert tab.get_by_test_id("stException").count() == 0
    assert "noted as incident" not in tab.content()
    return heading.inner_text()


@often.on_sqlite_first
def test_an_address_opens_for_its_reader_and_for_nobody_else_on_a_warm_and_on_a_cold_server(
    office: Office, tabs: list[Page], stranger: Page, paid: Form
) -> None:
    with office.database.writing() as session:
        people.user(session, ADMINISTRATOR, FINANCE, name="olga")
    office.seat(tabs[0].context, "olga")
    stranger.context.clear_cookies()
    addresses = [address(page, paid, 2) for page in PAGES]

    warm = {}
    for one in addresses:
        tabs[0].goto(one)
        warm[one] = expect_opened(tabs[0], office)
    office.site.stop()
    office.site.start()
    stranger.goto(addresses[0], wait_until="commit")
    readers = [tabs[0], *(tabs[0].context.new_page() for _ in addresses[1:])]
    for tab, one in zip(readers, addresses, strict=True):
        tab.goto(one, wait_until="commit")
    cold = {one: expect_opened(tab, office) for tab, one in zip(readers, addresses, strict=True)}
    steps.expect_sign_in(stranger)
    for tab in readers[1:]:
        tab.close()

    assert cold == warm
