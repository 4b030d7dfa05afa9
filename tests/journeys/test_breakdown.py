"""When something breaks the person reads one sentence, stays signed in, and goes on when it is mended."""

from __future__ import annotations

import json
import re
import resource
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as TooLate
from sqlalchemy import text

from school.checks.ledger import verify
from school.clock import now
from school.db import Database
from school.incidents import queries as incidents
from school.ledger import queries
from school.settings import ROOT
from tests import make
from tests.interruptions import often
from tests.journeys import steps
from tests.journeys.conftest import sign_in
from tests.journeys.steps import PATIENCE_MS
from tests.pages.test_away import away
from tests.serving import Site, spare_port
from tests.test_db_trouble import end_connections
from tests.test_read_only import standing_by

Visit = Callable[..., Page]
AWAY = "The books cannot be reached"
READ_ONLY = "can be read but not written"
POISON = """
import streamlit as _st
if "poison" in (_st.session_state.get("payments.reference") or ""):
    raise KeyError("what was typed")
"""


@pytest.fixture
def student(books: Database) -> Iterator[int]:
    """A student of this test's own, who owes 1,000.00; at the end the books are recomputed."""
    today = now().date()
    with books.writing() as session:
        student_id = make.student(session, f"Zuri {make.request_id().replace('-', ' ').title()}")
        make.bill(session, student_id, (100_000, today), on=today)
    yield student_id
    with books.reading() as session:
        assert verify(session) == []


def paid(books: Database, student_id: int) -> list[int]:
    with books.reading() as session:
        return [row.amount for row in queries.recent_receipts(session, student_id=student_id)]


def fill(page: Page, amount: str = "12.50", reference: str = "TRX-9") -> None:
    """The form as somebody is about to press Record, all of it known to the server."""
    page.get_by_label("Amount received").fill(amount)
    page.get_by_label("Reference").fill(reference)
    page.get_by_text("Cash", exact=True).first.click()
    expect(page.get_by_role("radio", name="Cash")).to_be_checked(timeout=PATIENCE_MS)
    steps.settled(page)


def expect_form(page: Page, amount: str = "12.50", reference: str = "TRX-9") -> None:
    expect(page.get_by_label("Amount received")).to_have_value(amount, timeout=PATIENCE_MS)
    expect(page.get_by_label("Reference")).to_have_value(reference, timeout=PATIENCE_MS)
    expect(page.get_by_role("radio", name="Cash")).to_be_checked(timeout=PATIENCE_MS)


def record(page: Page) -> None:
    page.get_by_role("button", name="Record payment").click()


def expect_receipt(page: Page) -> None:
    receipt = page.get_by_role("heading", name=re.compile(r"Receipt R-\d{6}"))
    expect(receipt).to_be_visible(timeout=PATIENCE_MS)


def readyz(site: Site) -> int:
    try:
        with urllib.request.urlopen(f"{site.url}/readyz", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def set_time_zone(site: Site, name: str) -> None:
    with site.database.writing() as session:
        session.execute(text("UPDATE school SET time_zone = :name"), {"name": name})


def test_a_bug_is_one_sentence_with_a_number_that_finds_the_line_in_the_log(visit: Visit, site: Site) -> None:
    page = visit("/", name="finn")
    steps.expect_page(page, "Today")
    set_time_zone(site, "Nowhere/At all")

    try:
        page.reload()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("incident", timeout=PATIENCE_MS)
        sentence = alert.inner_text()
        steps.accessible(page)
    finally:
        set_time_zone(site, "UTC")

    number = re.search(r"incident ([0-9A-F]{6})", sentence)
    assert number
    assert sum("Traceback" in line for line in site.log.splitlines()) == 1
    (line,) = [json.loads(line) for line in site.log.splitlines() if number[1] in line]
    assert "Traceback" in line["exc_info"]
    assert (line["page"], line["error"]) == ("/today", "ZoneInfoNotFoundError")
    assert line["user_id"]
    assert line["place"].startswith("school/")
    assert "Traceback" not in page.content()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_role("link", name="Open this page anew").click()
    steps.expect_page(page, "Today")


def test_a_server_that_is_gone_and_back_finds_the_person_still_there(visit: Visit, site: Site) -> None:
    page = visit("/", name="finn")
    steps.expect_page(page, "Today")

    site.stop()
    site.start()

    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Students").click()
    steps.expect_page(page, "Students")


@often.on_sqlite_first
def test_books_that_are_away_are_looked_for_and_the_form_comes_back_by_itself(
    visit: Visit, site: Site, books: Database, context: BrowserContext, student: int
) -> None:
    page = visit(f"/payments?student={student}", name="finn")
    fill(page)
    address = page.url

    with away(books):
        page.get_by_label("Paid by").fill("Somebody else")
        with suppress(TooLate):  # the page may have noticed by itself
            page.get_by_role("button", name="Record payment").click(timeout=5_000)
        expect(page.get_by_role("heading", name=AWAY)).to_be_visible(timeout=PATIENCE_MS)
        cold = visit("/students")
        expect(cold.get_by_role("heading", name=AWAY)).to_be_visible(timeout=PATIENCE_MS)
        steps.accessible(page)
        assert page.url == address
        assert readyz(site) == 503

    expect_form(page)
    steps.expect_page(cold, "Students")
    assert page.url == address
    assert readyz(site) == 200
    assert paid(books, student) == []
    record(page)
    expect_receipt(page)
    assert paid(books, student) == [1250]


@often.on_sqlite_first
def test_a_server_that_starts_without_its_books_opens_them_when_they_are_there(
    visit: Visit, site: Site, books: Database
) -> None:
    site.stop()
    with away(books):
        site.start()
        page = visit("/today")
        expect(page.get_by_role("heading", name=AWAY)).to_be_visible(timeout=PATIENCE_MS)

    steps.expect_sign_in(page)
    steps.sign_in(page)
    steps.expect_page(page, "Today")


@often.on_sqlite_first
def test_a_fragment_that_finds_the_books_away_says_so_and_goes_on(
    visit: Visit, books: Database, student: int
) -> None:
    page = visit("/today", name="finn")
    steps.expect_page(page, "Today")

    with away(books):
        page.get_by_label("Find a student").fill("Zuri")  # the field goes with the first answer
        expect(page.get_by_role("heading", name=AWAY)).to_be_visible(timeout=PATIENCE_MS)

    expect(page.get_by_role("heading", name=AWAY)).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.get_by_label("Find a student")).to_have_value("Zuri", timeout=PATIENCE_MS)


@often.on_sqlite_first
def test_somebody_who_signs_in_while_the_books_are_away_gets_in_when_they_are_back(
    visit: Visit, books: Database
) -> None:
    page = visit("/today")
    steps.expect_sign_in(page)

    with away(books):
        steps.sign_in(page)
        expect(page.get_by_text("cannot be reached").first).to_be_visible(timeout=PATIENCE_MS)
        steps.accessible(page)

    expect(page.get_by_label("User name")).to_have_value("finn", timeout=PATIENCE_MS)
    steps.sign_in(page)
    steps.expect_page(page, "Today")


@contextmanager
def taking_nothing(site: Site, student_id: int) -> Iterator[None]:
    """The running server can read its books and not write them: no file of its may grow, or a standby."""
    if not site.database.is_sqlite:
        with standing_by(site.database):
            end_connections(site.database)
            yield
        end_connections(site.database)  # those that began read only would stay so
        return
    log = Path(f"{site.database.path}-wal")
    while log.stat().st_size < site.log_path.stat().st_size + 2**16:  # what the server says must still fit
        with site.database.writing() as session:
            make.student(session, f"Nobody {make.request_id()}")
    assert site.process
    unlimited = resource.RLIM_INFINITY
    resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, unlimited))
    try:
        yield
    finally:
        resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


@often.on_sqlite_first
def test_books_that_take_nothing_are_read_by_everybody_and_keep_the_form_until_they_do_again(
    visit: Visit, site: Site, books: Database, browser: Browser, student: int
) -> None:
    page = visit(f"/payments?student={student}", name="finn")
    fill(page)
    others = browser.new_context()
    sign_in(site, others, "hope")

    with taking_nothing(site, student):
        record(page)
        expect(page.get_by_text(READ_ONLY)).to_have_count(2, timeout=PATIENCE_MS)  # for all, and for the form
        expect_form(page)
        steps.accessible(page)
        other = others.new_page()
        other.goto(f"{site.url}/students")
        expect(other.get_by_text(READ_ONLY)).to_be_visible(timeout=PATIENCE_MS)
        steps.expect_page(other, "Students")
        stranger = browser.new_context().new_page()
        stranger.goto(site.url)
        steps.sign_in(stranger)
        expect(stranger.get_by_text(READ_ONLY)).to_have_count(2, timeout=PATIENCE_MS)
        assert paid(books, student) == []

    expect(other.get_by_text(READ_ONLY)).to_have_count(0, timeout=PATIENCE_MS)
    expect(stranger.get_by_text(READ_ONLY)).to_have_count(0, timeout=PATIENCE_MS)
    expect_form(page)
    record(page)
    expect_receipt(page)
    assert paid(books, student) == [1250]
    stranger.context.close()
    others.close()


@pytest.fixture
def broken(books: Database, tmp_path: Path) -> Iterator[Site]:
    """A server whose payment page breaks after a certain word was recorded or typed."""
    root = tmp_path / "program"
    for name in ("school", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    shutil.copy(ROOT / "app.py", root)
    with (root / "pages" / "payments.py").open("a", encoding="utf-8") as page:
        page.write(POISON)
    site = Site(spare_port(), books, tmp_path / "server.log", {}, root=root)
    site.start()
    yield site
    site.stop()


def test_a_page_that_a_typed_value_broke_is_opened_anew_and_what_was_recorded_is_found(
    broken: Site, books: Database, context: BrowserContext, student: int
) -> None:
    sign_in(broken, context, "finn")
    page = context.new_page()
    page.goto(f"{broken.url}/payments?student={student}")
    fill(page)
    record(page)
    expect_receipt(page)
    page.get_by_role("button", name="New payment").click()
    expect(page.get_by_label("Amount received")).to_have_count(0, timeout=PATIENCE_MS)

    page.goto(f"{broken.url}/payments?student={student}")
    fill(page, reference="poison")
    expect(page.get_by_role("alert").filter(has_text="incident")).to_be_visible(timeout=PATIENCE_MS)
    steps.accessible(page)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    _open_anew_until_it_works(page)
    expect(page.get_by_text("R-0").first).to_be_attached(timeout=PATIENCE_MS)  # a canvas
    page.goto(f"{broken.url}/payments?student={student}")
    fill(page, amount="13.00")
    record(page)
    expect_receipt(page)
    assert sorted(paid(books, student)) == [1250, 1300]
    assert broken.process
    assert broken.process.poll() is None
    with books.reading() as session:
        noted = incidents.latest(session, 1)[0]
    assert noted.place.startswith("pages/payments.py:")
    assert noted.number in broken.log


def _open_anew_until_it_works(page: Page) -> None:
    """What was typed may come back once, lest a passing fault costs it; when it breaks again, it does not."""
    for _ in range(2):
        page.get_by_role("link", name="Open this page anew").click()
        page.wait_for_load_state()
        steps.settled(page)
        expect(page.get_by_role("heading", name="Your last receipts")).to_be_visible(timeout=PATIENCE_MS)
        if not page.get_by_role("alert").filter(has_text="incident").count():
            return
    expect(page.get_by_role("alert").filter(has_text="incident")).to_have_count(0)


def test_health_shows_what_went_wrong_by_its_number(visit: Visit, site: Site) -> None:
    page = visit("/health", name="ada")
    steps.expect_page(page, "Health")
    steps.accessible(page)

    page.get_by_role("tab", name="Books").click()
    page.get_by_role("button", name="Recompute everything").click()

    expect(page.get_by_text("The books agree")).to_be_visible(timeout=PATIENCE_MS)
    steps.accessible(page)
    page.get_by_role("tab", name="Machine").click()
    steps.settled(page)
    steps.accessible(page)
