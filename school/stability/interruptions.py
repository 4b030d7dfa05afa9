"""What may come between a press on Record and its receipt. Each takes a clerk whose form is filled in.

None of them waits for the receipt: the clerk goes on afterwards, and the books are asked what they know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from anyio import to_thread

from school.ledger import queries as ledger
from school.stability import staff
from school.stability.clerk import NEW, RECORD, REFERENCE, Clerk
from school.stability.screen import SIGN_OUT
from school.stability.wire import Tab

Interruption = Callable[[Clerk], Awaitable[None]]
WRITE_LASTS_S = 0.08  # from the press to the commit, more or less
COMMITS_WITHIN_S = 10
LOOKS_EVERY_S = 0.005


async def nothing(clerk: Clerk) -> None:
    await clerk.press()


async def twice(clerk: Clerk) -> None:
    await clerk.press(2)


async def three_times(clerk: Clerk) -> None:
    await clerk.press(3)


async def two_tabs(clerk: Clerk) -> None:
    """The form stands in two tabs, and both are pressed at once."""
    first = clerk.tab
    second = await clerk.browser.open("payments", first.query)
    clerk.tab = second
    await clerk.type()
    await asyncio.gather(first.send(RECORD), second.send(RECORD))
    for tab in (first, second):
        clerk.tab = tab
        clerk.look(await tab.drawn())
        if not tab.screen.has(NEW):
            await tab.act()
        if not tab.screen.has(NEW) or clerk.payment.reference not in tab.screen.words():
            clerk.row.fault("lost", f"a tab does not show the receipt of {clerk.payment.reference}")
        clerk.row.ms += tab.slow
        tab.slow = []
    first.drop()


async def another_widget(clerk: Clerk) -> None:
    await clerk.press()
    await _during(clerk)
    await clerk.tab.send(**{REFERENCE: clerk.payment.reference})


async def another_page(clerk: Clerk) -> None:
    await clerk.press()
    await _during(clerk)
    clerk.look(await clerk.tab.go("students"))


async def dropped_before(clerk: Clerk) -> None:
    await clerk.press()
    clerk.tab.drop()


async def dropped_during(clerk: Clerk) -> None:
    await clerk.press()
    await _during(clerk)
    clerk.tab.drop()


async def dropped_after(clerk: Clerk) -> None:
    await clerk.press()
    await _recorded(clerk)
    clerk.tab.drop()


async def loaded_again(clerk: Clerk) -> None:
    """F5."""
    await clerk.press()
    await _during(clerk)
    clerk.look(await clerk.tab.reload())


async def tab_closed(clerk: Clerk) -> None:
    """The tab is closed, and its address opened in a new one."""
    await clerk.press()
    await _during(clerk)
    clerk.tab.drop()
    clerk.tab = Tab(clerk.browser, clerk.tab.page, clerk.tab.query)


async def signed_out_elsewhere(clerk: Clerk) -> None:
    clerk.signed_out = True
    await clerk.press()
    await _during(clerk)
    await to_thread.run_sync(staff.sign_out_everywhere, clerk.bench.school.database, clerk.person)
    await _nothing_is_shown(clerk)


async def disabled(clerk: Clerk) -> None:
    clerk.signed_out = True
    await clerk.press()
    await _during(clerk)
    await to_thread.run_sync(staff.disable, clerk.bench.school.database, clerk.person)
    try:
        await _nothing_is_shown(clerk)
    finally:
        await to_thread.run_sync(staff.enable, clerk.bench.school.database, clerk.person)


async def next_user(clerk: Clerk) -> None:
    """Signs out with the form filled in, and a colleague signs in on the same tab; then the other way."""
    clerk.signed_out = True
    owner, colleague = clerk.person, clerk.bench.school.of_role(clerk.person.role)[-1]
    for person in (colleague, owner):
        await clerk.tab.settled()
        await clerk.tab.act(SIGN_OUT)
        if left := clerk.tab.screen.told().get("left"):
            await clerk.browser.fetch("DELETE", "/auth/cookie", {"left": left})
        clerk.look(clerk.tab.screen)
        clerk.person = person
        await clerk.sign_in()
        clerk.look(await clerk.tab.act())


async def killed_before(clerk: Clerk) -> None:
    await clerk.press()
    await _kill(clerk)


async def killed_during(clerk: Clerk) -> None:
    await clerk.press()
    await _during(clerk)
    await _kill(clerk)


async def killed_after(clerk: Clerk) -> None:
    await clerk.press()
    await _recorded(clerk)
    await _kill(clerk)


async def _during(clerk: Clerk) -> None:
    await asyncio.sleep(clerk.bench.dice.uniform(0, WRITE_LASTS_S))


async def _recorded(clerk: Clerk) -> None:
    """Returns as soon as the books have it, most often before the screen does."""
    for _ in range(round(COMMITS_WITHIN_S / LOOKS_EVERY_S)):
        if await to_thread.run_sync(_is_recorded, clerk):
            return
        await asyncio.sleep(LOOKS_EVERY_S)


def _is_recorded(clerk: Clerk) -> bool:
    with clerk.bench.school.database.reading() as session:
        return ledger.receipt_of_request(session, clerk.payment.request_id) is not None


async def _nothing_is_shown(clerk: Clerk) -> None:
    """The next run of a tab whose sign-in has ended shows the sign-in form alone."""
    screen = await clerk.tab.act()
    if not screen.signed_out:
        clerk.row.fault("foreign", f"{clerk.person.name} is signed out and sees “{screen.title}”")


async def _kill(clerk: Clerk) -> None:
    """Ends the process that serves this clerk; while one is coming back, no other is killed."""
    await clerk.bench.fleet.whole()
    served_by = int(clerk.browser.cookies.get("route", "0"))
    clerk.bench.fleet.kill(served_by)


UNDISTURBED = "payment"
CALM: dict[str, list[Interruption]] = {
    UNDISTURBED: [nothing, nothing],
    "pressed two and three times": [twice, three_times],
    "one form in two tabs": [two_tabs],
    "another widget meanwhile": [another_widget],
    "another page meanwhile": [another_page],
    "socket dropped": [dropped_before, dropped_during, dropped_after],
    "loaded again (F5)": [loaded_again],
    "tab closed and opened": [tab_closed],
    "signed out elsewhere": [signed_out_elsewhere],
    "user disabled": [disabled],
    "next user, same browser": [next_user],
}
KILLS: dict[str, list[Interruption]] = {
    "server killed before commit": [killed_before],
    "server killed around commit": [killed_during],
    "server killed after commit": [killed_after],
}
