"""An evening at the till: counted with a variance, signed by another, banked, and the day closed for good."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from school.access.models import User
from school.access.rules import COMMAND_LINE, FINANCE
from school.cashier import queries
from school.checks.ledger import verify
from school.db import Database
from school.ledger import service
from school.ledger.service import Share, TenderPart
from tests import make, people
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS

Visit = Callable[..., Page]


@pytest.fixture
def student(books: Database) -> int:
    """Finn has taken 15.00 in cash for Zuri today; bea is there to sign."""
    with books.writing() as session:
        people.user(session, FINANCE, name="bea")
        student_id = make.student(session, "Zuri")
        finn = session.scalars(select(User.id).where(User.name == "finn")).one()
        service.record_payment(
            session,
            actor=replace(COMMAND_LINE, user_id=finn, name="finn"),
            request_id=make.request_id(),
            shares=[Share(student_id, 1_500)],
            tenders=[TenderPart("CASH", 1_500)],
        )
    return student_id


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"{name}$")).click()


def told(page: Page, text: str) -> None:
    expect(page.get_by_text(text)).to_be_visible(timeout=PATIENCE_MS)


def test_a_till_is_counted_signed_and_banked_and_its_day_closed(
    visit: Visit, books: Database, student: int
) -> None:
    page = visit("/cashup", name="finn")
    ten = page.get_by_role("textbox", name="10", exact=True)
    expect(ten).to_be_editable(timeout=PATIENCE_MS)
    ten.press_sequentially("1")
    page.get_by_role("textbox", name="1", exact=True).press_sequentially("4")
    page.keyboard.press("Control+Enter")
    told(page, "Cash is 1.00 short: say why.")
    steps.accessible(page)
    page.get_by_role("textbox", name="Reason of a variance").fill("Change given twice")
    press(page, "Record the count")
    told(page, "Cash-up 1 is recorded: USD 14.00 counted, 1.00 short.")

    page = visit("/cashup?cash_up=1", name="bea", tab=page)
    press(page, "Sign")
    told(page, "Cash-up 1 of finn is signed.")

    page = visit("/cashup?cashup.view=Banking", name="finn", tab=page)
    page.get_by_role("textbox", name="Bank or account").fill("City Bank")
    press(page, "Make the slip of USD 14.00")
    steps.expect_page(page, "Deposit D-000001")
    steps.accessible(page)

    page = visit("/cashup?cashup.view=Days", tab=page)
    press(page, r"Close .*\d")
    told(page, "is closed: nothing more is entered for it.")

    page = visit(f"/payments?student={student}", tab=page)
    page.get_by_role("textbox", name="Amount received").fill("5")
    page.get_by_role("radiogroup", name="How it came").get_by_text("Cash").click()
    press(page, "Record payment")
    told(page, "The books are closed through")

    with books.reading() as session:
        assert [one.amount for one in queries.deposits(session)[0]] == [1_400]
        assert verify(session) == []
