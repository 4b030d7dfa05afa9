"""When something breaks the person reads one sentence, stays signed in, and goes on when it is mended."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.journeys import steps
from tests.serving import Site

Visit = Callable[..., Page]


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
        expect(alert).to_contain_text("incident", timeout=steps.PATIENCE_MS)
        sentence = alert.inner_text()
    finally:
        set_time_zone(site, "UTC")

    number = re.search(r"incident ([0-9A-F]{6})", sentence)
    assert number
    lines = [json.loads(line) for line in site.log.splitlines() if number[1] in line]
    assert len(lines) == 1
    assert "Traceback" in lines[0]["exc_info"]
    assert "Traceback" not in page.content()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.reload()
    steps.expect_page(page, "Today")


def test_a_server_that_is_gone_and_back_finds_the_person_still_there(visit: Visit, site: Site) -> None:
    page = visit("/", name="finn")
    steps.expect_page(page, "Today")

    site.stop()
    site.start()

    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Students").click()
    steps.expect_page(page, "Students")
