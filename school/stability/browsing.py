"""The same in a real browser, where the tools of the tests and a Chromium are installed."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from school import money
from school.access.rules import FINANCE
from school.bootstrap.programs import chromium
from school.bootstrap.trouble import Trouble
from school.stability.clerk import ADDRESS_OF_FORM, Bench, Payment, judge
from school.stability.staff import Person
from school.stability.tally import Row

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)
PATIENCE_MS = 20_000
RECEIPT, FORM = ".st-key-payments-new button", ".st-key-payments-record button"
DOOR, LEAVE = ".st-key-sign_in-send button", ".st-key-frame-sign_out button"


async def in_chromium(bench: Bench) -> str:
    """Runs the browser's cases; says that it did, or why not."""
    try:
        from playwright.async_api import Error, async_playwright

        path = chromium()
    except ImportError:
        return "not tried, because the tools of the tests are not installed (python3 -m school test does)."
    except Trouble as trouble:
        return f"not tried, because {trouble}"
    if path is None:
        return "not tried, because no Chromium was found: install one, or name it in SCHOOL_CHROMIUM."
    sandbox = [] if not hasattr(os, "geteuid") or os.geteuid() else ["--no-sandbox"]  # it refuses root
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *sandbox])
        except Error as error:
            return f"not tried, because Chromium did not start: {error.message.splitlines()[0]}"
        try:
            await _cases(bench, await browser.new_context(locale="en-GB"), Error)
        finally:
            await browser.close()
    return f"tried in Chromium {browser.version}."


async def _cases(bench: Bench, context: BrowserContext, error: type[Exception]) -> None:
    context.set_default_timeout(PATIENCE_MS)
    person = bench.school.of_role(FINANCE)[0]
    row = bench.tally.row("in Chromium")
    page = await context.new_page()
    page.on("pageerror", lambda thrown: row.fault("page_errors", f"the browser says {thrown}"))
    for step in (_double_click, _load_again, _two_tabs, _sign_out_in_another_tab):
        payment = bench.payment(person)
        try:
            await _open_form(bench, page, person, payment)
            await step(page)
            await _look(page, person, payment, row)
        except error as failed:
            row.fault("session_errors", f"{step.__name__.strip('_')}: {str(failed).splitlines()[0]}")
            continue
        if step is not _sign_out_in_another_tab:
            judge(bench, row, payment)
        for said in bench.fleet.new_errors():
            row.fault("page_errors", said)


async def _open_form(bench: Bench, page: Page, person: Person, payment: Payment) -> None:
    await page.goto(f"{bench.fleet.origin}/payments?student={payment.student_id}")
    await page.wait_for_selector(f"{DOOR}, {FORM}")
    if await page.locator(DOOR).count():
        await page.fill(".st-key-sign_in-name input", person.name)
        await page.fill(".st-key-sign_in-password input", person.password)
        began = time.perf_counter()
        await page.click(DOOR)
        await page.wait_for_selector(FORM)
        bench.tally.row("in Chromium").ms.append(round((time.perf_counter() - began) * 1000))
    await page.fill(
        ".st-key-payments-amount input", money.show(payment.amount_minor, bench.school.currency, "en")
    )
    await page.locator(".st-key-payments-tender label", has_text=bench.school.tender).first.click()
    await page.fill(".st-key-payments-reference input", payment.reference)
    await page.press(".st-key-payments-reference input", "Tab")
    await _still(page)
    payment.request_id = parse_qs(urlsplit(page.url).query).get(ADDRESS_OF_FORM, [""])[0]


async def _double_click(page: Page) -> None:
    await page.dblclick(FORM)


async def _load_again(page: Page) -> None:
    await page.click(FORM, no_wait_after=True)
    await page.reload()


async def _two_tabs(page: Page) -> None:
    other = await page.context.new_page()
    await other.goto(page.url)
    await asyncio.gather(page.click(FORM), other.wait_for_selector(f"{FORM}, {RECEIPT}"))
    if await other.locator(FORM).count():
        await other.click(FORM, timeout=1000, no_wait_after=True)
    await other.close()


async def _sign_out_in_another_tab(page: Page) -> None:
    other = await page.context.new_page()
    await other.goto(page.url)
    await other.click(LEAVE)
    await other.wait_for_selector(DOOR)
    await page.wait_for_selector(DOOR)
    await other.close()


async def _look(page: Page, person: Person, payment: Payment, row: Row) -> None:
    """The receipt, got by pressing again if the press was lost; or after the sign-out the door alone."""
    await page.wait_for_selector(f"{RECEIPT}, {FORM}, {DOOR}")
    await _still(page)
    text = await page.inner_text("[data-testid=stApp]")
    if await page.locator(DOOR).count():
        if payment.reference in text or person.full_name in text or await page.locator(LEAVE).count():
            row.fault("foreign", "the page is still there after the sign-out in another tab")
        return
    if not await page.locator(RECEIPT).count():
        await page.click(FORM)
        await page.wait_for_selector(RECEIPT)
        text = await page.inner_text("[data-testid=stApp]")
    if payment.reference not in text or person.full_name not in text:
        row.fault("foreign", f"{payment.reference} was shown the receipt of another")
    for red in await page.locator("[data-testid=stAlertContentError], [data-testid=stException]").all():
        row.fault("page_errors", (await red.inner_text()).strip())


async def _still(page: Page) -> None:
    await page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
