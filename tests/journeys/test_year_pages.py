"""The pages of a bursar's year stand before a screen reader, on a telephone in the dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from school.access.rules import ADMINISTRATOR, FINANCE
from tests import make, people
from tests.journeys import steps
from tests.journeys.conftest import sign_in
from tests.serving import Site

ADDRESSES = (
    "/fees",
    "/fees?fees.view=Fee+structure",
    "/fees?fees.view=Concessions",
    "/fees?fees.view=Late+fees",
    "/cashup",
    "/approvals",
    "/letters",
    "/reports?reports.view=Aged+debtors",
    "/reports?reports.view=Trial+balance",
    "/family?family=1&family.view=Statement",
    "/settings?settings.view=New+year",
    "/today",
    "/audit",
)


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390)])
def test_the_pages_of_the_year_fit_a_telephone_and_axe_finds_nothing(
    site: Site, browser: Browser, scheme: str, width: int
) -> None:
    with site.database.writing() as session:
        people.user(session, ADMINISTRATOR, FINANCE, name="olga")
        ann = make.student(session, "Ann", guardian="Mrs Abel")
        make.bill(session, ann, (90_000, make.date(2026, 1, 30)), on=make.date(2026, 1, 12))
        make.pay(session, ann, 40_000, on=make.date(2026, 2, 6))
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(site, context, "olga")
    page = context.new_page()

    for address in ADDRESSES:
        page.goto(site.url + address)
        expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=steps.PATIENCE_MS)
        steps.accessible(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, address
        for tab in page.get_by_role("tab", selected=True).all():
            expect(tab, address).to_be_in_viewport(ratio=0.9)
    context.close()
