"""One more cashier, in a real browser: from the click to the receipt on the screen."""

from __future__ import annotations

import time

from playwright.async_api import Error, Page, async_playwright

from school import money
from tests import browsers
from tests.load.staff import Work

FORM, RECEIPT = ".st-key-payments-record button", ".st-key-payments-new button"
PATIENCE_MS = 30_000


async def pay(work: Work, token: str) -> None:
    """Payments one after the other until the time is over; each wait is in `seen.ms`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browsers.chromium(), args=browsers.FLAGS)
        context = await browser.new_context(**browsers.PERSON)
        context.set_default_timeout(PATIENCE_MS)
        await context.add_cookies([{"name": "school_sign_in", "value": token, "url": work.origin}])
        page, number = await context.new_page(), 0
        while work.goes_on:
            number += 1
            try:
                await _one(work, page, number)
            except Error as failed:
                work.seen.wrong.append(f"in Chromium: {failed.message.splitlines()[0]}")
        await browser.close()


async def _one(work: Work, page: Page, number: int) -> None:
    reference = f"chromium-{number}"
    await page.goto(f"{work.origin}/payments?student={work.students[number % len(work.students)]}")
    await page.fill(".st-key-payments-amount input", money.show(20_000 + number, work.currency, "en"))
    await page.locator(".st-key-payments-tender label", has_text=work.tender).first.click()
    await page.fill(".st-key-payments-reference input", reference)
    await page.press(".st-key-payments-reference input", "Tab")
    await page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
    work.seen.pressed += 1
    began = time.perf_counter()
    await page.click(FORM)
    await page.wait_for_selector(RECEIPT)
    work.took("click to receipt in Chromium", [round((time.perf_counter() - began) * 1000)])
    work.seen.receipts.append(reference)
    await page.wait_for_timeout(1000 * work.think_s)
