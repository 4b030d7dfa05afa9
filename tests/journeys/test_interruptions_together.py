"""Two at once on one student, or one form in two tabs: every payment is counted, and each of them once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.interruptions import books, checker, desk, held, often
from tests.interruptions.desk import Form, Office
from tests.interruptions.often import TIMES
from tests.journeys.steps import PATIENCE_MS


@pytest.fixture(autouse=True)
def nothing_went_wrong(office: Office) -> Iterator[None]:
    yield
    checker.expect_nothing_wrong(office)


@pytest.fixture(scope="module")
def colleague(office: Office, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A tab of another clerk, `faye`."""
    office.user("faye")
    context = browser.new_context(**browser_context_args)
    office.seat(context, "faye")
    yield context.new_page()
    context.close()


def press_together(office: Office, forms: list[Form]) -> None:
    with held.writers_held(office.database):
        for form in forms:
            desk.press(form)
        held.writer_waits(office.database)


@often.on_sqlite_first
def test_two_tabs_on_one_student_are_two_payments(office: Office, tabs: list[Page]) -> None:
    for _ in range(TIMES):
        [student] = office.students(1)
        forms = office.filled(tabs[:2], "finn", [student, student])

        press_together(office, forms)

        for form in forms:
            checker.expect_receipt(form)
        checker.expect_books(office, forms)


@often.on_sqlite_first
def test_two_clerks_on_one_student_are_two_payments_and_each_sees_their_own(
    office: Office, tabs: list[Page], colleague: Page
) -> None:
    for _ in range(TIMES):
        [student] = office.students(1)
        forms = office.filled(tabs[:1], "finn", [student]) + office.filled([colleague], "faye", [student])

        press_together(office, forms)

        for form in forms:
            checker.expect_receipt(form)
            checker.expect_clean(form.page, form)
        checker.expect_books(office, forms)


def opened_twice(office: Office, tabs: list[Page]) -> tuple[Form, Form]:
    """A form, and the same in another tab by its address."""
    [form] = office.filled(tabs[:1], "finn")
    again = replace(form, page=tabs[1])
    desk.reopen(again)
    checker.expect_what_was_typed(again)
    return form, again


@often.on_sqlite_first
def test_one_form_in_two_tabs_is_one_payment_whose_receipt_both_show(
    office: Office, tabs: list[Page]
) -> None:
    for _ in range(TIMES):
        form, again = opened_twice(office, tabs)

        press_together(office, [form, again])

        assert checker.expect_receipt(form) == checker.expect_receipt(again)
        checker.expect_books(office, [form])


@often.on_sqlite_first
def test_one_form_in_two_tabs_with_two_amounts_is_one_payment_and_the_other_is_told(
    office: Office, tabs: list[Page]
) -> None:
    for _ in range(TIMES):
        form, again = opened_twice(office, tabs)
        desk.amount(again.page).fill("999.99")
        expect(again.page.get_by_text("Pays 999.99 of Tuition")).to_be_visible(timeout=PATIENCE_MS)

        desk.press(form)
        number = checker.expect_receipt(form)
        desk.press(again)

        expect(again.page.get_by_text(f"recorded as {number} already")).to_be_visible(timeout=PATIENCE_MS)
        assert desk.number(again.page) == number
        assert not books.recorded(office.database, [form.request_id])[form.request_id][1:]
        checker.expect_books(office, [form])
