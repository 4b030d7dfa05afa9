"""Two servers at work at once are one program: the database decides, and what one ends is over at both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from school.access import service as access
from school.access.models import SignIn
from school.access.rules import COMMAND_LINE, FINANCE
from school.db import Database
from school.ledger import queries as ledger
from tests.interruptions import desk
from tests.interruptions.desk import Form, Office
from tests.interruptions.held import writer_waits, writers_held
from tests.interruptions.often import THOROUGH, TIMES
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS
from tests.processes.pair import Pair

pytestmark = pytest.mark.browser

ROUNDS = max(TIMES // 2, 1)
each_server = pytest.mark.parametrize("server", [0, 1] if THOROUGH else [0])


@pytest.fixture
def own_browser(
    browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[], BrowserContext]]:
    """Another person's browser, with every call."""
    opened = []

    def new() -> BrowserContext:
        opened.append(browser.new_context(**browser_context_args))
        return opened[-1]

    yield new
    for context in opened:
        context.close()


def payments(books: Database, student_id: int) -> list[int]:
    with books.reading() as session:
        return [row.amount for row in ledger.recent_receipts(session, student_id=student_id)]


@each_server
def test_the_password_is_typed_at_one_server_and_the_cookie_fetched_at_the_other(
    pair: Pair, office: Office, own_browser: Callable[[], BrowserContext], server: int
) -> None:
    context = own_browser()
    pair.send_to(context, server)
    page = context.new_page()
    page.goto(f"{pair.proxy.url}/payments")
    steps.settled(page)
    pair.send_to(context, 1 - server)

    steps.sign_in(page, "finn")

    steps.cookie_set(page)
    asked = [one.backend for one in pair.proxy.served if (one.method, one.path) == ("POST", "/auth/cookie")]
    assert asked[-1] == pair.sites[1 - server].port
    steps.expect_page(page, "Payments")
    page.reload()
    pair.moved_to(page, 1 - server)
    steps.expect_page(page, "Payments")


@each_server
def test_a_sign_out_at_one_server_is_a_sign_out_at_the_other(
    pair: Pair, office: Office, own_browser: Callable[[], BrowserContext], server: int
) -> None:
    here, there = _one_person_at_both(pair, office, own_browser(), "hope", server)

    steps.sign_out(here)

    steps.expect_sign_in(there)
    steps.expect_sign_in(here)


@each_server
def test_who_is_disabled_is_signed_out_at_both(
    pair: Pair, office: Office, books: Database, own_browser: Callable[[], BrowserContext], server: int
) -> None:
    name = f"leaver{server}"
    user_id = office.user(name, FINANCE)
    here, there = _one_person_at_both(pair, office, own_browser(), name, server)

    with books.writing() as session:
        access.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="left the school")

    steps.expect_sign_in(here)
    steps.expect_sign_in(there)
    with books.reading() as session:
        assert all(row.revoked_at for row in session.scalars(select(SignIn).where(SignIn.user_id == user_id)))


def _one_person_at_both(
    pair: Pair, office: Office, context: BrowserContext, name: str, first: int
) -> tuple[Page, Page]:
    """Two tabs of one browser, one at each server."""
    office.seat(context, name)
    pages = []
    for server in (first, 1 - first):
        pair.send_to(context, server)
        page = context.new_page()
        page.goto(f"{pair.proxy.url}/students")
        steps.expect_page(page, "Students")
        pages.append(page)
    return pages[0], pages[1]


def _two_clerks(pair: Pair, office: Office, own_browser: Callable[[], BrowserContext]) -> list[Page]:
    """`finn` at the first server, `fred` at the second."""
    pages = []
    for server, name in enumerate(["finn", "fred"]):
        context = own_browser()
        office.seat(context, name)
        pair.send_to(context, server)
        pages.append(context.new_page())
    return pages


def test_two_clerks_at_two_servers_take_money_for_one_student(
    pair: Pair, office: Office, books: Database, own_browser: Callable[[], BrowserContext]
) -> None:
    office.user("fred", FINANCE)
    pages = _two_clerks(pair, office, own_browser)

    for _ in range(ROUNDS):
        [student] = office.students(1)
        forms = [
            office.filled([page], name, [student])[0]
            for page, name in zip(pages, ("finn", "fred"), strict=True)
        ]
        with writers_held(books):
            for form in forms:
                desk.press(form)
            writer_waits(books, 2)

        numbers = [_receipt(form.page) for form in forms]
        assert len(set(numbers)) == 2
        assert sorted(payments(books, student.id)) == sorted(form.amount for form in forms)


def test_one_form_pressed_at_two_servers_at_the_same_moment_is_one_payment_and_one_receipt(
    pair: Pair, office: Office, books: Database, own_browser: Callable[[], BrowserContext]
) -> None:
    context = own_browser()
    office.seat(context, "finn")
    pages = [context.new_page() for _ in range(2)]

    for _ in range(ROUNDS):
        pair.send_to(context, 0)
        [form] = office.filled([pages[0]], "finn")
        pair.send_to(context, 1)
        pages[1].goto(form.address)
        twin = Form(office, pages[1], "finn", form.student, form.amount, form.request_id)
        desk.fill(twin)
        with writers_held(books):
            desk.press(form)
            desk.press(twin)
            writer_waits(books, 2)

        assert _receipt(form.page) == _receipt(twin.page)
        assert payments(books, form.student.id) == [form.amount]


def _receipt(page: Page) -> str | None:
    expect(desk.receipt(page)).to_be_visible(timeout=PATIENCE_MS)
    return desk.number(page)
