"""A cheque taken by keyboard comes back and is put right; a family pays for two children at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.clock import now
from school.db import Database
from school.ledger import queries, wording
from school.students import policies
from tests import make
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS

KEYSTROKES_MAX = 12  # beyond the name and the amount


class Keyboard:
    """Types words, and counts every other key."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.pressed += 1
        self.page.keyboard.press(key)


def test_a_cheque_bounces_and_the_family_pays_for_both_children(
    visit: Callable[..., Page], books: Database
) -> None:
    with books.writing() as session:
        ann, abe = (make.student(session, name, guardian="Mrs Abel") for name in ("Ann Abel", "Abe Abel"))
        for one, owed in ((ann, 900_00), (abe, 100_00)):
            make.bill(session, one, (owed, now().date()), on=now().date())
        policies.change_policies(session, actor=COMMAND_LINE, values={policies.BOUNCED_CHEQUE_FEE: 25_00})
    page = visit("/payments", name="finn")

    pay_by_cheque(page)
    page.get_by_role("link", name="Open account").click()
    bounce(page, books)
    steps.accessible(page)
    page.goto(page.url.split("/entry")[0] + f"/student?student={ann}")
    expect(page.get_by_text("owes 925.00").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("tab", name="Family").click()
    page.get_by_role("link", name="Family account").click()
    expect(page.get_by_text("owes 1,025.00").first).to_be_visible(timeout=PATIENCE_MS)
    steps.accessible(page)
    page.get_by_role("button", name="Take a payment").click()
    pay_for_both(page)

    with books.reading() as session:
        assert [row.description for row in queries.statement(session, ann).rows][1:] == [
            "Payment, cheque · R-000001",
            "Reversal of R-000001: Returned unpaid",
            f"Bounced cheque fee, R-000001 · due {wording.day(now().date())}",
            "Payment, cash · R-000002",
        ]
        assert [queries.balance(session, one) for one in (ann, abe)] == [0, 0]
        assert verify(session) == []


def pay_by_cheque(page: Page) -> None:
    keys = Keyboard(page)
    expect(page.get_by_role("searchbox", name="Student")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.type("ann abel")
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Amount received")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.type("400")
    expect(page.get_by_text("Pays 400.00 of Tuition")).to_be_visible(timeout=PATIENCE_MS)
    keys.press("Enter")
    expect(page.get_by_role("radio", name="Cash")).to_be_focused(timeout=PATIENCE_MS)
    for _ in range(4):
        keys.press("ArrowRight")
        steps.settled(page)  # a run between two steps takes the cursor nowhere
    expect(page.get_by_role("radio", name="Cheque")).to_be_checked(timeout=PATIENCE_MS)
    steps.settled(page)
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name=re.compile(r"Receipt R-\d+"))).to_be_visible(timeout=PATIENCE_MS)
    assert keys.pressed <= KEYSTROKES_MAX


def bounce(page: Page, books: Database) -> None:
    with books.reading() as session:
        entry_id = queries.receipt_by_document(session, "R-000001").entry_id
    page.wait_for_url("**/student?student=*", timeout=PATIENCE_MS)
    page.goto(page.url.split("/student")[0] + f"/entry?entry={entry_id}")
    steps.settled(page)
    steps.unfold(page, "Reverse this receipt")
    page.get_by_role("textbox", name="Reason").fill("Returned unpaid")
    page.get_by_text("It bounced: charge the fee of 25.00 as well").click()
    page.get_by_role("button", name="Reverse", exact=True).click()
    said = page.get_by_text("Receipt R-000001 is reversed. The fee of 25.00 is charged.")
    expect(said).to_be_visible(timeout=PATIENCE_MS)


def pay_for_both(page: Page) -> None:
    amount = page.get_by_role("textbox", name="Amount received")
    expect(amount).to_be_focused(timeout=PATIENCE_MS)
    amount.fill("1025")
    page.get_by_role("radiogroup", name="How it came").get_by_text("Cash").click()
    expect(page.get_by_text("in full").nth(1)).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(page)
    page.get_by_role("button", name="Record payment").click()
    expect(page.get_by_role("heading", name="Receipt R-000002")).to_be_visible(timeout=PATIENCE_MS)
