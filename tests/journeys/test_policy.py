"""What a page needs comes from this server and passes its policy; axe finds nothing on the frame."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from school.access.rules import ADMINISTRATOR, FINANCE
from school.settings import ROOT
from tests import databases, people
from tests.journeys import steps
from tests.serving import Site, serving

Visit = Callable[..., Page]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def test_no_page_reaches_for_a_stranger_or_is_stopped_by_the_policy(
    visit: Visit, context: BrowserContext, site: Site
) -> None:
    with site.database.writing() as session:
        people.user(session, ADMINISTRATOR, FINANCE, name="olga")
    refused: list[str] = []
    strangers: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            refused.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((site.url, "data:", "blob:")):
            strangers.append(request.url)

    context.on("console", hear)
    context.on("request", watch)
    page = visit("/", name="olga")
    for path in PAGES:
        page.goto(f"{site.url}/{path}")
        page.get_by_role("heading", level=1).first.wait_for(timeout=steps.PATIENCE_MS)
        steps.settled(page)

    assert refused == []
    assert strangers == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_on_the_sign_in(browser: Browser, site: Site, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 844})  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.url)
    steps.expect_sign_in(page)
    steps.sign_in(page, "nobody", "wrong")
    page.get_by_role("alert").wait_for()
    steps.settled(page)

    assert violations(page) == []
    context.close()


def test_axe_finds_nothing_on_the_first_start(page: Page, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = {}
    with databases.fresh("sqlite") as empty, serving(empty, tmp_path_factory.mktemp("first")) as site:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(site.url)
            page.get_by_role("button", name="Open the books").wait_for(timeout=steps.PATIENCE_MS)
            steps.settled(page)
            painted = page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme")
            found[painted] = violations(page)

    assert found == {"light": [], "dark": []}
