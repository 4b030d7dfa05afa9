"""Empty books ask a few questions once, and whoever answers is the first administrator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from school.access.models import User, UserRole
from school.audit.models import AuditEvent
from school.ledger.models import Account
from school.students import queries
from tests import databases, make
from tests.interruptions import often
from tests.journeys import steps
from tests.serving import Site, serving

PASSWORD = "seven quiet otters swim"


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        databases.fresh(getattr(request, "param", "sqlite")) as database,
        serving(database, tmp_path_factory.mktemp("empty")) as site,
    ):
        yield site


@pytest.fixture
def first(empty: Site, page: Page) -> Page:
    page.goto(empty.url)
    expect(page.get_by_role("heading", name="Open the books")).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.settled(page)
    return page


def answer(page: Page, *, password: str = PASSWORD, again: str | None = None) -> None:
    page.get_by_label("Name of the school").fill("Hillside School")
    page.get_by_label("Your name").fill("Wanjiku Kamau")
    page.get_by_label("User name").fill("Wanjiku")
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("textbox", name="The same again").fill(again or password)
    page.get_by_role("textbox", name="The same again").press("Tab")
    steps.settled(page)
    page.get_by_role("button", name="Open the books").click()


@pytest.mark.parametrize("empty", [often.POSTGRESQL], indirect=True)  # the others are on SQLite
def test_the_answers_become_the_school_its_year_and_its_administrator(first: Page, empty: Site) -> None:
    answer(first)

    steps.expect_page(first, "The books of Hillside School are open")
    steps.cookie_set(first)
    with empty.database.reading() as session:
        school = queries.school(session)
        terms = [(t.name, t.year_name) for t in queries.terms(session)]
        users = session.execute(select(User.name, User.full_name, UserRole.role).join(UserRole)).all()
        accounts = session.scalar(select(func.count()).select_from(Account))
        actors = set(session.scalars(select(AuditEvent.actor)))
    assert (school.name, school.currency.code, school.time_zone) == (
        "Hillside School",
        "KES",
        "Africa/Nairobi",
    )
    assert [name for name, _ in terms] == ["Term 1", "Term 2", "Term 3"]
    assert [tuple(user) for user in users] == [("wanjiku", "Wanjiku Kamau", "administrator")]
    assert accounts
    assert actors == {"first start"}
    first.get_by_role("button", name="Not now").click()
    steps.expect_page(first, "Today")


def test_a_deep_link_asks_the_same_and_an_answer_of_no_use_is_said_beside_it_and_nothing_is_written(
    empty: Site, page: Page
) -> None:
    first = page
    first.goto(f"{empty.url}/students")
    expect(first.get_by_role("heading", name="Open the books")).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.settled(first)
    answer(first, again="seven quiet otters swam")
    expect(first.get_by_role("alert").filter(has_text="not the same")).to_be_visible(
        timeout=steps.PATIENCE_MS
    )
    answer(first, password="hillside school")
    expect(first.get_by_role("alert").filter(has_text="easy to guess")).to_be_visible(
        timeout=steps.PATIENCE_MS
    )
    expect(first.get_by_label("Name of the school")).to_have_value("Hillside School")

    first.get_by_label("Name of the school").fill("")
    first.get_by_label("Name of the school").press("Tab")
    steps.settled(first)
    first.get_by_role("button", name="Open the books").click()
    expect(first.get_by_role("alert").filter(has_text="Type the name of the school.")).to_be_visible(
        timeout=steps.PATIENCE_MS
    )

    with empty.database.reading() as session:
        assert not queries.has_school(session)
        assert not session.scalar(select(func.count()).select_from(User))


def test_who_comes_second_is_asked_to_sign_in(first: Page, empty: Site, browser: Browser) -> None:
    second = browser.new_page()
    second.goto(empty.url)
    steps.settled(second)
    answer(first)
    steps.expect_page(first, "The books of")

    second.get_by_label("Name of the school").fill("Another School")
    second.get_by_label("Name of the school").press("Tab")

    steps.expect_sign_in(second)
    second.close()


def test_a_school_that_was_made_by_the_command_line_asks_only_for_the_administrator(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with databases.fresh("sqlite") as database:
        with database.writing() as session:
            make.school(session)
        with serving(database, tmp_path_factory.mktemp("half")) as site:
            page.goto(site.url)
            expect(page.get_by_label("User name")).to_be_visible(timeout=steps.PATIENCE_MS)
            steps.settled(page)
            expect(page.get_by_label("Name of the school")).to_have_count(0)
            page.get_by_label("User name").fill("Wanjiku")
            page.get_by_role("textbox", name="Password").fill(PASSWORD)
            page.get_by_role("textbox", name="The same again").fill(PASSWORD)
            page.get_by_role("textbox", name="The same again").press("Tab")
            steps.settled(page)
            page.get_by_role("button", name="Open the books").click()

            steps.expect_page(page, "The books of Hill School are open")


def test_a_demo_school_is_loaded_and_its_sign_ins_are_shown_once(first: Page, empty: Site) -> None:
    first.get_by_role("button", name="Load a demo school").click()

    expect(first.get_by_role("heading", name="The demo school is ready")).to_be_visible(timeout=120_000)
    row = first.locator("tr").filter(has_text="Finance").first
    expect(row).to_be_visible()
    cells = row.locator("td").all_inner_texts()
    first.get_by_role("button", name="Go to the sign-in").click()
    steps.sign_in(first, cells[-2], cells[-1])
    steps.expect_page(first, "Today")
