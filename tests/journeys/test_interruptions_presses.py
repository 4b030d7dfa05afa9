"""However Record is pressed, and whatever is clicked while the books are written, there is one payment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.interruptions import checker, desk, held, interruptions, often
from tests.interruptions.desk import Form, Office
from tests.interruptions.interruptions import Interruption, Press
from tests.interruptions.often import ROUNDS
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS


@pytest.fixture(autouse=True)
def nothing_went_wrong(office: Office) -> Iterator[None]:
    yield
    checker.expect_nothing_wrong(office)


def interrupted_while_written(office: Office, tabs: list[Page], interrupt: Interruption) -> list[Form]:
    """Three presses that wait at the books' door, are interrupted there, and then get in."""
    forms = office.filled(tabs, "finn")
    with held.writers_held(office.database):
        for form in forms:
            desk.press(form)
        held.writer_waits(office.database, len(forms))
        for form in forms:
            interrupt(form)
    tabs[:] = [form.page for form in forms]
    return forms


@pytest.mark.parametrize("press", [interruptions.double_click])
@often.on_sqlite_first
def test_pressed_more_than_once_it_is_one_payment_and_its_receipt_is_shown(
    office: Office, tabs: list[Page], press: Press
) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        for form in forms:
            press(form)

        for form in forms:
            checker.expect_receipt(form)
        checker.expect_books(office, forms)


@pytest.mark.parametrize(
    "press",
    often.first(
        [
            interruptions.triple_click,
            interruptions.enter_twice,
            interruptions.double_click,
            interruptions.ctrl_enter_twice,
        ],
        2,
    ),
)
@often.on_sqlite_first
def test_pressed_more_than_once_before_the_books_answer_it_is_one_payment(
    office: Office, tabs: list[Page], press: Press
) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        with held.writers_held(office.database):
            for form in forms:
                press(form)
            held.writer_waits(office.database, len(forms))

        for form in forms:
            checker.expect_receipt(form)
        checker.expect_books(office, forms)


@pytest.mark.parametrize(
    "interrupt",
    often.first(
        [
            interruptions.close_tab,
            interruptions.back_and_forward,
            interruptions.reload,  # by test_payment_journey in every run
            interruptions.back,
        ],
        2,
    ),
)
@often.on_sqlite_first
def test_left_while_it_is_written_the_receipt_is_at_the_address_or_the_form_as_it_was(
    office: Office, tabs: list[Page], interrupt: Interruption
) -> None:
    for _ in range(ROUNDS):
        forms = interrupted_while_written(office, tabs, interrupt)

        for form in forms:
            checker.settle(form)
        checker.expect_books(office, forms)


@often.on_sqlite_first
def test_a_box_ticked_while_it_is_written_does_not_take_the_receipt_away(
    office: Office, tabs: list[Page]
) -> None:
    for _ in range(ROUNDS):
        forms = interrupted_while_written(office, tabs, interruptions.another_widget)

        for form in forms:
            number = checker.expect_receipt(form)
            checker.settle(form, at_once=number)
        checker.expect_books(office, forms)


@often.on_sqlite_first
def test_the_page_asked_for_while_it_is_written_opens_and_the_receipt_is_among_the_last(
    office: Office, tabs: list[Page]
) -> None:
    for _ in range(ROUNDS):
        forms = interrupted_while_written(office, tabs, interruptions.another_page)

        for form in forms:
            steps.expect_page(form.page, "Students")
            form.page.get_by_test_id("stSidebarNavLink").filter(has_text="Payments").click()
            steps.expect_page(form.page, "Payments")
            last = form.page.locator('[role="gridcell"]', has_text=form.student.name)
            expect(last).to_be_attached(timeout=PATIENCE_MS)
        checker.expect_books(office, forms)
