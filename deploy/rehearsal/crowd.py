"""Twenty people take payments through the proxy, and one of the two processes is killed under their hands."""

from __future__ import annotations

import asyncio
import time
from random import Random

from deploy.rehearsal.running import Process
from school.access.rules import FINANCE
from school.db import Database
from school.stability.clerk import Bench, Clerk
from school.stability.screen import SIGN_IN
from school.stability.server import Fleet
from school.stability.staff import Person, prepare
from school.stability.tally import Row, Tally
from school.stability.wire import Gone

PEOPLE = 20
PAUSE_S = (0.5, 3.0)  # between two payments of one person
AWAY_S = 3  # from the kill until systemd would have started it again


class Front(Fleet):
    """Both processes behind the proxy."""

    def __init__(self, site: str, processes: list[Process]) -> None:
        self._site, self._processes, self.deaths = site, processes, 0

    @property
    def origin(self) -> str:
        return self._site

    async def ready(self) -> None:
        return None

    async def lose(self, number: int) -> None:
        self.deaths += 1
        self._processes[number].kill()
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(self._processes[number].start)


def work(site: str, processes: list[Process], books: Database, seconds: int) -> Row:
    """What was tried and what went wrong; a process is killed after a third of the time."""
    school = prepare(books, PEOPLE)
    tally, front = Tally(), Front(site, processes)
    bench = Bench(school, front, tally, Random(20))
    return asyncio.run(_all(bench, front, school.of_role(FINANCE), seconds))


async def _all(bench: Bench, front: Front, people: list[Person], seconds: int) -> Row:
    row, until = bench.tally.row("a process killed under load"), time.monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(_one(bench, person, row, until))
        await asyncio.sleep(seconds / 3)
        group.create_task(front.lose(0))
    return row


class Seated(Clerk):
    """Signs in once; whoever is asked again was signed out."""

    is_new = True

    async def sign_in(self) -> None:
        if self.is_new:
            await super().sign_in()
            return
        if not self.tab.connected:
            await self.tab.reload()
        if self.tab.screen.has(SIGN_IN):
            self.row.fault("session_errors", f"{self.person.name} had to sign in again")
            await super().sign_in()


async def _one(bench: Bench, person: Person, row: Row, until: float) -> None:
    async with bench.browser() as browser:
        clerk = Seated(bench, person, row, browser)
        tab = clerk.tab
        while True:
            await _pay(clerk)
            clerk.judge()
            if time.monotonic() > until:
                return
            clerk = Seated(bench, person, row, browser)  # before the pause, in which its process may die
            clerk.tab, clerk.is_new = tab, False
            await asyncio.sleep(bench.dice.uniform(*PAUSE_S))


async def _pay(clerk: Seated) -> None:
    clerk.signed_out = clerk.is_new  # who has not signed in yet was not thrown out
    try:
        await clerk.open_form()
        await clerk.press()
    except Gone as gone:
        clerk.gone(gone)
    except LookupError:
        clerk.tab.drop()  # the page was drawn anew meanwhile
    await clerk.go_on()
