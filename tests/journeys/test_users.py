"""From an invitation to a sign-in and its end, in two browsers: nobody but the person knows the password."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import func, select

from school.access import invitations, listing, service
from school.access.models import Invitation, SignInAttempt, User
from school.access.rules import COMMAND_LINE, FINANCE, HEAD
from tests import people
from tests.interruptions import often
from tests.journeys import steps
from tests.serving import Site

Visit = Callable[..., Page]
FIRST, SECOND = "seven quiet otters swim", "eleven loud herons fly"


@pytest.fixture
def stranger(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser nobody has signed in from."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    yield context
    context.close()


def seen(found: Locator) -> None:
    expect(found).to_be_visible(timeout=steps.PATIENCE_MS)


def gone(found: Locator) -> None:
    expect(found).to_have_count(0, timeout=steps.PATIENCE_MS)


def invite(page: Page, full_name: str, name: str, role: str = "Finance") -> str:
    """Fills in the dialog and presses; the link that is shown."""
    page.get_by_role("button", name="Invite a user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(full_name)
    dialog.get_by_label("User name").fill(name)
    dialog.get_by_role("button", name=role).click()
    dialog.get_by_role("button", name="Make the code").click()
    seen(page.get_by_text("is invited."))
    return link(page)


def link(page: Page) -> str:
    shown = page.get_by_test_id("stCode").filter(has_text="?code=")
    seen(shown)
    return str(shown.inner_text().strip())


def choose(page: Page, password: str, again: str | None = None) -> None:
    page.get_by_role("textbox", name="New password").fill(password)
    page.get_by_role("textbox", name="The same again").fill(again or password)
    page.get_by_role("button", name="Keep it and sign in").click()


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    steps.settled(page)
    return page


def new_user(site: Site, name: str, role: str = FINANCE) -> int:
    with site.database.writing() as session:
        return people.user(session, role, name=name)


def made(site: Site, name: str) -> str:
    """A code for a user of this test's own."""
    asked = {"name": name, "full_name": name.title(), "email": "", "roles": [FINANCE]}
    with site.database.writing() as session:
        return invitations.invite(session, actor=COMMAND_LINE, **asked).code  # type: ignore[arg-type]


@often.on_sqlite_first
def test_an_invited_person_comes_in_is_seen_is_ended_and_chooses_anew(
    visit: Visit, stranger: BrowserContext, site: Site
) -> None:
    boss = visit("/users", name="ada")
    steps.expect_page(boss, "Users")
    address = invite(boss, "Bea Bell", "bea")
    assert address.startswith(f"{site.url}/?code=")

    bea = opened(stranger, address)
    seen(bea.get_by_role("heading", name="Welcome, Bea Bell"))
    steps.accessible(bea)
    choose(bea, "password12")
    seen(bea.get_by_text("easy to guess"))
    choose(bea, FIRST)
    steps.expect_page(bea, "Today")
    assert "code=" not in bea.url
    steps.cookie_set(bea)

    boss.reload()
    seen(boss.get_by_text(re.compile("Chrome.* on Linux")))
    gone(boss.get_by_text("?code="))
    boss.get_by_role("button", name="End", exact=True).click()
    boss.get_by_role("button", name="End it").click()
    steps.expect_sign_in(bea)
    seen(boss.get_by_text("Not signed in anywhere at this moment."))

    boss.get_by_role("button", name="Reset the password").click()
    boss.get_by_role("dialog").get_by_role("button", name="Reset the password").click()
    again = link(boss)
    steps.sign_in(bea, "bea", FIRST)
    seen(bea.get_by_text("is not right"))
    bea.goto(address)
    seen(bea.get_by_text("does not open anything"))
    bea.goto(again)
    seen(bea.get_by_role("heading", name="A new password for Bea Bell"))
    choose(bea, SECOND)
    steps.expect_page(bea, "Today")


@pytest.mark.parametrize(
    "address", often.first(["/users", "/users?do=invite", "/users?users.view=Failed+attempts"], 2)
)
def test_the_lists_and_dialogs_stand_before_a_screen_reader(visit: Visit, address: str) -> None:
    page = visit(address, name="ada")

    steps.accessible(page)


def test_one_user_stands_before_a_screen_reader(visit: Visit, site: Site) -> None:
    user_id = new_user(site, "accessible")

    for view in ("Sign-ins", "History", "Failed attempts"):
        steps.accessible(visit(f"/users?user={user_id}&users.of={view}", name="ada"))


def test_the_second_factor_of_roles_stands_before_a_screen_reader(visit: Visit) -> None:
    steps.accessible(visit("/users?users.view=Second+factor", name="ada"))


def test_pressed_twice_an_invitation_is_one_user_and_one_code(visit: Visit, site: Site) -> None:
    page = visit("/users?do=invite", name="ada")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Twice Told")
    dialog.get_by_label("User name").fill("twice")
    dialog.get_by_role("button", name="Finance").click()

    dialog.get_by_role("button", name="Make the code").dblclick()

    code = link(page).partition("?code=")[2]
    steps.expect_page(page, "Twice Told")
    with site.database.reading() as session:
        of_user = select(func.count()).select_from(Invitation).join(User).where(User.name == "twice")
        assert session.scalar(of_user) == 1
        assert invitations.facts(session, code) is not None


def test_a_password_kept_by_two_presses_is_kept_once_and_comes_in(
    stranger: BrowserContext, site: Site
) -> None:
    page = opened(stranger, f"{site.url}/?code={made(site, 'presser')}")
    page.get_by_role("textbox", name="New password").fill(FIRST)
    page.get_by_role("textbox", name="The same again").fill(FIRST)

    page.get_by_role("button", name="Keep it and sign in").dblclick()

    steps.expect_page(page, "Today")
    steps.cookie_set(page)
    page.reload()
    steps.expect_page(page, "Today")
    with site.database.reading() as session:
        user_id = session.scalars(select(User.id).where(User.name == "presser")).one()
        assert len(listing.sign_ins_of(session, user_id)) == 1


def test_a_code_is_typed_by_hand_in_any_way(stranger: BrowserContext, site: Site) -> None:
    code = made(site, "typist")
    page = opened(stranger, site.url)

    page.get_by_role("button", name="I have an invitation code").click()
    page.get_by_label("Code").fill(f" {code.lower().replace('-', ' ')}")
    page.get_by_label("Code").press("Enter")

    seen(page.get_by_role("heading", name="Welcome, Typist"))
    page.reload()
    seen(page.get_by_role("heading", name="Welcome, Typist"))


def test_a_code_used_in_two_browsers_at_once_opens_one(
    browser: Browser, stranger: BrowserContext, site: Site
) -> None:
    address = f"{site.url}/?code={made(site, 'pair')}"
    other = browser.new_context()
    first, second = opened(stranger, address), opened(other, address)

    choose(first, FIRST)
    steps.expect_page(first, "Today")
    choose(second, SECOND)

    seen(second.get_by_text("does not open anything").first)
    steps.expect_page(first, "Today")
    other.close()


def test_a_guess_is_a_counted_attempt_and_counts_once(stranger: BrowserContext, site: Site) -> None:
    guess = "0123-4567-89AB-CDEF"

    page = opened(stranger, f"{site.url}/?code={guess}")
    seen(page.get_by_text("does not open anything"))
    steps.accessible(page)
    page.get_by_role("button", name="Sign in instead").click()

    steps.expect_sign_in(page)
    assert "code=" not in page.url
    with site.database.reading() as session:
        counted = SignInAttempt.name == invitations.guess_name(guess)
        assert session.scalar(select(func.count()).select_from(SignInAttempt).where(counted)) == 1


def test_a_code_opened_where_somebody_is_signed_in_says_so_and_offers_to_sign_out(
    visit: Visit, site: Site
) -> None:
    page = visit(f"/?code={made(site, 'colleague')}", name="finn")

    seen(page.get_by_text("You are signed in as Finn. This code is for Colleague."))
    steps.accessible(page)
    page.get_by_role("button", name="Sign out and use the code").click()

    seen(page.get_by_role("heading", name="Welcome, Colleague"))
    choose(page, FIRST)
    steps.expect_page(page, "Today")
    seen(page.get_by_text("Colleague · Finance"))


@often.on_sqlite_first
def test_a_demoted_persons_menu_changes_at_the_next_click(
    visit: Visit, stranger: BrowserContext, site: Site
) -> None:
    user_id = new_user(site, "mover")
    page = visit("/", name="mover")
    payments = page.get_by_role("link", name="Payments")
    seen(payments)

    with site.database.writing() as session:
        service.change_roles(session, actor=COMMAND_LINE, user_id=user_id, roles=[HEAD])
    page.get_by_role("link", name="Students").click()

    gone(payments)
    steps.expect_page(page, "Students")
