"""Presses of two clerks in one to three tabs, each interrupted at a random moment in a way chosen at random.

The storm keeps its own record of what was pressed and seen, and holds it against the books at the end. A seed
names the students, the presses, the interruptions and the moments; what the machine makes of them may differ.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace

from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as BrowserError
from sqlalchemy import select

from school.access import service
from school.access.models import User
from school.access.rules import COMMAND_LINE, FINANCE, HEAD
from tests.browsers import PERSON
from tests.interruptions import books, checker, desk, held, interruptions
from tests.interruptions.desk import Form, Office, Student
from tests.interruptions.tally import Tally
from tests.interruptions.wire_cutter import WireCutter
from tests.journeys import steps

CLERKS = ("carla", "cosmo")
TABS_EACH = 3
STUDENTS = 24
MOMENT_MAX_S = 0.4
HELD = 0.4  # so often the books are held while the press is made: then the interruption is surely within it
TOGETHER = 0.3  # so often all forms of a round are for one student
REMEMBERED_S = 2  # the server's session TTL; an outage may be longer
OUTAGE_MAX_S = 3.5
GLANCE_MS = 2_500
SERVER_OPTIONS = ("--server.disconnectedSessionTTL", str(REMEMBERED_S))
COLUMN = {"doubled": "doubled", "half": "half", "foreign": "foreign", "unknown": "foreign", "balance": "half"}

WRONG_BY_ERROR: dict[type[Exception], str] = {checker.Foreign: "foreign", checker.Trouble: "incidents"}

ALONE = (  # what meets one tab; a press that nothing meets is not part of the storm
    interruptions.double_click,
    interruptions.triple_click,
    interruptions.enter_twice,
    interruptions.reload,
    interruptions.back,
    interruptions.back_and_forward,
    interruptions.close_tab,
    interruptions.another_widget,
    interruptions.another_page,
)
PRESSES = interruptions.PRESSES
STAYS = {*PRESSES, interruptions.another_widget}  # the form's page is still in its tab
WHOLE = {  # what meets everybody in a round, by weight
    "socket dropped": 10,
    "socket dropped after the write": 6,
    "server killed": 5,
    "same address in another tab": 6,
    "signed out elsewhere": 5,
    "disabled": 4,
    "role changed": 4,
}
NOT_WHOLE = 60  # the weight of all rounds where each tab meets its own


@dataclass
class Clerk:
    """A user at a browser of their own. `signed_out` are the tabs that know nothing of the latest sign-in."""

    name: str
    context: BrowserContext
    tabs: list[Page]
    signed_out: set[Page] = field(default_factory=set)


def at_their_desks(office: Office, browser: Browser) -> list[Clerk]:
    """The clerks of the storm, new to the school, each signed in at a browser of their own."""
    clerks = []
    for name in CLERKS:
        office.user(name)
        context = browser.new_context(**PERSON, reduced_motion="reduce")
        office.seat(context, name)
        clerks.append(Clerk(name, context, [context.new_page() for _ in range(TABS_EACH)]))
        for tab in clerks[-1].tabs:  # the first page of a tab takes seconds
            tab.goto(f"{office.url}/payments")
            steps.expect_page(tab, "Payments")
    return clerks


@dataclass
class Pressed:
    """A press, the kind of its interruption, and the receipt seen without opening the address anew."""

    form: Form
    kind: str
    stays: bool
    at_once: str | None = None


@dataclass
class Storm:
    """`run(count)` interrupts so many presses and returns what came of them."""

    office: Office
    wire: WireCutter
    clerks: Sequence[Clerk]
    chance: random.Random
    say: Callable[[str], None] = lambda _: None
    tally: Tally = field(default_factory=Tally)
    pressed: list[Pressed] = field(default_factory=list)
    students: list[Student] = field(default_factory=list)

    def run(self, count: int) -> Tally:
        self.students = self.office.students(STUDENTS)
        while (left := count - len(self.pressed)) > 0:
            before = len(self.tally.wrong)
            self._round(left)
            self.say(f"{len(self.pressed)} of {count}")
            for sentence in self.tally.wrong[before:]:
                self.say(sentence)
        self._compare()
        return self.tally

    def _round(self, left: int) -> None:
        seats = [(clerk, n) for clerk in self.clerks for n in range(TABS_EACH)]
        taken = self.chance.sample(seats, k=min(left, self.chance.randint(1, 3)))
        students = [self.chance.choice(self.students) for _ in taken]
        if self.chance.random() < TOGETHER:
            students = students[:1] * len(students)
        [whole] = self.chance.choices(["", *WHOLE], weights=[NOT_WHOLE, *WHOLE.values()])
        try:
            forms = self._filled(taken, students)
        except (AssertionError, BrowserError) as error:
            seen = [_seen(clerk.tabs[n]) for clerk, n in taken]
            self.tally.note("a new form", "incidents", f"it did not open: {_first_lines(error)} {seen}")
            self._restore()
            return
        now = self._all_together(whole, forms) if whole else self._each_alone(forms)
        for (clerk, n), one in zip(taken, now, strict=True):
            clerk.tabs[n] = one.form.page
        self._restore()
        for one in now:
            self._glance(one)
        for one in now:
            self._look(one)
        self.pressed += now

    def _filled(self, taken: Sequence[tuple[Clerk, int]], students: Sequence[Student]) -> list[Form]:
        forms = []
        for (clerk, n), student in zip(taken, students, strict=True):
            tab = clerk.tabs[n]
            if tab not in clerk.signed_out and desk.receipt(tab).count():
                forms.append(self.office.begin_again(tab, clerk.name, student))
            else:
                forms += self.office.open([tab], clerk.name, [student])
                clerk.signed_out.discard(tab)
        for form in forms:
            desk.fill(form)
        return forms

    def _each_alone(self, forms: Sequence[Form]) -> list[Pressed]:
        kinds = [self.chance.choice(ALONE) for _ in forms]
        moments = [self.chance.uniform(0, MOMENT_MAX_S) for _ in forms]
        holding = self.chance.random() < HELD
        now = [
            Pressed(form, kind.__name__.replace("_", " "), kind in STAYS)
            for form, kind in zip(forms, kinds, strict=True)
        ]
        with held.writers_held(self.office.database) if holding else nullcontext():
            for one, kind, moment in zip(now, kinds, moments, strict=True):
                with self._noted(one):
                    if kind not in PRESSES:
                        desk.press(one.form)
                        time.sleep(moment)
                    kind(one.form)
        return now

    def _all_together(self, whole: str, forms: Sequence[Form]) -> list[Pressed]:
        moment = self.chance.uniform(0, MOMENT_MAX_S)
        outage = self.chance.uniform(0, OUTAGE_MAX_S)
        holding = self.chance.random() < HELD and whole in ("socket dropped", "server killed")
        meet: Callable[[Sequence[Form], float, float], None] = getattr(self, f"_{whole.replace(' ', '_')}")
        stays = whole in ("socket dropped", "socket dropped after the write", "server killed")
        now = [Pressed(form, whole, stays) for form in forms]
        with held.writers_held(self.office.database) if holding else nullcontext(), self._noted(now[0]):
            meet(forms, moment, outage)
        return now

    @contextmanager
    def _noted(self, one: Pressed) -> Iterator[None]:
        """What could not even be tried is noted, and the storm goes on."""
        try:
            yield
        except (AssertionError, BrowserError) as error:
            self.tally.note(one.kind, "incidents", f"{one.form.address}: {_first_lines(error)}")

    def _press(self, forms: Sequence[Form], moment: float) -> None:
        for form in forms:
            desk.press(form)
        time.sleep(moment)

    def _socket_dropped(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        self._press(forms, moment)
        self.wire.cut()
        time.sleep(outage)

    def _socket_dropped_after_the_write(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        self.wire.hold_answers()
        self._press(forms, moment)
        checker.wait_until_recorded(forms)
        self.wire.cut()
        time.sleep(outage)

    def _server_killed(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        self._press(forms, moment)
        self.office.site.stop(signal.SIGKILL)

    def _same_address_in_another_tab(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        busy = {form.page for form in forms}
        for form in forms:
            clerk = next(clerk for clerk in self.clerks if clerk.name == form.clerk)
            free = next((tab for tab in clerk.tabs if tab not in busy), None) or clerk.context.new_page()
            busy.add(free)
            again = replace(form, page=free)
            desk.reopen(again)
            desk.press(form)
            time.sleep(moment)
            with suppress(BrowserError):  # its own receipt may stand there already
                desk.record(free).click(timeout=500, no_wait_after=True)

    def _signed_out_elsewhere(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        self._press(forms, moment)
        for user_id in self._users(forms):
            with self.office.database.writing() as session:
                service.end_sign_ins(session, user_id=user_id, why="signed out")

    def _disabled(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        self._press(forms, moment)
        for user_id in self._users(forms):
            with self.office.database.writing() as session:
                service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="storm")

    def _role_changed(self, forms: Sequence[Form], moment: float, outage: float) -> None:
        self._press(forms, moment)
        for user_id in self._users(forms):
            with self.office.database.writing() as session:
                service.change_roles(session, actor=COMMAND_LINE, user_id=user_id, roles=[HEAD])

    def _users(self, forms: Sequence[Form]) -> list[int]:
        names = sorted({form.clerk for form in forms})
        with self.office.database.reading() as session:
            return list(session.scalars(select(User.id).where(User.name.in_(names))))

    def _restore(self) -> None:
        """Everything works again, and every clerk is signed in."""
        self.wire.mend()
        if self.office.site.process is None:
            self.office.site.start()
        for clerk in self.clerks:
            for tab in set(clerk.context.pages) - set(clerk.tabs):
                tab.close()
            with self.office.database.writing() as session:
                user = session.scalars(select(User).where(User.name == clerk.name)).one()
                if user.status == "disabled":
                    service.enable(session, actor=COMMAND_LINE, user_id=user.id)
                service.change_roles(session, actor=COMMAND_LINE, user_id=user.id, roles=[FINANCE])
            if not self.office.is_seated(clerk.context):
                self.office.seat(clerk.context, clerk.name)
                clerk.signed_out |= set(clerk.tabs)

    def _glance(self, one: Pressed) -> None:
        if one.stays:
            try:
                expect(desk.receipt(one.form.page)).to_be_visible(timeout=GLANCE_MS)
            except (AssertionError, BrowserError):
                return
            one.at_once = desk.number(one.form.page)

    def _look(self, one: Pressed) -> None:
        """Opens the address anew, and sees the payment through where the form stands."""
        row = self.tally.of(one.kind)
        row.tried += 1
        row.at_once += one.at_once is not None
        try:
            outcome = checker.settle(one.form, at_once=one.at_once)
        except (AssertionError, BrowserError) as error:
            column = WRONG_BY_ERROR.get(type(error), "lost")
            seen = _seen(one.form.page)
            self.tally.note(one.kind, column, f"{one.form.address}: {_first_lines(error)} {seen}")
            return
        row.recorded += outcome.recorded
        row.form_stood += outcome.form_stood
        row.reopened += outcome.recorded and one.at_once is None

    def _compare(self) -> None:
        """The storm's own record against the books."""
        kinds = {one.form.request_id: one.kind for one in self.pressed}
        for sentence in checker.wrongs(self.office.forms, self.office.database):
            kind = next((kinds[request] for request in kinds if request in sentence), "in the books")
            self.tally.note(kind, COLUMN[sentence.partition(":")[0]], sentence)
        found = books.recorded(self.office.database)
        for one in self.pressed:
            if one.form.request_id not in found:
                self.tally.note(one.kind, "lost", f"{one.form.address} is not in the books")
        for sentence in checker.troubles(self.office):
            self.tally.note("in the log or the books", "incidents", sentence)


def _seen(page: Page) -> str:
    """Where a tab is and what it says, for the one who looks for the cause."""
    state = page.locator("[data-test-script-state]").first
    try:
        script = state.get_attribute("data-test-script-state", timeout=500)
        return f"{page.url} {script} {page.get_by_role('main').inner_text(timeout=500)[:300]!r}"
    except BrowserError as error:
        return f"{page.url} {_first_lines(error)}"


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split("\n")[:6])[:400]
