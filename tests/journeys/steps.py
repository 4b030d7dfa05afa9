"""What people do on any page, found by role and label as they find it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.people import PASSWORD

PATIENCE_MS = 120_000  # a busy machine is slow; nothing here measures time

# Streamlit's own markup, and nothing else: what axe says against it, by rule and by what the element holds.
KNOWN_TO_AXE = {
    "presentation-role-conflict": "stFileUploaderDropzone",  # names itself, though only there for looks
    "aria-allowed-attr": "stDateInputField",  # says “required” of a group of fields
    "svg-img-alt": "metric_chart_",  # the points of a metric's small line have no names
}


def settled(page: Page) -> None:
    """Waits until the script has run and everything it sent is drawn."""
    page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached", timeout=PATIENCE_MS)


def sign_in(page: Page, name: str = "finn", password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("textbox", name="Password").press("Enter")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()


def expect_sign_in(page: Page) -> None:
    """The sign-in form is there, and nothing of any page."""
    expect(page.get_by_label("User name")).to_have_count(1, timeout=PATIENCE_MS)  # what stood there has gone
    expect(page.get_by_label("User name")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(0)


def expect_page(page: Page, title: str) -> None:
    heading = page.get_by_role("heading", level=1, name=re.compile(f"^{title}"))
    expect(heading).to_be_visible(timeout=PATIENCE_MS)


def sign_in_cookie(context: BrowserContext) -> Any:
    """The sign-in cookie of this browser, or None."""
    return next((c for c in context.cookies() if c["name"] == "school_sign_in"), None)


def unfold(page: Page, name: str) -> None:
    """Opens what is folded, and waits until it stands still: a press on what moves may miss it."""
    page.get_by_text(name).click()
    folded = page.get_by_role("group").filter(has_text=name)
    expect(folded).not_to_have_attribute("style", re.compile("height"), timeout=PATIENCE_MS)


def cookie_set(page: Page) -> None:
    """Waits until the browser has fetched its cookie."""
    until(page, lambda: sign_in_cookie(page.context) is not None)


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Waits for what only the cookies or the books can tell."""
    for _ in range(PATIENCE_MS // 50):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("what was waited for did not come to be")


def cookie_dropped(page: Page) -> None:
    """Waits until the browser has dropped its cookie, which it does a moment after the sign-out."""
    for _ in range(PATIENCE_MS // 50):
        if sign_in_cookie(page.context) is None:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the browser kept its cookie")


def accessible(page: Page) -> None:
    """Nothing but what is known stands between this page and a screen reader."""
    settled(page)
    found = [
        (violation["id"], node["html"])
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]
    assert [(rule, html) for rule, html in found if KNOWN_TO_AXE.get(rule, "<>") not in html] == []
