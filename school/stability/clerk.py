"""A cashier with one payment to take, who goes on, whatever comes in between, until they see its receipt."""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass
from random import Random
from urllib.parse import parse_qs

from sqlalchemy import func, select

from school import money
from school.ledger import queries as ledger
from school.ledger.models import Entry, Line
from school.stability.screen import SIGN_IN, Screen
from school.stability.server import Fleet
from school.stability.staff import Person, School
from school.stability.tally import Row, Tally
from school.stability.wire import Browser, Gone, Tab

AMOUNT, TENDER, REFERENCE = "payments.amount", "payments.tender", "payments.reference"
RECORD, NEW = "payments.record", "payments.new"
STEPS_MAX = 12  # whoever is interrupted once needs four
DOCUMENT = re.compile(r"[A-Z]+-\d+")
ADDRESS_OF_FORM = "payment"


@dataclass
class Bench:
    """What every case needs: the copy, the servers over it, where the findings go, and the dice."""

    school: School
    fleet: Fleet
    tally: Tally
    dice: Random

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def payment(self, person: Person) -> Payment:
        """A payment like no other, so that each can be told apart."""
        number = next(self._numbers)
        student = self.dice.choice(self.school.student_ids)
        return Payment(student, 10_000 + number, f"{person.tag}-{number}")

    def browser(self) -> Browser:
        return Browser(self.fleet.origin)


@dataclass
class Payment:
    """`reference` is typed on the form; `request_id` is known once the form was drawn."""

    student_id: int
    amount_minor: int
    reference: str
    request_id: str = ""


class Clerk:
    """One person at one tab. Everything seen on the way is looked at, and told to `row`."""

    def __init__(self, bench: Bench, person: Person, row: Row, browser: Browser) -> None:
        self.bench, self.person, self.row, self.browser = bench, person, row, browser
        self.tab = Tab(self.browser, "payments")
        self.payment = bench.payment(person)
        self.signed_out = False  # whether somebody ended the sign-in on purpose
        self._deaths = bench.fleet.deaths

    async def sign_in(self) -> None:
        """Through the form, with the cookie fetched as a browser fetches it. Raises Gone."""
        if not self.browser.cookies:
            await self.browser.fetch("GET", "/")  # names the browser
        if not self.tab.connected:
            await self.tab.reload()
        if not self.tab.screen.has(SIGN_IN):
            return
        said = {"sign_in.name": self.person.name, "sign_in.password": self.person.password}
        screen = await self.tab.act(SIGN_IN, **said)
        if ticket := screen.told().get("ticket"):
            await self.browser.fetch("POST", "/auth/cookie", {"ticket": ticket})

    async def open_form(self) -> None:
        """The form of a new payment for its student, with everything typed."""
        await self.sign_in()
        await self.tab.go("payments", f"student={self.payment.student_id}")
        await self.type()

    def remember(self) -> None:
        self.payment.request_id = parse_qs(self.tab.query).get(ADDRESS_OF_FORM, [""])[0]

    async def type(self) -> None:
        self.remember()
        amount = money.show(self.payment.amount_minor, self.bench.school.currency, "en")
        typed = {AMOUNT: amount, TENDER: self.bench.school.tender, REFERENCE: self.payment.reference}
        await self.tab.act(**typed)

    async def press(self, times: int = 1) -> None:
        """Presses Record without waiting for what comes of it."""
        for _ in range(times):
            await self.tab.send(RECORD)

    @property
    def address(self) -> str:
        return f"student={self.payment.student_id}&{ADDRESS_OF_FORM}={self.payment.request_id}"

    async def go_on(self) -> None:
        """Reconnects, signs in, types and presses again, as a person would, until the receipt is there."""
        for _ in range(STEPS_MAX):
            try:
                await self.bench.fleet.ready()
                if await self._is_done():
                    return
            except Gone as gone:
                self.gone(gone)
                await asyncio.sleep(0.1)
            except LookupError as missing:
                self.row.fault("session_errors", str(missing.args[0]))
                self.tab.drop()
        seen = f"“{self.tab.screen.title}” {' '.join(self.tab.screen.errors())}".strip()
        self.row.fault("session_errors", f"{self.payment.reference} came to no receipt, seen last: {seen}")

    async def _is_done(self) -> bool:
        """One step on; True before the receipt."""
        if not self.tab.connected:
            kept = self.bench.dice.random() < 0.5  # the page was there all the time, or was loaded again
            await (self.tab.reconnect() if kept else self.tab.reload())
        screen = await self.tab.settled()
        self.look(screen)
        if screen.has(SIGN_IN):
            if not self.signed_out:
                self.row.fault("session_errors", f"{self.person.name} had to sign in again")
            await self.sign_in()
        elif self.tab.page != "payments" or f"student={self.payment.student_id}" not in self.tab.query:
            await self.tab.go("payments", self.address)
        elif screen.has(NEW):
            if self.payment.reference not in screen.words():
                self.row.fault("foreign", f"{self.payment.reference} was shown another receipt")
            return True
        elif screen.has(RECORD):
            await self.type()
            await self.tab.act(RECORD)
        else:
            await self.tab.reload()
        return False

    def gone(self, gone: Gone) -> None:
        """A fault, unless a server was killed meanwhile."""
        self.tab.drop()
        if self.bench.fleet.deaths == self._deaths:
            self.row.fault("session_errors", str(gone))

    def look(self, screen: Screen) -> None:
        """Whatever stands on the screen is this person's, and in order."""
        for said in screen.errors():
            self.row.fault("page_errors", said)
        if screen.has(SIGN_IN):
            if not screen.signed_out:
                self.row.fault("foreign", f"the sign-in stands among {screen.title} and {screen.pages}")
            return
        words = screen.words()
        if screen.elements and self.person.full_name not in words:
            self.row.fault("foreign", f"{self.person.name} was shown the page of somebody else")
        if self.tab.page == "payments":
            for other in self.bench.school.people:
                if other.user_id != self.person.user_id and other.tag in words:
                    self.row.fault("foreign", f"{self.person.name} was shown what {other.name} typed")
            self._look_at_receipts(screen)

    def _look_at_receipts(self, screen: Screen) -> None:
        listed = {str(cell) for row in screen.tables() for cell in row if DOCUMENT.fullmatch(str(cell))}
        if not listed:
            return
        with self.bench.school.database.reading() as session:
            own = ledger.recent_receipts(session, actor_id=self.person.user_id, limit=1000)
        for document in listed - {row.document for row in own}:
            self.row.fault("foreign", f"{document} is listed as a receipt of {self.person.name}")

    def judge(self) -> None:
        """What the books say of the payment, after all is over."""
        self.row.ms += self.tab.slow
        self.tab.slow = []
        judge(self.bench, self.row, self.payment)


def judge(bench: Bench, row: Row, payment: Payment) -> None:
    """One more payment that was tried: in the books once and whole, or a fault."""
    row.tried += 1
    found = _in_the_books(bench.school, payment)
    if not found:
        row.fault("lost", f"{payment.reference} is not in the books")
    elif len(found) > 1:
        row.fault("doubled", f"{payment.reference} is in the books {len(found)} times")
    elif found != [(-payment.amount_minor, -payment.amount_minor)]:
        row.fault("half", f"{payment.reference} is in the books in part")
    else:
        row.once()


def _in_the_books(school: School, payment: Payment) -> list[tuple[int, int]]:
    """Total and sum of lines, + is owed, of each entry with this reference or this request id."""
    ours = (Entry.reference == payment.reference) | (Entry.request_id == payment.request_id)
    lines = select(func.sum(Line.amount)).where(Line.entry_id == Entry.id).scalar_subquery()
    with school.database.reading() as session:
        found = session.execute(select(Entry.total, lines).where(ours)).all()
    return [(total, int(of_lines or 0)) for total, of_lines in found]
