"""A second factor in a real browser: set up, asked for, one sign-in a code, and locked against guessing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from school import clock
from school.access import second_factors
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import COMMAND_LINE, HEAD
from tests import people
from tests.interruptions import often
from tests.journeys import steps
from tests.serving import Site

Visit = Callable[..., Page]


def enrolled(site: Site, name: str, role: str = HEAD) -> tuple[str, tuple[str, ...]]:
    """A user of this test's own whose factor was confirmed an hour ago; the secret and the recovery codes."""
    before = clock.now() - timedelta(hours=1)
    with clock.set_to(before), site.database.writing() as session:
        actor = people.signed_in(session, people.user(session, role, name=name))
        secret = second_factors.begin_enrolment(session, actor=actor, issuer="Hill School").secret
        return secret, second_factors.confirm(session, actor=actor, code=pyotp.TOTP(secret).at(before))


def code(secret: str, *, steps_later: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now() + steps_later * timedelta(seconds=30))


def sign_ins(site: Site, name: str) -> int:
    """How many sign-ins this user has that anybody could be using."""
    with site.database.reading() as session:
        mine = select(func.count()).select_from(SignIn).join(User)
        return session.scalar(mine.where(User.name == name, SignIn.token_hash.is_not(None))) or 0


def attempts(site: Site, name: str) -> int:
    with site.database.reading() as session:
        mine = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.name == name)
        return session.scalar(mine) or 0


def first_step(page: Page, name: str) -> None:
    steps.sign_in(page, name)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible(timeout=steps.PATIENCE_MS)


def show(page: Page, typed: str) -> None:
    field = page.get_by_role("textbox", name="Code")
    field.fill(typed)
    field.press("Enter")


def expect_refused(page: Page) -> None:
    expect(page.get_by_role("alert")).to_contain_text(second_factors.WRONG, timeout=steps.PATIENCE_MS)


@often.on_sqlite_first
def test_a_person_sets_it_up_signs_out_and_comes_back_with_a_code(visit: Visit, site: Site) -> None:
    with site.database.writing() as session:
        people.user(session, HEAD, name="setter")
    page = visit("/profile", name="setter")
    form = page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name="Set up a second factor"))
    form.get_by_role("textbox", name="Password").fill(people.PASSWORD)
    form.get_by_role("textbox", name="Password").press("Enter")
    picture = page.get_by_role("img", name="QR code for your authenticator app")
    expect(picture).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.accessible(page)
    secret = page.get_by_test_id("stCode").inner_text().replace(" ", "").strip()
    show(page, code(secret))
    steps.expect_page(page, "Keep these recovery codes")
    steps.accessible(page)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as a file").click()
    saved = saving.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="I have kept them").click()
    steps.expect_page(page, "Your profile")
    expect(page.get_by_text("10 recovery codes left.")).to_be_visible()
    steps.accessible(page)

    page.get_by_role("button", name="Sign out", exact=True).click()
    steps.expect_sign_in(page)
    first_step(page, "setter")
    steps.accessible(page)
    show(page, code(secret, steps_later=1))

    steps.expect_page(page, "Your profile")
    assert len([line for line in saved.splitlines() if line.count("-") == 5]) == 10
    assert saved.startswith("Hill School")


@often.on_sqlite_first
def test_a_code_and_a_recovery_code_open_it_once(visit: Visit, site: Site) -> None:
    secret, recovery = enrolled(site, "once")
    page = visit("/students")
    first_step(page, "once")
    now = code(secret)
    show(page, now)
    steps.expect_page(page, "Students")
    steps.cookie_set(page)

    steps.sign_out(page)
    steps.expect_sign_in(page)
    first_step(page, "once")
    show(page, now)
    expect_refused(page)
    assert sign_ins(site, "once") == 1
    show(page, recovery[0].lower().replace("-", " "))
    steps.expect_page(page, "Students")
    steps.sign_out(page)
    steps.expect_sign_in(page)
    first_step(page, "once")
    show(page, recovery[0])

    expect_refused(page)


def test_the_cursor_waits_in_the_field_and_password_managers_know_it(visit: Visit, site: Site) -> None:
    secret, _ = enrolled(site, "typist")
    page = visit("/")
    first_step(page, "typist")
    field = page.get_by_role("textbox", name="Code")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("autocomplete", "one-time-code")

    page.keyboard.type(code(secret))
    page.keyboard.press("Enter")

    steps.expect_page(page, "Today")


def test_wrong_codes_lock_the_door_for_the_right_one_too(visit: Visit, site: Site) -> None:
    secret, _ = enrolled(site, "guessed")
    page = visit("/")
    first_step(page, "guessed")
    before = attempts(site, "guessed")

    for n in range(1, 5):
        show(page, f"00000{n}" if code(secret) != f"00000{n}" else "999999")
        steps.until(page, lambda so_far=before + n: attempts(site, "guessed") == so_far)
    show(page, code(secret))

    expect(page.get_by_role("alert")).to_contain_text("Too many attempts", timeout=steps.PATIENCE_MS)
    assert sign_ins(site, "guessed") == 0


@often.on_sqlite_first
def test_a_reload_between_the_steps_begins_again_and_opens_nothing(visit: Visit, site: Site) -> None:
    enrolled(site, "reloader")
    page = visit("/students")
    first_step(page, "reloader")

    page.reload()

    steps.expect_sign_in(page)
    assert sign_ins(site, "reloader") == 0
    assert page.url.split("?")[0] == f"{site.url}/students"


def test_enter_pressed_thrice_is_one_sign_in(visit: Visit, site: Site) -> None:
    secret, _ = enrolled(site, "hasty")
    page = visit("/")
    first_step(page, "hasty")
    field = page.get_by_role("textbox", name="Code")
    field.fill(code(secret))

    for _ in range(3):
        page.keyboard.press("Enter")

    steps.expect_page(page, "Today")
    steps.cookie_set(page)
    assert sign_ins(site, "hasty") == 1


def test_another_person_begins_in_the_same_tab_with_nothing_of_the_first(visit: Visit, site: Site) -> None:
    secret, _ = enrolled(site, "first_one")
    page = visit("/")
    first_step(page, "first_one")

    page.get_by_role("button", name="Start again").click()
    steps.expect_sign_in(page)
    expect(page.get_by_label("User name")).to_have_value("")
    steps.sign_in(page, "hope")

    steps.expect_page(page, "Today")
    expect(page.get_by_text("Hope · Head teacher")).to_be_visible()
    assert second_factors.WRONG not in page.content()
    assert secret not in page.content()


@pytest.mark.parametrize("path", often.first(["/today", "/students"]))
def test_whose_role_asks_for_it_sets_it_up_before_anything_is_shown(
    visit: Visit, site: Site, path: str
) -> None:
    with site.database.writing() as session:
        people.user(session, "administrator", name=f"new{path[1:]}")
        second_factors.require_for(session, actor=COMMAND_LINE, roles=["administrator"])
    page = visit(path)
    steps.sign_in(page, f"new{path[1:]}")

    steps.expect_page(page, "Set up your second factor")
    steps.accessible(page)
    secret = page.get_by_test_id("stCode").inner_text().replace(" ", "").strip()
    page.reload()
    steps.expect_page(page, "Set up your second factor")
    expect(page.get_by_test_id("stCode")).to_have_text(" ".join(secret[n : n + 4] for n in range(0, 32, 4)))
    show(page, code(secret))
    steps.expect_page(page, "Keep these recovery codes")
    page.get_by_role("button", name="I have kept them").click()

    steps.expect_page(page, path[1:].title())


def test_requiring_it_reaches_those_who_are_signed_in(visit: Visit, site: Site) -> None:
    with site.database.writing() as session:
        people.user(session, "finance", name="at_work")
    page = visit("/today", name="at_work")
    steps.expect_page(page, "Today")

    with site.database.writing() as session:
        before = second_factors.required_roles(session)
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[*before, "finance"])
    page.get_by_role("link", name="Payments").click()

    steps.expect_page(page, "Set up your second factor")
    with site.database.writing() as session:
        second_factors.require_for(session, actor=COMMAND_LINE, roles=before)
