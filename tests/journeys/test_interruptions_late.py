"""A socket that comes back after the server has forgotten its session finds the receipt or the form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.interruptions import checker, desk, held, often
from tests.interruptions.desk import Office
from tests.interruptions.often import ROUNDS
from tests.interruptions.wire_cutter import WireCutter

REMEMBERED_S = 1  # in place of two minutes
SERVER_OPTIONS = ("--server.disconnectedSessionTTL", str(REMEMBERED_S))


@pytest.fixture(autouse=True)
def nothing_went_wrong(office: Office) -> Iterator[None]:
    yield
    checker.expect_nothing_wrong(office)


def forgotten(page: Page) -> None:
    page.wait_for_timeout(REMEMBERED_S * 1000 + 200)


@often.on_sqlite_first
def test_dropped_while_it_is_written(office: Office, tabs: list[Page], wire: WireCutter) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        with held.writers_held(office.database):
            for form in forms:
                desk.press(form)
            held.writer_waits(office.database, len(forms))
            wire.cut()
        forgotten(tabs[0])
        wire.mend()

        for form in forms:
            assert desk.screen(form.page) in ("receipt", "form")
            checker.settle(form, at_once=desk.number(form.page))
        checker.expect_books(office, forms)


@often.on_sqlite_first
def test_dropped_between_the_write_and_its_confirmation(
    office: Office, tabs: list[Page], wire: WireCutter
) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        wire.hold_answers()
        for form in forms:
            desk.press(form)
        checker.wait_until_recorded(forms)
        wire.cut()
        forgotten(tabs[0])
        wire.mend()

        for form in forms:
            checker.settle(form, at_once=checker.expect_receipt(form))
        checker.expect_books(office, forms)


@often.only_if_thorough  # else by test_interruptions_sockets, and by a killed server in test_drafts
@often.on_sqlite_first
def test_dropped_before_anything_is_pressed_what_was_typed_stands(
    office: Office, tabs: list[Page], wire: WireCutter
) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        wire.cut()
        forgotten(tabs[0])
        wire.mend()

        for form in forms:
            assert desk.screen(form.page) == "form"
            checker.expect_what_was_typed(form)
            assert checker.settle(form).form_stood
        checker.expect_books(office, forms)
