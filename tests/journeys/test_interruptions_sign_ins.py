"""A sign-in that ends during the write hides the screen at once, and loses nothing of the person it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from school.access import passwords, service
from school.access.rules import COMMAND_LINE, FINANCE, HEAD
from tests import people
from tests.interruptions import books, checker, desk, held, often
from tests.interruptions.desk import Office
from tests.interruptions.often import TIMES
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS


@pytest.fixture(autouse=True)
def nothing_went_wrong(office: Office) -> Iterator[None]:
    yield
    checker.expect_nothing_wrong(office)


def disable(session: Session, user_id: int) -> None:
    service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="left the school")


def enable(session: Session, user_id: int) -> None:
    service.enable(session, actor=COMMAND_LINE, user_id=user_id)


def make_head(session: Session, user_id: int) -> None:
    service.change_roles(session, actor=COMMAND_LINE, user_id=user_id, roles=[HEAD])


def make_clerk(session: Session, user_id: int) -> None:
    service.change_roles(session, actor=COMMAND_LINE, user_id=user_id, roles=[FINANCE])


def change_password(session: Session, user_id: int) -> None:
    """By the person, in another browser."""
    elsewhere = people.signed_in(session, user_id)
    chosen = passwords.Chosen(people.cheap_hash("seven quiet otters swim"))
    service.change_own_password(session, actor=elsewhere, password=chosen)


def nothing(session: Session, user_id: int) -> None:
    pass


def newcomer(office: Office, tab: Page, name: str) -> int:
    """A clerk of their own for each repetition, signed in in this browser; the id."""
    user_id = office.user(name)
    office.seat(tab.context, name)
    return user_id


@pytest.mark.parametrize(
    ("ends", "is_mended", "leaves"),
    often.first(
        [
            (disable, enable, "sign in"),
            (make_head, make_clerk, "refused"),
            (change_password, nothing, "sign in"),
        ],
        2,
    ),
)
@often.on_sqlite_first
def test_ended_from_elsewhere_while_it_is_written(
    office: Office,
    tabs: list[Page],
    ends: Callable[[Session, int], None],
    is_mended: Callable[[Session, int], None],
    leaves: str,
) -> None:
    for n in range(TIMES):
        name = f"{ends.__name__}{n}"
        user_id = newcomer(office, tabs[0], name)
        [form] = office.filled(tabs[:1], name)

        with held.writers_held(office.database) as session:
            desk.press(form)
            held.writer_waits(office.database)
            ends(session, user_id)
        if leaves == "sign in":
            steps.expect_sign_in(form.page)
        assert desk.reopen(form) == leaves
        assert form.student.name not in form.page.content()
        assert not books.is_recorded(office.database, form.request_id)  # the press asks who it is in its turn

        with office.database.writing() as session:
            is_mended(session, user_id)
        office.seat(form.page.context, name)
        checker.settle(form)
        checker.expect_books(office, [form])


@often.on_sqlite_first
def test_signed_out_in_another_tab_while_it_is_written(office: Office, tabs: list[Page]) -> None:
    for n in range(TIMES):
        name = f"leaver{n}"
        newcomer(office, tabs[0], name)
        [form] = office.filled(tabs[:1], name)
        tabs[1].goto(f"{office.url}/today")
        steps.expect_page(tabs[1], "Today")

        with held.writers_held(office.database):
            desk.press(form)
            held.writer_waits(office.database)
            steps.sign_out(tabs[1])
        steps.expect_sign_in(tabs[1])
        steps.expect_sign_in(form.page)
        assert form.student.name not in form.page.content()
        steps.cookie_dropped(tabs[1])

        office.seat(form.page.context, name)
        checker.settle(form)
        checker.expect_books(office, [form])


def sign_out(session: Session, user_id: int) -> None:
    service.end_sign_ins(session, user_id=user_id, why="signed out")


@pytest.mark.parametrize("ends", often.first([sign_out, change_password, disable]))
@often.on_sqlite_first
def test_a_cookie_replayed_after_the_sign_in_has_ended_opens_nothing(
    office: Office, tabs: list[Page], ends: Callable[[Session, int], None]
) -> None:
    [form] = office.filled(tabs[:1], _finn(office, tabs[0]))
    desk.press(form)
    number = checker.expect_receipt(form)
    for n in range(TIMES):
        user_id = newcomer(office, tabs[0], f"replayed{ends.__name__}{n}")
        stolen = steps.sign_in_cookie(form.page.context)
        assert desk.reopen(form) == "receipt"
        with office.database.writing() as session:
            ends(session, user_id)
        form.page.context.clear_cookies()
        form.page.context.add_cookies([stolen])

        assert desk.reopen(form) == "sign in"
        paper = form.page.context.request.get(f"{office.url}/receipts/{number}.pdf")

        steps.expect_sign_in(form.page)
        assert form.student.name not in form.page.content()
        assert paper.status == 404


def _finn(office: Office, tab: Page) -> str:
    office.seat(tab.context, "finn")
    return "finn"


@often.on_sqlite_first
def test_the_next_person_at_the_same_browser_finds_nothing_of_the_one_before(
    office: Office, tabs: list[Page]
) -> None:
    for n in range(TIMES):
        first, second = f"early{n}", f"late{n}"
        newcomer(office, tabs[0], first)
        office.user(second)
        [form] = office.filled(tabs[:1], first)

        steps.sign_out(form.page)
        steps.expect_sign_in(form.page)
        steps.cookie_dropped(form.page)
        steps.sign_in(form.page, second)
        steps.expect_page(form.page, "Payments")
        steps.cookie_set(form.page)

        assert form.student.name not in form.page.content()
        assert form.request_id not in form.page.url
        assert desk.reopen(form) == "form"  # its address, which the other may have written down
        expect(desk.amount(form.page)).to_have_value("", timeout=PATIENCE_MS)
        expect(form.page.get_by_text(f"{second.title()} · ").first).to_be_visible()
        office.seat(form.page.context, first)
        assert checker.settle(form).form_stood
        checker.expect_books(office, [form])
