"""Of two servers one is killed: its users go on at the other, signed in, with what they had typed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from school.db import Database
from school.ledger import queries as ledger
from tests.interruptions import desk
from tests.interruptions.desk import OWED, Form, Office
from tests.interruptions.held import until, writer_waits, writers_held
from tests.interruptions.often import THOROUGH
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS
from tests.processes.pair import Pair

pytestmark = pytest.mark.browser

PRESSES_MAX = 3

each_server = pytest.mark.parametrize("killed", [0, 1] if THOROUGH else [0])  # they are the same program
the_other_too = pytest.mark.parametrize("killed", [0, 1] if THOROUGH else [1])  # and so the other, once


def at_their_desk(pair: Pair, office: Office, tabs: list[Page], server: int) -> list[Form]:
    """A filled form in every tab, served by this server."""
    pair.both_up()
    pair.send_to(tabs[0].context, server)
    return office.filled(tabs, "finn")


def reference(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Reference")


def expect_signed_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=PATIENCE_MS)


def finish(form: Form) -> None:
    """As a person does who sees the form stand there still: presses, until it is the receipt."""
    for _ in range(PRESSES_MAX):
        if desk.screen(form.page) == "receipt":
            return
        desk.press(form)
        with suppress(AssertionError):  # a press that came before the page was whole is nobody's
            expect(desk.receipt(form.page)).to_be_visible(timeout=PATIENCE_MS / PRESSES_MAX)


def downloaded(page: Page) -> bytes:
    """The first click may still ask for the file of the dead server; the page is drawn anew meanwhile."""
    for _ in range(PRESSES_MAX):
        with suppress(TooLate):
            with page.expect_download(timeout=PATIENCE_MS / PRESSES_MAX) as download:
                page.get_by_role("button", name="Download PDF").click()
            return download.value.path().read_bytes()
    raise AssertionError("the download never came")


def receipt_of(books: Database, form: Form) -> ledger.Receipt | None:
    with books.reading() as session:
        return ledger.receipt_of_request(session, form.request_id)


def expect_paid_once(books: Database, form: Form) -> ledger.Receipt:
    """The receipt of this form is on the screen, and nothing else was taken from this student."""
    expect(desk.receipt(form.page)).to_be_visible(timeout=PATIENCE_MS)
    found = receipt_of(books, form)
    assert found is not None
    assert (found.document, found.total) == (desk.number(form.page), form.amount)
    with books.reading() as session:
        assert ledger.balance(session, form.student.id) == OWED - form.amount
    return found


@each_server
def test_what_was_typed_stands_there_and_is_what_is_recorded(
    pair: Pair, office: Office, books: Database, tabs: list[Page], killed: int
) -> None:
    forms = at_their_desk(pair, office, tabs, killed)
    for form in forms:
        reference(form.page).press_sequentially("QX 12")  # and the cursor stays in the field

    pair.kill(killed)

    for form in forms:
        pair.moved_to(form.page, 1 - killed)
        expect_signed_in(form.page)
        expect(reference(form.page)).to_have_value("QX 12")
        expect(desk.amount(form.page)).to_have_value(form.typed)
        assert form.request_id in form.page.url
        finish(form)
        assert expect_paid_once(books, form).reference == "QX 12"


@each_server
def test_what_was_typed_last_goes_before_what_was_kept_of_it(
    pair: Pair, office: Office, books: Database, tabs: list[Page], killed: int
) -> None:
    forms = at_their_desk(pair, office, tabs, killed)

    with writers_held(books):  # nothing typed from here on is kept
        for form in forms:
            form.amount += 1
            desk.amount(form.page).fill(form.typed)
            reference(form.page).fill("QX 13")
            steps.settled(form.page)
        pair.kill(killed)

    for form in forms:
        pair.moved_to(form.page, 1 - killed)
        expect_signed_in(form.page)
        finish(form)
        assert expect_paid_once(books, form).reference == "QX 13"


@each_server
def test_what_was_typed_stands_there_after_a_reload(
    pair: Pair, office: Office, books: Database, tabs: list[Page], killed: int
) -> None:
    forms = at_their_desk(pair, office, tabs, killed)

    pair.kill(killed)

    for form in forms:
        assert desk.reopen(form) == "form"
        pair.moved_to(form.page, 1 - killed)
        expect_signed_in(form.page)
        expect(desk.amount(form.page)).to_have_value(form.typed)
        finish(form)
        expect_paid_once(books, form)


@each_server
@pytest.mark.parametrize("committing", [False, True], ids=["before-the-commit", "amid-the-commits"])
def test_killed_while_it_is_written_the_form_is_a_receipt_or_is_sent_again(
    pair: Pair, office: Office, books: Database, tabs: list[Page], killed: int, committing: bool
) -> None:
    forms = at_their_desk(pair, office, tabs, killed)

    with writers_held(books):
        for form in forms:
            desk.press(form)
        writer_waits(books, len(forms))
        if not committing:
            pair.kill(killed)
    if committing:
        pair.kill(killed)

    for form in forms:
        pair.moved_to(form.page, 1 - killed)
        expect_signed_in(form.page)
        finish(form)
        expect_paid_once(books, form)


@the_other_too
def test_killed_after_the_commit_the_receipt_is_shown_and_its_papers_open(
    pair: Pair, office: Office, books: Database, tabs: list[Page], killed: int
) -> None:
    forms = at_their_desk(pair, office, tabs, killed)

    for form in forms:
        desk.press(form)
    until(lambda: all(receipt_of(books, form) for form in forms), every_s=0.01)
    pair.kill(killed)

    for form in forms:
        pair.moved_to(form.page, 1 - killed)
        expect_signed_in(form.page)
        number = expect_paid_once(books, form).document
        paper = form.page.request.get(f"{pair.proxy.url}/receipts/{number}.pdf")
        assert paper.body().startswith(b"%PDF-")
        assert downloaded(form.page).startswith(b"%PDF-")
