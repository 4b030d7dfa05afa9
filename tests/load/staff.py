"""The people: cashiers who take payments, and readers who look at pages; each pauses between two actions."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from random import Random

from school import money
from school.money import Currency
from school.stability.clerk import AMOUNT, NEW, RECORD, REFERENCE, TENDER
from school.stability.screen import SIGN_IN, Screen
from school.stability.wire import Browser, Gone, Tab

READ_BY = {  # which pages each kind of reader goes round
    "head": ("dashboard", "students", "student", "reports", "today"),
    "finance": ("students", "student", "payments", "today", "fees"),
    "admin": ("students", "users", "settings", "audit", "today"),
}
PAGES_OF_A_STUDENT = {"student"}
SLOW_TO_COME_BACK_S = 0.5


@dataclass
class Seen:
    """What all of them saw: milliseconds by action, what went wrong, and the references shown a receipt."""

    ms: dict[str, list[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    pressed: int = 0

    def took(self, action: str, ms: list[int]) -> None:
        self.ms.setdefault(action, []).extend(ms)


@dataclass(frozen=True)
class Work:
    """What everybody works on, and the seconds they think between two actions, on average.

    What is waited for before `counts_from` is not counted: nobody's first page is a page of the day.
    """

    origin: str
    students: tuple[int, ...]
    currency: Currency
    tender: str
    counts_from: float
    until: float
    think_s: float
    seen: Seen

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    def took(self, action: str, ms: list[int]) -> None:
        if time.monotonic() >= self.counts_from:
            self.seen.took(action, ms)


class Person:
    """One browser with one tab, signed in by its cookie."""

    def __init__(self, work: Work, name: str, token: str) -> None:
        self.work, self.name, self.dice = work, name, Random(name)
        self.browser = Browser(work.origin)
        self.browser.cookies["school_sign_in"] = token
        self.tab = Tab(self.browser)

    async def at_work(self) -> None:
        """Until the time is over, whatever happens: who is cut off comes back, as a browser does."""
        await asyncio.sleep(self.dice.random() * 2 * self.work.think_s)  # nobody rings a bell
        async with self.browser:
            while self.work.goes_on:
                try:
                    if not self.tab.connected:
                        await self.tab.reload()
                        self.tab.slow.clear()
                    await self.once()
                except (Gone, LookupError) as cut:
                    self.work.seen.wrong.append(f"{self.name}: {cut}")
                    self.tab.drop()
                    await asyncio.sleep(SLOW_TO_COME_BACK_S)

    async def once(self) -> None:
        raise NotImplementedError

    async def think(self) -> None:
        await asyncio.sleep(self.dice.uniform(0.5, 1.5) * self.work.think_s)

    def look(self, screen: Screen, action: str) -> None:
        self.work.took(action, self.tab.slow)
        self.tab.slow = []
        self.work.seen.wrong += [f"{self.name} {action}: {said}" for said in screen.errors()]
        if screen.has(SIGN_IN):
            self.work.seen.wrong.append(f"{self.name} {action}: signed out")


class Reader(Person):
    """Opens one page after the other, each with somebody else on it."""

    def __init__(self, work: Work, name: str, token: str, role: str) -> None:
        super().__init__(work, name, token)
        pages = READ_BY[role]
        start = self.dice.randrange(len(pages))
        self.pages = itertools.cycle(pages[start:] + pages[:start])

    async def once(self) -> None:
        page = next(self.pages)
        student = self.dice.choice(self.work.students)
        self.look(await self.tab.go(page, f"student={student}" if page in PAGES_OF_A_STUDENT else ""), page)
        await self.think()


class Cashier(Person):
    """Finds a student, types, presses, sees the receipt: four runs and three pauses a payment."""

    def __init__(self, work: Work, name: str, token: str) -> None:
        super().__init__(work, name, token)
        self.numbers = itertools.count(1)

    async def once(self) -> None:
        seen, number = self.work.seen, next(self.numbers)
        reference = f"{self.name}-{number}"
        self.look(await self.tab.go("payments", f"student={self.dice.choice(self.work.students)}"), "form")
        await self.think()
        typed = {
            AMOUNT: money.show(self.dice.randrange(100_00, 9_000_00), self.work.currency, "en"),
            TENDER: self.work.tender,
            REFERENCE: reference,
        }
        self.look(await self.tab.act(**typed), "typing")
        await self.think()
        seen.pressed += 1
        screen = await self.tab.act(RECORD)
        self.look(screen, "payment")
        if screen.has(NEW) and reference in screen.words():
            seen.receipts.append(reference)
        else:
            seen.wrong.append(f"{self.name}: no receipt for {reference}")
        await self.think()
