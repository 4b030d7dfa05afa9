"""A server killed before, during or after the write: the payment is there, whole, or the form stands."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.interruptions import books, checker, desk, held, often
from tests.interruptions.desk import Form, Office
from tests.interruptions.often import ROUNDS, TIMES
from tests.interruptions.wire_cutter import WireCutter


@pytest.fixture(autouse=True)
def nothing_went_wrong(office: Office) -> Iterator[None]:
    yield
    checker.expect_nothing_wrong(office)


def kill(office: Office) -> None:
    office.site.stop(signal.SIGKILL)


@often.only_if_thorough  # else with two servers, by tests/processes/test_killed, and by tests/stability
@often.on_sqlite_first
def test_killed_before_the_write_nothing_is_recorded_and_what_was_typed_stands(
    office: Office, tabs: list[Page]
) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        with held.writers_held(office.database):
            for form in forms:
                desk.press(form)
            held.writer_waits(office.database, len(forms))
            kill(office)
        office.site.start()

        for form in forms:
            assert not books.is_recorded(office.database, form.request_id)
            assert checker.settle(form).form_stood
        checker.expect_books(office, forms)


def killed_within_the_transaction(office: Office, form: Form) -> None:
    """On SQLite at the moment the server has begun to write, on PostgreSQL with the lines written."""
    if office.database.is_sqlite:
        with held.writers_held(office.database):
            desk.press(form)
            held.writer_waits(office.database)
        held.until(
            lambda: (
                held.writing_now(office.site) or books.is_recorded(office.database, form.request_id)
            )  # a write takes milliseconds: now and then nobody sees it
        )
        kill(office)
    else:
        with held.balance_held(office.database, form.student.id):
            desk.press(form)
            held.writer_waits(office.database)
            kill(office)


@often.on_sqlite_first
def test_killed_during_the_write_it_is_recorded_whole_or_not_at_all(office: Office, tabs: list[Page]) -> None:
    for _ in range(TIMES):
        [form] = office.filled(tabs[:1], "finn")

        killed_within_the_transaction(office, form)
        office.site.start()

        checker.settle(form)
        checker.expect_books(office, [form])


@often.only_if_thorough  # else with two servers, by tests/processes/test_killed, and by tests/stability
@often.on_sqlite_first
def test_killed_after_the_write_the_receipt_is_at_the_address(
    office: Office, tabs: list[Page], wire: WireCutter
) -> None:
    for _ in range(ROUNDS):
        forms = office.filled(tabs, "finn")

        wire.hold_answers()
        for form in forms:
            desk.press(form)
        checker.wait_until_recorded(forms)
        kill(office)
        wire.mend()
        office.site.start()

        for form in forms:
            assert not checker.settle(form).form_stood
        checker.expect_books(office, forms)
