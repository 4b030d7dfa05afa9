"""A profile in a real browser: the password, the devices, the theme; nothing of it for the next person."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from school.access.rules import HEAD
from tests import people
from tests.interruptions import often
from tests.journeys import steps
from tests.serving import Site

Visit = Callable[..., Page]
NEW = "seven quiet otters swim"


@pytest.fixture
def new_user(site: Site) -> Callable[[str], None]:
    def made(name: str) -> None:
        with site.database.writing() as session:
            people.user(session, HEAD, name=name)

    return made


def shown_theme(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme"))


def expect_theme(page: Page, theme: str) -> None:
    page.wait_for_function(
        "theme => document.querySelector('.stApp') && "
        "getComputedStyle(document.querySelector('.stApp')).colorScheme === theme",
        arg=theme,
        timeout=steps.PATIENCE_MS,
    )
    steps.settled(page)


def choose_theme(page: Page, label: str) -> None:
    page.get_by_text(label, exact=True).click()
    page.get_by_role("button", name="Keep").click()


def change_password(page: Page, old: str, new: str) -> None:
    page.get_by_label("Present password").fill(old)
    page.get_by_label("New password").fill(new)
    page.get_by_label("The same again").fill(new)
    page.get_by_role("button", name="Change the password").click()


@often.on_sqlite_first
def test_the_profile_is_reached_by_the_own_name_and_can_be_read_by_everybody(
    visit: Visit, new_user: Callable[[str], None]
) -> None:
    new_user("reader")
    page = visit("/", name="reader")

    page.get_by_role("link", name="Reader · Head teacher").click()

    steps.expect_page(page, "Your profile")
    expect(page.get_by_text("This device")).to_be_visible()
    steps.accessible(page)


@often.on_sqlite_first
def test_a_changed_password_signs_the_other_browser_out_and_opens_the_door(
    visit: Visit, site: Site, browser: Browser, new_user: Callable[[str], None]
) -> None:
    new_user("changer")
    other = browser.new_context()
    elsewhere = other.new_page()
    elsewhere.goto(site.url)
    steps.sign_in(elsewhere, "changer")
    steps.expect_page(elsewhere, "Today")
    page = visit("/profile", name="changer")

    change_password(page, "not this one at all", NEW)
    expect(page.get_by_role("alert")).to_contain_text("This is not your password.")
    expect(page.get_by_label("New password")).to_have_value(NEW)
    change_password(page, people.PASSWORD, NEW)

    expect(page.get_by_text("Everywhere else you are signed out.")).to_be_visible(timeout=steps.PATIENCE_MS)
    expect(page.get_by_label("New password")).to_have_value("")
    steps.expect_sign_in(elsewhere)
    steps.sign_in(elsewhere, "changer", NEW)
    steps.expect_page(elsewhere, "Today")
    other.close()


def test_a_device_that_is_ended_here_shows_the_sign_in_there(
    visit: Visit, site: Site, browser: Browser, new_user: Callable[[str], None]
) -> None:
    new_user("ender")
    other = browser.new_context()
    elsewhere = other.new_page()
    elsewhere.goto(site.url)
    steps.sign_in(elsewhere, "ender")
    steps.expect_page(elsewhere, "Today")
    page = visit("/profile", name="ender")

    page.get_by_role("button", name="Sign out everywhere else").click()

    steps.expect_sign_in(elsewhere)
    expect(page.get_by_text("Signed out on 1 other device.")).to_be_visible(timeout=steps.PATIENCE_MS)
    other.close()


def test_the_theme_is_shown_on_every_page_at_once_and_goes_with_its_owner(
    visit: Visit, new_user: Callable[[str], None]
) -> None:
    new_user("owl")
    page = visit("/profile", name="owl")
    expect_theme(page, "light")

    choose_theme(page, "Dark")

    expect_theme(page, "dark")
    steps.accessible(page)
    other = visit("/students")
    assert shown_theme(other) == "dark", "a page opened anew needs no reload"
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect_theme(page, "light")
    expect_theme(other, "light")
    steps.cookie_dropped(page)
    steps.sign_in(page, "hope")
    expect(page.get_by_text("Hope · Head teacher")).to_be_visible(timeout=steps.PATIENCE_MS)
    assert shown_theme(page) == "light"
    assert "Dark" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_page_is_reloaded_once_for_its_theme_and_then_left_alone(
    visit: Visit, new_user: Callable[[str], None]
) -> None:
    new_user("moth")
    page = visit("/profile", name="moth")
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))

    choose_theme(page, "Dark")
    expect_theme(page, "dark")
    page.get_by_role("link", name="Students").click()
    steps.expect_page(page, "Students")
    page.get_by_role("link", name="Dashboard").click()
    steps.expect_page(page, "Dashboard")

    assert len(loads) == 1
    assert shown_theme(page) == "dark"


@pytest.mark.parametrize(
    "broken",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no') }})",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }",
        "Storage.prototype.setItem = () => {}",
    ],
    ids=["refused", "full", "forgetful"],
)
def test_a_browser_that_keeps_nothing_shows_its_own_theme_and_does_not_reload_for_ever(
    visit: Visit, new_user: Callable[[str], None], broken: str, request: pytest.FixtureRequest
) -> None:
    name = f"keepless_{len(broken)}"
    new_user(name)
    page = visit("/", name=name)
    page.add_init_script(broken)
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.goto(page.url.split("?")[0].replace("/today", "/profile"))
    steps.expect_page(page, "Your profile")

    choose_theme(page, "Dark")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked(timeout=steps.PATIENCE_MS)
    page.get_by_role("link", name="Students").click()

    steps.expect_page(page, "Students")
    assert len(loads) <= 2
    assert shown_theme(page) == "light"


def test_numbers_are_written_as_chosen(visit: Visit, new_user: Callable[[str], None]) -> None:
    new_user("writer")
    page = visit("/profile", name="writer")

    page.get_by_role("combobox", name="Numbers and dates as in").click()
    page.get_by_role("combobox", name="Numbers and dates as in").fill("Deutsch")
    page.get_by_role("option", name="Deutsch (Deutschland)").click()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept:")).to_be_visible(timeout=steps.PATIENCE_MS)
    page.get_by_role("link", name="Today").click()

    expect(page.get_by_text(re.compile(r"\d\d\.\d\d\.\d{4}"))).to_be_visible(timeout=steps.PATIENCE_MS)
