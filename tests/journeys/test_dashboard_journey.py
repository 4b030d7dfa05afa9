"""In a browser: a bar is explained down to its entry; a file is brought in once, whatever interrupts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import func, select

from school.checks.ledger import verify
from school.db import Database
from school.students.models import Student
from tests import make
from tests.interruptions import often
from tests.journeys import steps
from tests.journeys.conftest import sign_in
from tests.serving import Site

Visit = Callable[..., Page]
DASHBOARD = "/dashboard?dashboard.term=Term+1+2026"
FILE = (
    b"Admission No,Name,Class,Balance\nJ1,Ann Lee,Form 1,120.50\nJ2,Ben Ray,Form 2,-20.00\nJ3,,Form 2,1.00\n"
)


@pytest.fixture(scope="module", autouse=True)
def term(books: Database) -> None:
    """Of the first term of 2026: Ann owes 600.00 of 1,000.00 and paid 400.00 in cash; Ben owes 800.00."""
    with books.writing() as session:
        ann = make.student(session, "Ann", class_name="Form 1")
        ben = make.student(session, "Ben", class_name="Form 2")
        make.bill(session, ann, (100_000, date(2026, 1, 30)), on=date(2026, 1, 12))
        make.bill(session, ben, (80_000, date(2026, 1, 30)), on=date(2026, 1, 12))
        make.pay(session, ann, 40_000, on=date(2026, 2, 6))


def card(page: Page, title: str) -> Locator:
    return page.get_by_test_id("stVerticalBlock").filter(has=page.get_by_role("heading", name=title)).last


def chart(page: Page, title: str) -> Locator:
    """The chart under this heading, once it is drawn."""
    drawn = card(page, title).get_by_test_id("stVegaLiteChart")
    expect(drawn.locator("svg")).to_be_visible(timeout=steps.PATIENCE_MS)
    return drawn


def cell(page: Page, text: str) -> Locator:
    """A cell as a screen reader finds it: within the canvas that draws the table."""
    return page.locator('[role="gridcell"]', has_text=text)


def bar(page: Page, title: str, said: str) -> Locator:
    """The bar of the chart of which this is said."""
    return chart(page, title).locator(f'svg [aria-label^="{said}"]').first


@pytest.mark.parametrize(
    ("title", "said", "target", "total"),
    often.first(
        [
            ("Collected by class", "Form 1: 40%", "Entries", "USD 600.00"),
            ("Collected by tender", "Cash: 400.00", "Entries", "USD 400.00"),
            ("Billed by fee head", "Tuition: 1,800.00", "Entries", "USD 1,800.00"),
            ("How old the debt is", "Over 90 days: 1,400.00", "Open charges", "USD 1,400.00"),
        ]
    ),
)
def test_a_click_on_a_bar_opens_the_rows_that_add_up_to_it(
    visit: Visit, title: str, said: str, target: str, total: str
) -> None:
    page = visit(DASHBOARD, name="hope")

    bar(page, title, said).click()

    steps.expect_page(page, target)
    expect(page.get_by_test_id("stMetricValue")).to_have_text(total, timeout=steps.PATIENCE_MS)


def test_a_figure_is_explained_down_to_its_entry(visit: Visit) -> None:
    page = visit(DASHBOARD, name="hope")

    page.get_by_role("link", name="See the payments").click()
    steps.expect_page(page, "Entries")
    expect(cell(page, "R-000001")).to_be_attached(timeout=steps.PATIENCE_MS)
    page.get_by_test_id("data-grid-canvas").click(position={"x": 70, "y": 52}, force=True)

    expect(page).to_have_url(re.compile(r"/entry\?entry="), timeout=steps.PATIENCE_MS)
    expect(page.get_by_text("R-000001").first).to_be_visible(timeout=steps.PATIENCE_MS)


def test_the_keyboard_alone_opens_a_row(visit: Visit) -> None:
    page = visit(f"{DASHBOARD}&dashboard.tables=true", name="hope")
    grid = card(page, "How old the debt is").get_by_test_id("data-grid-canvas")
    grid.scroll_into_view_if_needed()
    expect(cell(page, "Not overdue")).to_be_attached(timeout=steps.PATIENCE_MS)

    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")

    steps.expect_page(page, "Open charges")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize(
    ("name", "path"), often.first([("hope", DASHBOARD), ("ada", "/imports"), ("hope", "/open_charges")], 2)
)
def test_the_page_fits_its_screen_and_axe_finds_nothing(
    site: Site, browser: Browser, name: str, path: str, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB"
    )
    sign_in(site, context, name)
    page = context.new_page()
    page.goto(site.url + path)
    steps.settled(page)
    if path == DASHBOARD:
        chart(page, "Collected by class")

    wide = page.evaluate("document.scrollingElement.scrollWidth")
    steps.accessible(page)
    context.close()

    assert wide <= width


def test_a_file_is_imported_once_however_often_one_clicks_and_a_reload_still_says_so(
    visit: Visit, books: Database
) -> None:
    page = visit("/imports", name="ada")
    page.locator("input[type=file]").set_input_files(
        {"name": "small.csv", "mimeType": "text/csv", "buffer": FILE}
    )
    expect(page.get_by_text("The student's name is missing.")).to_be_attached(timeout=steps.PATIENCE_MS)

    page.get_by_role("button", name="Import 2 students").dblclick()
    expect(page.get_by_text("2 new students")).to_be_visible(timeout=steps.PATIENCE_MS)
    page.reload()

    expect(page.get_by_text("2 new students")).to_be_visible(timeout=steps.PATIENCE_MS)
    expect(page.get_by_text("choose the file again to see them")).to_be_visible()
    with books.reading() as session:
        imported = select(func.count()).select_from(Student).where(Student.admission_no.in_(["J1", "J2"]))
        assert session.scalar(imported) == 2


def test_a_file_that_is_no_table_is_refused_beside_the_uploader(visit: Visit, tmp_path: Path) -> None:
    page = visit("/imports", name="ada")

    page.locator("input[type=file]").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\0\0\0\0"}
    )

    refused = page.get_by_text("“photo.png” is a picture, not a table")
    expect(refused).to_be_visible(timeout=steps.PATIENCE_MS)
    expect(page.get_by_text("photo.png").first).to_be_visible()  # what was chosen is still there


def test_the_books_are_right_after_all_this(books: Database, context: BrowserContext) -> None:
    with books.reading() as session:
        assert [f for f in verify(session) if f.severity == "error"] == []
