"""End to end: a school comes in, a payment is taken, and the head teacher finds its receipt."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from school.checks.ledger import verify
from school.settings import ROOT
from tests import databases
from tests.interruptions import often
from tests.journeys import steps
from tests.serving import Site, serving

REGISTER = Path(__file__).parents[1] / "intake" / "examples" / "riverside_register.csv"
PASSWORD = "seven quiet otters swim"
GIVEN = "told across the counter"


@pytest.fixture(params=often.ENGINES)
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a database that holds nothing yet."""
    with (
        databases.fresh(request.param) as database,
        serving(database, tmp_path_factory.mktemp("fresh")) as site,
    ):
        yield site


def add_user(site: Site, name: str, role: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "school", "user", "add", name, "--role", role, "--password-stdin"],
        input=GIVEN.encode(),
        cwd=ROOT,
        env={**os.environ, "SCHOOL_DATABASE_URL": databases.url_text(site.database)},
        check=True,
        capture_output=True,
    )


def go(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
    steps.expect_page(page, title)
    steps.settled(page)


def cell(page: Page, content: str) -> Locator:
    return page.locator('[role="gridcell"]', has_text=content)


def test_a_school_comes_in_pays_and_is_seen_by_its_head(fresh: Site, page: Page) -> None:
    open_the_books(page, fresh)
    import_the_register(page)
    add_user(fresh, "amina", "finance")
    add_user(fresh, "grace", "head")

    change_user(page, "amina")
    take_a_payment(page)
    change_user(page, "grace")
    drill_down_to_the_receipt(page)

    with fresh.database.reading() as session:
        assert verify(session) == []
        owed = session.scalar(
            text(
                "SELECT balance FROM student_balance JOIN student ON id = student_id"
                " WHERE admission_no = '1100008'"
            )
        )
    assert owed == 200_000
    assert "Traceback" not in fresh.log
    nobody_is_named(fresh, {str(cookie.get("value")) for cookie in page.context.cookies()})


def nobody_is_named(site: Site, tokens: set[str]) -> None:
    """The log has what was recorded and by whom, as ids and minor units, and nothing personal."""
    lines = [json.loads(line) for line in site.log.splitlines() if line.startswith("{")]
    (paid,) = [line for line in lines if line["message"] == "payment recorded"]
    assert (paid["document"], paid["minor"], list(paid["balances"].values())) == (
        "R-000001",
        -72_171,
        [200_000],
    )
    assert {"at", "level", "logger", "page", "session", "user_id", "sign_in", "request_id"} <= set(paid)
    assert [line["message"] for line in lines].count("signed in") == 3
    for word in {PASSWORD, GIVEN, "wanjiku", "kamau", "amina", "grace", "sally", "barber", "@", *tokens}:
        assert word.lower() not in site.log.lower(), word


def open_the_books(page: Page, site: Site) -> None:
    page.goto(site.url)
    expect(page.get_by_role("heading", name="Open the books")).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.accessible(page)
    page.get_by_label("Name of the school").fill("Riverside School")
    page.get_by_label("Your name").fill("Wanjiku Kamau")
    page.get_by_label("User name").fill("wanjiku")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("textbox", name="The same again").fill(PASSWORD)
    page.get_by_role("textbox", name="The same again").press("Tab")
    steps.settled(page)
    page.get_by_role("button", name="Open the books").click()
    steps.expect_page(page, "The books of Riverside School are open")
    steps.cookie_set(page)
    steps.accessible(page)


def import_the_register(page: Page) -> None:
    page.get_by_role("button", name="Import students").click()
    steps.expect_page(page, "Imports")
    page.locator("input[type=file]").set_input_files(REGISTER)
    page.get_by_role("button", name="Import 620 students").click(timeout=steps.PATIENCE_MS)
    expect(page.get_by_text("620 new students")).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.accessible(page)


def change_user(page: Page, name: str) -> None:
    steps.sign_out(page)
    steps.expect_sign_in(page)
    steps.accessible(page)
    steps.sign_in(page, name, GIVEN)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Keep it").click()
    steps.expect_page(page, "Today")
    steps.accessible(page)


def take_a_payment(page: Page) -> None:
    go(page, "Payments")
    search = page.get_by_role("searchbox", name="Student").or_(page.get_by_label("Student", exact=True)).first
    search.fill("barber sally")
    expect(page.get_by_text("1100008").first).to_be_visible(timeout=steps.PATIENCE_MS)
    search.press("Enter")
    amount = page.get_by_label(re.compile("^Amount"))
    expect(amount).to_be_focused(timeout=steps.PATIENCE_MS)
    steps.accessible(page)
    amount.fill("721.71")
    amount.press("Tab")
    page.get_by_text("Cash", exact=True).first.click()
    expect(page.get_by_role("radio", name="Cash")).to_be_checked(timeout=steps.PATIENCE_MS)
    steps.settled(page)
    page.get_by_role("button", name=re.compile("Record payment")).dblclick()
    expect(page.get_by_text("R-000001").first).to_be_visible(timeout=steps.PATIENCE_MS)
    expect(page.get_by_text("owes 2,000.00").first).to_be_visible()
    steps.accessible(page)
    page.reload()
    expect(page.get_by_text("R-000001").first).to_be_visible(timeout=steps.PATIENCE_MS)


def drill_down_to_the_receipt(page: Page) -> None:
    go(page, "Students")
    steps.accessible(page)
    go(page, "Dashboard")
    expect(page.get_by_text("721.71").first).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.accessible(page)
    page.get_by_role("link", name="See the payments").click()
    steps.expect_page(page, "Entries")
    expect(cell(page, "R-000001")).to_be_attached(timeout=steps.PATIENCE_MS)
    steps.accessible(page)
    grid = page.get_by_test_id("data-grid-canvas").bounding_box()
    assert grid is not None
    page.mouse.click(grid["x"] + 70, grid["y"] + 52)  # the first row's first cell
    expect(page).to_have_url(re.compile(r"/entry\?entry="), timeout=steps.PATIENCE_MS)
    expect(page.get_by_text("R-000001").first).to_be_visible(timeout=steps.PATIENCE_MS)
    steps.accessible(page)
