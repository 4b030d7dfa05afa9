"""Payments under interruptions: each kind in turn, then all of them mixed until the time is over."""

from __future__ import annotations

import asyncio
import time

from school.access.rules import FINANCE
from school.stability.clerk import Bench, Clerk
from school.stability.interruptions import CALM, KILLS, UNDISTURBED, Interruption
from school.stability.staff import Person
from school.stability.wire import Browser, Gone

AT_ONCE = 3
KILL_EVERY = 12  # one payment in so many; a restart takes seconds, in which others cannot be tried
LAST_START_S = 4  # what takes longer than this on a quiet machine is not begun at the end
TOO_LATE = "not tried, because all before it took too long"


async def one(bench: Bench, name: str, interruption: Interruption, person: Person, browser: Browser) -> None:
    """One payment from the empty form to the receipt, with this in between, judged by the books."""
    row = bench.tally.row(name)
    clerk = Clerk(bench, person, row, browser)
    try:
        await clerk.open_form()
        await interruption(clerk)
    except Gone as gone:
        clerk.gone(gone)
    except LookupError as missing:
        row.fault("session_errors", str(missing.args[0]))
    await clerk.go_on()
    clerk.judge()
    clerk.tab.drop()
    for said in bench.fleet.new_errors():
        row.fault("page_errors", said)


async def each_in_turn(bench: Bench, until: float) -> bool:
    """Every interruption once, one at a time; what cannot begin before this moment is a fault.

    False when a payment fails without any: then nothing more is tried.
    """
    person = bench.school.of_role(FINANCE)[0]
    async with bench.browser() as browser:
        for name, interruptions in (CALM | KILLS).items():
            if time.monotonic() > until:
                bench.tally.row(name).fault("session_errors", TOO_LATE)
                continue
            for interruption in interruptions:
                await one(bench, name, interruption, person, browser)
                await bench.fleet.whole()
            if name == UNDISTURBED and not bench.tally.row(name).clean:
                return False
    return True


async def mixed(bench: Bench, until: float) -> None:
    """Several cashiers at once, each with the next interruption the dice choose, until this moment."""
    people = bench.school.of_role(FINANCE)[:AT_ONCE]
    await asyncio.gather(*(_work(bench, person, until) for person in people))
    await bench.fleet.whole()


async def _work(bench: Bench, person: Person, until: float) -> None:
    async with bench.browser() as browser:
        while time.monotonic() < until - LAST_START_S:
            cases = KILLS if bench.dice.randrange(KILL_EVERY) == 0 else CALM
            name = bench.dice.choice(list(cases))
            await one(bench, name, bench.dice.choice(cases[name]), person, browser)
