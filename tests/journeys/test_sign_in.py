"""Whoever is not signed in sees the sign-in and nothing else; a sign-in ends in every tab at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from school.access import service, sign_ins
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import COMMAND_LINE, FINANCE
from tests import people
from tests.interruptions import often
from tests.journeys import steps
from tests.journeys.conftest import sign_in
from tests.serving import Site, serving

Visit = Callable[..., Page]
PAGES = ("student", "users", "entries", "dashboard")  # not in the menu, for another role, and in it


def new_user(site: Site, name: str) -> int:
    """A user of this test's own, so that nothing it does meets another test."""
    with site.database.writing() as session:
        return people.user(session, FINANCE, name=name)


def attempts(site: Site, name: str) -> int:
    with site.database.reading() as session:
        counted = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.name == name)
        return session.scalar(counted) or 0


@often.on_sqlite_first
def test_a_right_password_opens_the_page_and_the_cookie_is_out_of_reach_of_scripts(
    visit: Visit, context: BrowserContext
) -> None:
    page = visit("/")

    steps.sign_in(page, "finn")

    steps.expect_page(page, "Today")
    steps.cookie_set(page)
    cookie = steps.sign_in_cookie(context)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"], cookie["expires"]) == (
        True,
        "Strict",
        "/",
        -1,
    )
    assert "school_sign_in" not in page.evaluate("document.cookie")


def test_a_reload_and_a_new_tab_are_signed_in(visit: Visit) -> None:
    page = visit("/")
    steps.sign_in(page, "finn")
    steps.expect_page(page, "Today")
    steps.cookie_set(page)

    page.reload()

    steps.expect_page(page, "Today")
    steps.expect_page(visit("/"), "Today")


def test_a_wrong_password_and_an_unknown_user_get_the_same_sentence_and_keep_the_name(visit: Visit) -> None:
    page = visit("/")

    steps.sign_in(page, "Finn", "wrong")
    expect(page.get_by_role("alert")).to_contain_text(sign_ins.WRONG)
    expect(page.get_by_label("User name")).to_have_value("Finn")
    steps.sign_in(page, "nobody", "wrong")

    expect(page.get_by_role("alert")).to_contain_text(sign_ins.WRONG)
    steps.expect_sign_in(page)


@often.on_sqlite_first
def test_guessing_is_locked_out_and_the_right_password_waits_too(visit: Visit, site: Site) -> None:
    new_user(site, "target")
    page = visit("/")

    for i in range(1, 6):
        steps.sign_in(page, "target", f"wrong {i}")
        steps.until(page, lambda so_far=i: attempts(site, "target") == so_far)
    steps.sign_in(page, "target", people.PASSWORD)

    expect(page.get_by_role("alert")).to_contain_text("Too many attempts")
    steps.expect_sign_in(page)


@often.on_sqlite_first
def test_signing_out_in_one_tab_ends_the_other_and_drops_the_cookie(
    visit: Visit, context: BrowserContext, site: Site
) -> None:
    new_user(site, "two_tabs")
    first, second = visit("/", name="two_tabs"), visit("/")
    steps.expect_page(first, "Today")

    steps.sign_out(second)

    steps.expect_sign_in(second)
    steps.expect_sign_in(first)
    expect(first.get_by_text("You have been signed out.")).to_be_visible()
    assert steps.sign_in_cookie(context) is None


def disable(site: Site, user_id: int) -> None:
    with site.database.writing() as session:
        service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="test")


def end_sign_ins(site: Site, user_id: int) -> None:
    with site.database.writing() as session:
        service.end_sign_ins(session, user_id=user_id, why="test")


@pytest.mark.parametrize("happens", often.first([end_sign_ins, disable]))
def test_an_idle_page_goes_when_its_sign_in_is_ended_elsewhere(
    visit: Visit, site: Site, happens: Callable[[Site, int], None]
) -> None:
    user_id = new_user(site, happens.__name__)
    page = visit("/", name=happens.__name__)
    steps.expect_page(page, "Today")

    happens(site, user_id)

    steps.expect_sign_in(page)


@often.only_if_thorough  # else by the test of this name in test_interruptions_sign_ins
def test_a_cookie_replayed_after_signing_out_opens_nothing(
    visit: Visit, context: BrowserContext, site: Site, browser: Browser
) -> None:
    new_user(site, "replayed")
    page = visit("/", name="replayed")
    stolen = steps.sign_in_cookie(context)
    steps.sign_out(page)
    steps.expect_sign_in(page)

    other = browser.new_context()
    other.add_cookies([stolen])
    tab = other.new_page()
    tab.goto(site.url)

    steps.expect_sign_in(tab)
    other.close()


@often.only_if_thorough  # else by test_interruptions_cookies, and by tests/security/test_doors
@pytest.mark.parametrize(
    "value",
    [
        "x",
        "A" * 43,
        "A" * 3_000,
        "' OR 1=1 --",
        "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFkYSJ9.",
        "%00%ff%fe",
        '{"user":"ada"}',
    ],
)
def test_a_forged_cookie_opens_nothing(context: BrowserContext, site: Site, value: str) -> None:
    context.add_cookies([{"name": "school_sign_in", "value": value, "url": site.url}])
    page = context.new_page()

    page.goto(site.url)

    steps.expect_sign_in(page)
    assert "incident" not in site.log


def test_who_signs_in_next_in_the_same_tab_finds_nothing_of_the_one_before(visit: Visit, site: Site) -> None:
    new_user(site, "before")
    page = visit("/?payment=2c1f0a52-6a4e-4a53-9a52-3f8f1f7f0d11", name="before")
    steps.expect_page(page, "Today")
    steps.sign_out(page)
    steps.expect_sign_in(page)

    steps.sign_in(page, "hope")

    steps.expect_page(page, "Today")
    expect(page.get_by_text("Hope · Head teacher")).to_be_visible()
    assert "payment=" not in page.url


def test_signing_in_ends_what_was_open_in_the_other_tab_of_the_browser(visit: Visit, site: Site) -> None:
    new_user(site, "first_one")
    page = visit("/", name="first_one")
    other = visit("/")
    steps.sign_out(other)
    steps.expect_sign_in(other)
    steps.cookie_dropped(other)
    sign_in(site, page.context, "first_one")
    page.reload()
    steps.expect_page(page, "Today")

    steps.sign_in(other, "hope")

    steps.expect_page(other, "Today")
    steps.expect_sign_in(page)


@pytest.mark.parametrize("path", often.first(PAGES, 2))  # all: tests/security/test_sockets
def test_a_deep_link_shows_a_stranger_the_sign_in_and_then_the_page(
    visit: Visit, site: Site, path: str
) -> None:
    page = visit(f"/{path}")
    steps.expect_sign_in(page)

    steps.sign_in(page, "finn")

    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible(timeout=steps.PATIENCE_MS)
    assert page.url.split("?")[0] == f"{site.url}/{path}"
    steps.cookie_set(page)  # or it comes while the next test begins, whose visitor it would sign in


@often.only_if_thorough  # else by test_interruptions_cookies, and by tests/security/test_sockets
def test_a_cold_server_shows_a_stranger_no_page(
    site: Site, page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(site.database, tmp_path_factory.mktemp("cold")) as cold:
        page.goto(f"{cold.url}/payments")

        steps.expect_sign_in(page)


@often.on_sqlite_first
def test_a_sign_in_survives_the_server(visit: Visit, site: Site) -> None:
    new_user(site, "survivor")
    page = visit("/", name="survivor")
    steps.expect_page(page, "Today")

    site.stop()
    site.start()

    page.reload()
    steps.expect_page(page, "Today")


def test_a_given_password_is_changed_before_anything_is_shown(visit: Visit, site: Site) -> None:
    with site.database.writing() as session:
        people.user(session, FINANCE, name="newcomer", must_change=True)
    page = visit("/")
    steps.sign_in(page, "newcomer")

    page.get_by_label("New password").fill(people.PASSWORD)
    page.get_by_label("The same again").fill(people.PASSWORD)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("This is the password you were given.")
    page.get_by_label("New password").fill("seven quiet otters swim")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    page.get_by_label("The same again").fill("seven quiet otters swim")
    page.get_by_role("button", name="Keep it").dblclick()

    steps.expect_page(page, "Today")


def test_every_sign_in_is_a_row_that_says_where(visit: Visit, site: Site) -> None:
    new_user(site, "rowed")
    page = visit("/")
    steps.sign_in(page, "rowed")
    steps.expect_page(page, "Today")

    with site.database.reading() as session:
        row = session.scalars(select(SignIn).join(User).where(User.name == "rowed")).one()
    assert "HeadlessChrome" in row.user_agent or "Chrome" in row.user_agent
    assert row.address == "", "the browser is on the same machine"
