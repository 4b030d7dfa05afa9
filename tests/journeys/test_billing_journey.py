"""A term's billing in a browser: looked at, posted, run again for nothing, taken back with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests import make
from tests.fees import structure
from tests.journeys import steps
from tests.serving import Site

Visit = Callable[..., Page]


def seen(found: Locator) -> None:
    expect(found).to_be_visible(timeout=steps.PATIENCE_MS)


def test_a_term_is_billed_once_and_taken_back(site: Site, visit: Visit) -> None:
    with site.database.writing() as session:
        structure.fees(session)
        ids = [make.student(session, name) for name in ("Ann", "Ben", "Cem")]
    page = visit("/fees", name="finn")
    seen(page.get_by_text("3 of 3"))
    steps.accessible(page)

    page.get_by_role("button", name=re.compile("^Bill Term 3 2026: 3 students")).click()

    seen(page.get_by_text("Term 3 2026 is billed: USD 3,000.00 to 3 students."))
    seen(page.get_by_text("a run would charge nothing new"))
    expect(page.get_by_role("button", name=re.compile("^Bill Term"))).to_have_count(0)
    assert structure.balances(site.database) == dict.fromkeys(ids, structure.TUITION)

    visit("/fees?do=undo&of=1", tab=page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Wrong fees")
    steps.settled(page)
    dialog.get_by_role("button", name="Take the run back").click()

    seen(page.get_by_text("3 entries of 3 students are reversed"))
    seen(page.get_by_role("button", name=re.compile("^Bill Term 3 2026: 3 students")))
    steps.accessible(page)
    assert set(structure.balances(site.database).values()) == {0}
