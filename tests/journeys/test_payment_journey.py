"""A payment is taken by keyboard alone, recorded once whatever is pressed, printed, found and reversed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from school.checks.ledger import verify
from school.clock import now
from school.db import Database
from school.ledger import queries
from tests import make
from tests.interruptions import often
from tests.journeys import steps, wires
from tests.journeys.steps import PATIENCE_MS
from tests.serving import Site

Visit = Callable[..., Page]
FIRST_ROW = {"x": 80, "y": 52}  # within a table: past the box that chooses a row, below the headings
RECEIPT = re.compile(r"Receipt R-\d{6}")


@pytest.fixture
def student(books: Database) -> Iterator[tuple[int, str]]:
    """A student of this test's own, who owes 1,000.00; at the end the books are recomputed."""
    today = now().date()
    with books.writing() as session:
        name = f"Zuri {make.request_id().replace('-', ' ').title()}"
        student_id = make.student(session, name, guardian=f"Guardian of {name}")
        make.bill(session, student_id, (100_000, today), on=today)
    yield student_id, name
    with books.reading() as session:
        assert verify(session) == []


def payments(books: Database, student_id: int) -> list[int]:
    with books.reading() as session:
        return [row.amount for row in queries.recent_receipts(session, student_id=student_id)]


def find(page: Page, name: str) -> None:
    """Types into the field where the cursor waits, and takes the best match."""
    field = page.get_by_role("searchbox", name="Student")
    expect(field).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(amount(page)).to_be_focused(timeout=PATIENCE_MS)


def amount(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Amount received")


def fill(page: Page) -> None:
    """An amount and a tender, until the preview has answered."""
    amount(page).fill("400")
    page.get_by_role("radiogroup", name="How it came").get_by_text("Cash").click()
    expect(page.get_by_text("Pays 400.00 of Tuition")).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(page)


def record(page: Page) -> Locator:
    return page.get_by_role("button", name="Record payment")


def receipt(page: Page) -> Locator:
    return page.get_by_role("heading", name=RECEIPT)


def expect_receipt(page: Page) -> str:
    expect(receipt(page)).to_be_visible(timeout=PATIENCE_MS)
    return receipt(page).inner_text().removeprefix("Receipt ").strip()


@often.on_sqlite_first
def test_a_payment_is_taken_by_keyboard_alone(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    student_id, name = student
    page = visit("/payments", name="finn")

    find(page, name.lower())
    page.keyboard.type("400")
    expect(page.get_by_text("Pays 400.00 of Tuition")).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Cash")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("Space")
    expect(page.get_by_role("textbox", name="Reference")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.type("QX 12")
    page.keyboard.press("Enter")
    expect(record(page)).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("Enter")

    expect_receipt(page)
    assert payments(books, student_id) == [40_000]
    expect(page.get_by_role("button", name="New payment")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Student")).to_be_focused(timeout=PATIENCE_MS)
    expect(receipt(page)).to_have_count(0)


def twice(page: Page) -> None:
    record(page).dblclick()


def three_times(page: Page) -> None:
    record(page).click(click_count=3)


def enter_twice(page: Page) -> None:
    record(page).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")


def and_reload(page: Page) -> None:
    record(page).click(no_wait_after=True)
    page.reload()


def and_another_field(page: Page) -> None:
    record(page).click(no_wait_after=True)
    another = page.locator(".st-key-payments-for_one_charge input")
    another.evaluate_all("found => found[0]?.click()")  # it may have made room for the receipt already


@often.only_if_thorough  # else by test_interruptions_presses
@pytest.mark.parametrize("press", [twice, three_times, enter_twice])
@often.on_sqlite_first
def test_however_it_is_pressed_it_is_recorded_once(
    visit: Visit, books: Database, student: tuple[int, str], press: Callable[[Page], None]
) -> None:
    student_id, _ = student
    page = visit(f"/payments?student={student_id}", name="finn")
    fill(page)

    press(page)

    expect_receipt(page)
    assert payments(books, student_id) == [40_000]


def test_an_answer_that_comes_late_takes_the_cursor_from_nobody(
    visit: Visit, context: BrowserContext, student: tuple[int, str]
) -> None:
    tab = context.new_page()
    sockets = wires.between(tab)
    page = visit(f"/payments?student={student[0]}", name="finn", tab=tab)
    expect(amount(page)).to_be_focused(timeout=PATIENCE_MS)

    sockets[-1].answers = False
    page.get_by_role("radiogroup", name="How it came").get_by_text("Cheque").click()
    amount(page).fill("400")
    page.get_by_role("textbox", name="Reference").click()
    page.keyboard.type("QX-77")
    page.keyboard.press("Tab")
    sockets[-1].let_go()
    expect(page.get_by_text("Pays 400.00 of Tuition")).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(page)

    expect(page.get_by_role("textbox", name="Paid by")).to_be_focused()


@pytest.mark.parametrize("press", often.first([and_reload, and_another_field]))
@often.on_sqlite_first
def test_an_interrupted_press_shows_the_receipt_or_the_form_and_never_two_payments(
    visit: Visit, books: Database, student: tuple[int, str], press: Callable[[Page], None]
) -> None:
    student_id, _ = student
    page = visit(f"/payments?student={student_id}", name="finn")
    fill(page)

    press(page)

    expect(receipt(page).or_(record(page)).first).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(page)
    with suppress(TooLate):  # the receipt came while the form that stood there was filled again
        if receipt(page).count() == 0:  # stopped before it was written: the form stands, and can be sent
            fill(page)
            record(page).click()
    expect_receipt(page)
    assert payments(books, student_id) == [40_000]


@often.on_sqlite_first
def test_the_address_shows_the_receipt_in_every_tab(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    student_id, _ = student
    page = visit(f"/payments?student={student_id}", name="finn")
    fill(page)
    record(page).click()
    number = expect_receipt(page)

    page.reload()
    again = expect_receipt(page)
    other = visit(page.url.removeprefix(page.url.split("/payments")[0]))

    assert again == number
    assert expect_receipt(other) == number
    assert payments(books, student_id) == [40_000]


@often.on_sqlite_first
def test_the_receipt_is_a_paper_for_the_signed_in_only(
    visit: Visit, site: Site, context: BrowserContext, student: tuple[int, str]
) -> None:
    student_id, _ = student
    page = visit(f"/payments?student={student_id}", name="finn")
    fill(page)
    record(page).click()
    number = expect_receipt(page)

    paper = context.request.get(f"{site.url}/receipts/{number}.pdf")
    nothing = context.request.get(f"{site.url}/receipts/R-999999.pdf")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PDF").click()
    context.clear_cookies()
    stranger = context.request.get(f"{site.url}/receipts/{number}.pdf")

    assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.body().startswith(b"%PDF-")
    assert download.value.suggested_filename == f"{number}.pdf"
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert (nothing.status, stranger.status) == (404, 404)


@often.on_sqlite_first
def test_a_receipt_is_opened_from_the_last_ones_and_reversed(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    student_id, _ = student
    page = visit(f"/payments?student={student_id}", name="finn")
    fill(page)
    record(page).click()
    number = expect_receipt(page)
    steps.settled(page)

    grid = page.locator(".st-key-payments-recent").get_by_test_id("data-grid-canvas")
    expect(grid).to_be_visible(timeout=PATIENCE_MS)
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + FIRST_ROW["x"], box["y"] + FIRST_ROW["y"])
    page.wait_for_url("**/entry?entry=*", timeout=PATIENCE_MS)
    steps.unfold(page, "Reverse this receipt")
    page.get_by_role("textbox", name="Reason").fill("Wrong student")
    page.get_by_role("button", name="Reverse", exact=True).click()

    expect(page.get_by_text(f"Receipt {number} is reversed.")).to_be_visible(timeout=PATIENCE_MS)
    with books.reading() as session:
        assert queries.balance(session, student_id) == 100_000
        assert queries.receipt_by_document(session, number).reversal_reason == "Wrong student"
