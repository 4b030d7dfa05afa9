"""A half-typed payment outlives the tab, the sign-in and the server, and nobody else ever sees it."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate
from sqlalchemy import delete, select, update

from school.access.models import SignIn
from school.access.rules import FINANCE
from school.clock import now
from school.db import Database
from school.drafts.models import Draft
from school.ledger import queries
from tests import make, people
from tests.interruptions import held, often
from tests.interruptions.desk import CLICK_AGAIN_MS, CLICKS_MAX
from tests.journeys import steps, wires
from tests.journeys.conftest import sign_in
from tests.journeys.steps import PATIENCE_MS
from tests.journeys.test_payment_journey import amount, expect_receipt, record
from tests.people import PASSWORD
from tests.serving import Site

Visit = Callable[..., Page]
AMOUNT, REFERENCE, PAYER = "412.5", "QX-77 Ω", "Aunt of nobody else"


@pytest.fixture
def student(books: Database) -> Iterator[tuple[int, str]]:
    """A student of this test's own, who owes 1,000.00; at the end nothing is drafted."""
    today = now().date()
    with books.writing() as session:
        name = f"Zuri {make.request_id().replace('-', ' ').title()}"
        student_id = make.student(session, name)
        make.bill(session, student_id, (100_000, today), on=today)
    yield student_id, name
    with books.writing() as session:
        session.execute(delete(Draft))


def begin(page: Page) -> None:
    """Types half a payment, and leaves the cursor in the last field without leaving it."""
    amount(page).fill(AMOUNT)
    expect(page.get_by_text("Pays 412.50 of Tuition")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("radiogroup", name="How it came").get_by_text("Cheque").click()
    reference(page).click()
    page.keyboard.type(REFERENCE)
    page.keyboard.press("Tab")
    steps.settled(page)
    page.keyboard.type(PAYER)


def reference(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Reference")


def payer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Paid by")


def kept(books: Database) -> list[dict[str, object]]:
    with books.reading() as session:
        return list(session.scalars(select(Draft.fields)))


def until_kept(page: Page, books: Database) -> None:
    steps.until(page, lambda: any(fields.get("payments.payer") == PAYER for fields in kept(books)))


def expect_all_there(page: Page) -> None:
    expect(amount(page)).to_have_value(AMOUNT, timeout=PATIENCE_MS)
    expect(reference(page)).to_have_value(REFERENCE)
    expect(payer(page)).to_have_value(PAYER)
    expect(page.get_by_role("radio", name="Cheque")).to_be_checked()


def address(page: Page) -> str:
    return re.sub(r"^https?://[^/]+", "", page.url)


@often.on_sqlite_first
def test_it_survives_a_reload_and_a_closed_tab(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    page = visit(f"/payments?student={student[0]}", name="finn")
    begin(page)

    page.reload()  # while the cursor is still in the field
    expect_all_there(page)
    there = address(page)
    page.close()
    again = visit(there)

    expect_all_there(again)
    record(again).click()
    expect_receipt(again)
    steps.until(again, lambda: kept(books) == [])
    with books.reading() as session:
        assert [row.amount for row in queries.recent_receipts(session, student_id=student[0])] == [41_250]


@often.on_sqlite_first
def test_it_survives_a_reload_while_another_writes_for_long_and_the_next_key_loses_nothing(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    page = visit(f"/payments?student={student[0]}", name="finn")

    with held.writers_held(books):
        begin(page)
        page.reload()  # while the cursor is still in the field
        expect_all_there(page)
        assert kept(books) == []
    payer(page).press("End")
    page.keyboard.type("!")
    steps.until(page, lambda: [fields["payments.payer"] for fields in kept(books)] == [f"{PAYER}!"])
    page.reload()

    expect(payer(page)).to_have_value(f"{PAYER}!", timeout=PATIENCE_MS)
    expect(amount(page)).to_have_value(AMOUNT)
    expect(reference(page)).to_have_value(REFERENCE)


@often.on_sqlite_first
def test_what_the_socket_carries_no_more_is_handed_in_as_the_page_goes(
    visit: Visit, books: Database, student: tuple[int, str], context: BrowserContext
) -> None:
    tab = context.new_page()
    sockets = wires.between(tab)
    page = visit(f"/payments?student={student[0]}", name="finn", tab=tab)
    begin(page)

    sockets[-1].carries = False
    page.keyboard.type(" and uncle")
    page.reload()

    expect(payer(page)).to_have_value(f"{PAYER} and uncle", timeout=PATIENCE_MS)
    expect(amount(page)).to_have_value(AMOUNT)


@often.on_sqlite_first
def test_it_is_offered_where_the_address_is_lost_and_can_be_given_up(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    page = visit(f"/payments?student={student[0]}", name="finn")
    begin(page)
    until_kept(page, books)
    page.close()

    page = visit("/payments")
    expect(page.get_by_text(f"412.50 for {student[1]}")).to_be_visible(timeout=PATIENCE_MS)
    steps.accessible(page)
    page.get_by_role("button", name="Go on").click()
    expect_all_there(page)
    page = visit("/payments")
    offered = page.get_by_text(f"412.50 for {student[1]}")
    for _ in range(CLICKS_MAX):  # a press while the page is drawn anew may miss its button
        with suppress(AssertionError, TooLate):
            page.get_by_role("button", name="Forget").click(timeout=CLICK_AGAIN_MS)
            expect(offered).to_have_count(0, timeout=CLICK_AGAIN_MS)
            break

    expect(offered).to_have_count(0, timeout=PATIENCE_MS)
    steps.until(page, lambda: kept(books) == [])


@often.on_sqlite_first
def test_it_waits_for_the_same_user_to_sign_in_again(
    visit: Visit, books: Database, student: tuple[int, str]
) -> None:
    page = visit(f"/payments?student={student[0]}", name="finn")
    begin(page)
    until_kept(page, books)

    end_sign_ins(books)
    steps.expect_sign_in(page)
    steps.sign_in(page, "finn", PASSWORD)

    expect_all_there(page)


@often.on_sqlite_first
def test_nobody_else_sees_anything_of_it(
    visit: Visit, site: Site, books: Database, student: tuple[int, str], context: BrowserContext
) -> None:
    with books.writing() as session:
        people.user(session, FINANCE, name="fay")
    page = visit(f"/payments?student={student[0]}", name="finn")
    begin(page)
    until_kept(page, books)
    there = address(page)
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: sent.append(str(frame))))

    end_sign_ins(books)
    steps.expect_sign_in(page)
    steps.sign_in(page, "fay", PASSWORD)
    expect(page.get_by_role("searchbox", name="Student")).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(page)
    same_tab = page.content()
    context.clear_cookies()
    sign_in(site, context, "fay")
    fresh = visit(there)
    expect(amount(fresh)).to_have_value("", timeout=PATIENCE_MS)
    steps.settled(fresh)

    for text in (same_tab, fresh.content(), *sent):
        assert REFERENCE not in text
        assert PAYER not in text
    expect(fresh.get_by_text("Begun and not recorded")).to_have_count(0)
    assert [fields["payments.payer"] for fields in kept(books)] == [PAYER]


@often.on_sqlite_first
def test_it_survives_a_killed_server(
    visit: Visit, site: Site, books: Database, student: tuple[int, str]
) -> None:
    page = visit(f"/payments?student={student[0]}", name="finn")
    begin(page)
    until_kept(page, books)

    site.stop(signal.SIGKILL)
    site.start()

    expect_all_there(page)
    page.reload()
    expect_all_there(page)


@often.on_sqlite_first
def test_half_a_concession_survives_a_reload(visit: Visit, books: Database, student: tuple[int, str]) -> None:
    page = visit(f"/student?student={student[0]}&do=concession", name="finn")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Amount").fill("12")
    dialog.get_by_role("textbox", name="Amount").press("Tab")
    steps.settled(page)
    dialog.get_by_role("textbox", name="Reason").fill("Bursary of the parish")

    page.reload()

    expect(dialog.get_by_role("textbox", name="Reason")).to_have_value(
        "Bursary of the parish", timeout=PATIENCE_MS
    )
    expect(dialog.get_by_role("textbox", name="Amount")).to_have_value("12")
    dialog.get_by_role("button", name="Record concession").click()
    expect(page.get_by_text("Concession of USD 12.00 is recorded.")).to_be_visible(timeout=PATIENCE_MS)
    assert kept(books) == []


def end_sign_ins(books: Database) -> None:
    with books.writing() as session:
        session.execute(update(SignIn).values(revoked_at=now(), revoked_why="ended by a test"))
