"""Clerks at their desks: students who owe, forms in tabs, a press, and what stands on the screen after it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import BrowserContext, Locator, Page, expect
from playwright.sync_api import Error as BrowserError
from sqlalchemy import select

from school.access import queries
from school.access.models import User
from school.access.rules import FINANCE
from school.clock import now
from school.db import Database
from tests import make, people
from tests.interruptions import books, held
from tests.journeys import steps
from tests.journeys.steps import PATIENCE_MS
from tests.serving import Site

CLICK_AGAIN_MS, CLICKS_MAX = 10_000, 4  # a page whose socket is still down does not hear a click
COOKIE = "school_sign_in"
OWED = 90_000_000  # minor units: more than a student here ever pays
LEAST, STEP, STEPS = 10_000, 37, 2_400  # each form its own amount, below 1,000.00 as it is written
REQUEST = re.compile(r"[?&]payment=([0-9a-f-]{36})")
RECEIPT = re.compile(r"Receipt (R-\d{6})")
STUDENT = re.compile(r"Zuri \d{5}")

Screen = Literal["receipt", "form", "sign in", "refused"]

_numbers = itertools.count(50_001)  # no admission number is like it: a name finds one student


@dataclass(frozen=True)
class Student:
    id: int
    name: str


@dataclass
class Form:
    """A payment form that stands in a tab, filled and not yet pressed. `amount` is minor units."""

    office: Office
    page: Page
    clerk: str
    student: Student
    amount: int
    request_id: str = ""

    @property
    def address(self) -> str:
        return f"{self.office.url}/payments?payment={self.request_id}&student={self.student.id}"

    @property
    def typed(self) -> str:
        return f"{self.amount // 100}.{self.amount % 100:02d}"


@dataclass
class Office:
    """A school's running server, reached at `url`, and everything that was put on its forms."""

    site: Site
    url: str
    forms: list[Form] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.site.database

    def students(self, count: int) -> list[Student]:
        """So many new students, each of whom owes far more than one payment."""
        today, made = now().date(), []
        with self.database.writing() as session:
            for _ in range(count):
                name = f"Zuri {next(_numbers):05d}"
                student = Student(make.student(session, name, guardian=f"Guardian of {name}"), name)
                make.bill(session, student.id, (OWED, today), on=today, request=f"bill of {name}")
                made.append(student)
        return made

    def user(self, name: str, role: str = FINANCE) -> int:
        """A new user who may sign in; the id."""
        with self.database.writing() as session:
            return people.user(session, role, name=name)

    def seat(self, context: BrowserContext, name: str) -> None:
        """The browser holds the cookie of a new sign-in of this user from now on."""
        with self.database.writing() as session:
            user_id = session.scalars(select(User.id).where(User.name == name)).one()
            token = people.cookie(session, user_id)
        context.add_cookies(
            [{"name": COOKIE, "value": token, "url": self.site.url, "httpOnly": True, "sameSite": "Strict"}]
        )

    def is_seated(self, context: BrowserContext) -> bool:
        """Whether the cookie of this browser opens pages."""
        held = next((c["value"] for c in context.cookies() if c["name"] == COOKIE), None)
        with self.database.reading() as session:
            return held is not None and queries.sign_in_of_token(session, held) is not None

    def open(self, tabs: Sequence[Page], clerk: str, students: Iterable[Student] | None = None) -> list[Form]:
        """A new form in every tab, all loading at once, each for a new student unless they are named."""
        chosen = list(students) if students is not None else self.students(len(tabs))
        forms = [
            Form(self, tab, clerk, student, LEAST + STEP * (next(_numbers) % STEPS))
            for tab, student in zip(tabs, chosen, strict=True)
        ]
        for form in forms:
            form.page.goto(f"{self.url}/payments?student={form.student.id}", wait_until="commit")
        for form in forms:
            expect(amount(form.page)).to_be_visible(timeout=PATIENCE_MS)
            form.page.wait_for_url(REQUEST, timeout=PATIENCE_MS)
            form.request_id = request_id(form.page)
        self.forms += forms
        return forms

    def begin_again(self, tab: Page, clerk: str, student: Student) -> Form:
        """The next form in a tab where a receipt stands, by its button and by finding the student."""
        form = Form(self, tab, clerk, student, LEAST + STEP * (next(_numbers) % STEPS))
        before = request_id(tab)
        steps.settled(tab)
        search = tab.get_by_role("searchbox", name="Student")
        for _ in range(CLICKS_MAX):
            with suppress(AssertionError, BrowserError):
                tab.get_by_role("button", name="New payment").click(timeout=CLICK_AGAIN_MS)
                expect(search).to_be_visible(timeout=CLICK_AGAIN_MS)
                break
        expect(search).to_be_visible(timeout=PATIENCE_MS)
        expect(search).to_have_value("", timeout=PATIENCE_MS)
        steps.settled(tab)
        search.fill(student.name)
        expect(tab.get_by_role("heading", name=student.name)).to_be_visible(timeout=PATIENCE_MS)
        tab.wait_for_url(lambda url: before not in url and f"student={student.id}" in url)
        form.request_id = request_id(tab)
        self.forms.append(form)
        return form

    def filled(
        self, tabs: Sequence[Page], clerk: str, students: Iterable[Student] | None = None
    ) -> list[Form]:
        """As `open`, and everything typed that a payment needs."""
        forms = self.open(tabs, clerk, students)
        for form in forms:
            fill(form)
        return forms


def request_id(page: Page) -> str:
    """The request id in the address, or nothing."""
    found = REQUEST.search(page.url)
    return found[1] if found else ""


def amount(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Amount received")


def record(page: Page) -> Locator:
    return page.get_by_role("button", name="Record payment")


def receipt(page: Page) -> Locator:
    return page.get_by_role("heading", name=RECEIPT)


def cash(page: Page) -> Locator:
    return page.get_by_role("radiogroup", name="How it came").get_by_role("radio", name="Cash")


def fill(form: Form) -> None:
    """The amount and how it came, until the page says what it would pay and what was typed is kept."""
    steps.settled(form.page)
    amount(form.page).fill(form.typed)
    if not cash(form.page).is_checked():
        form.page.get_by_role("radiogroup", name="How it came").get_by_text("Cash", exact=True).click()
    expect(form.page.get_by_text(f"Pays {form.typed} of Tuition")).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(form.page)
    held.until(lambda: books.typed(form.office.database, form.request_id) == form.typed, every_s=0.01)


def press(form: Form) -> None:
    record(form.page).click(no_wait_after=True)


def screen(page: Page) -> Screen:
    """What stands there once everything is drawn."""
    sign_in = page.get_by_label("User name")
    refused = page.get_by_role("heading", name="Not for your role")
    anything = receipt(page).or_(record(page)).or_(sign_in).or_(refused)
    expect(anything.first).to_be_visible(timeout=PATIENCE_MS)
    steps.settled(page)
    if receipt(page).count():
        return "receipt"
    if sign_in.count():
        return "sign in"
    return "refused" if refused.count() else "form"


def reopen(form: Form, page: Page | None = None) -> Screen:
    """What the form's address shows when it is opened anew, in its own tab or in another."""
    form.page = page or form.page
    try:
        form.page.goto(form.address)
    except BrowserError:  # the tab was still on its way somewhere else
        form.page.goto(form.address)
    return screen(form.page)


def number(page: Page) -> str | None:
    """The number of the receipt on the screen."""
    found = RECEIPT.search(receipt(page).inner_text()) if receipt(page).count() else None
    return found[1] if found else None
