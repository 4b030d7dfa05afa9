"""Screen and books side by side: no payment lost, doubled or half, nothing stale, nothing of anybody else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from playwright.sync_api import Page, expect

from school.db import Database
from tests.interruptions import books, desk, held
from tests.interruptions.books import Recorded
from tests.interruptions.desk import OWED, Form, Office
from tests.journeys.steps import PATIENCE_MS

TROUBLE = ("incident", "Traceback", "the books disagree")
TOLD = ("noted as incident", "Traceback")
DOCUMENT = re.compile(r"R-\d{6}")


class Foreign(AssertionError):
    """Something of somebody else was on the screen."""


class Trouble(AssertionError):
    """The page has met a fault of ours."""


@dataclass(frozen=True)
class Outcome:
    """`at_once` is the receipt seen without opening the address anew."""

    at_once: str | None
    recorded: bool
    form_stood: bool


def settle(form: Form, *, at_once: str | None = None, page: Page | None = None) -> Outcome:
    """Opens the form's address anew and holds what stands there against the books; then sees it through.

    Where the form stands again, with what was typed, it is pressed: that records it, once.
    """
    before = books.is_recorded(form.office.database, form.request_id)
    seen = desk.reopen(form, page)
    assert seen in ("receipt", "form"), f"{seen} at {form.address}"
    assert not (before and seen == "form"), f"recorded, but the form stands again at {form.address}"
    assert not (at_once and seen == "form"), f"{at_once} was shown, but the form stands again"
    if seen == "form":
        expect_what_was_typed(form)
        desk.press(form)
    expect_receipt(form)
    shown = desk.number(form.page)
    assert at_once in (None, shown), f"{at_once} was shown, now {shown}"
    expect_clean(form.page, form)
    return Outcome(at_once, recorded=seen == "receipt", form_stood=seen == "form")


def wait_until_recorded(forms: Sequence[Form]) -> None:
    """Returns once the books have them all, whatever the screens show."""
    for form in forms:
        held.until(partial(books.is_recorded, form.office.database, form.request_id), every_s=0.01)


def expect_what_was_typed(form: Form) -> None:
    """The form stands for its student, with the amount and how it came."""
    expect(form.page.get_by_role("heading", name=form.student.name)).to_be_visible(timeout=PATIENCE_MS)
    expect(desk.amount(form.page)).to_have_value(form.typed, timeout=PATIENCE_MS)
    expect(desk.cash(form.page)).to_be_checked(timeout=PATIENCE_MS)


def expect_receipt(form: Form) -> str:
    """The receipt of this form and of no other stands there, as it is in the books; its number."""
    expect(desk.receipt(form.page)).to_be_visible(timeout=PATIENCE_MS)
    expect(form.page.get_by_text(f"USD {form.typed}")).to_be_visible(timeout=PATIENCE_MS)
    expect(form.page.get_by_text(f"for {form.student.name}")).to_be_visible(timeout=PATIENCE_MS)
    shown = desk.number(form.page)
    found = books.recorded(form.office.database, [form.request_id]).get(form.request_id, [])
    assert [payment.document for payment in found] == [shown]
    return str(shown)


def expect_clean(page: Page, form: Form) -> None:
    """No stack trace, no incident; the right name at the side; nobody's receipts but this clerk's."""
    html = page.content()
    if page.get_by_test_id("stException").count() or any(word in html for word in TOLD):
        raise Trouble(f"an incident or a stack trace at {form.address}")
    expect(page.get_by_text(re.compile(f"^{form.clerk.title()} · ")).first).to_be_visible(timeout=PATIENCE_MS)
    if strange := foreign(form, html):
        raise Foreign(f"{', '.join(sorted(strange))} at {form.address}")


def foreign(form: Form, html: str) -> set[str]:
    """Students and receipts on the screen that this clerk has no business with here."""
    database = form.office.database
    own = books.students_of(database, form.clerk)
    names = {each.student.name for each in form.office.forms if each.student.id in own} | {form.student.name}
    documents = books.documents_of(database, form.clerk)
    if shown := desk.number(form.page):
        documents.add(shown)
    return (set(desk.STUDENT.findall(html)) - names) | (set(DOCUMENT.findall(html)) - documents)


def wrongs(forms: Iterable[Form], database: Database) -> list[str]:
    """Every way in which the books differ from what was put on these forms; none when all is well."""
    by_request = {form.request_id: form for form in forms}
    found = books.recorded(database)
    wrong = []
    for request, payments in found.items():
        if request not in by_request:
            wrong.append(f"unknown: {payments[0].document} was pressed by nobody")
        else:
            wrong += _wrong_of(by_request[request], payments)
    return [*wrong, *_wrong_balances(by_request.values(), found, database)]


def _wrong_of(form: Form, payments: Sequence[Recorded]) -> Iterator[str]:
    if len(payments) > 1:
        yield f"doubled: {form.request_id} is {', '.join(p.document for p in payments)}"
    for payment in payments:
        if not payment.whole or payment.amount != form.amount:
            yield f"half: {form.request_id} is {payment.amount}, not {form.amount}"
        if payment.student_ids != {form.student.id}:
            yield f"foreign: {form.request_id} is not for {form.student.name} alone"
        if payment.actor != form.clerk:
            yield f"foreign: {form.request_id} is by {payment.actor}, not {form.clerk}"


def _wrong_balances(
    forms: Iterable[Form], found: Mapping[str, Sequence[Recorded]], database: Database
) -> Iterator[str]:
    paid: Counter[int] = Counter()
    for payment in chain.from_iterable(found.values()):
        for student_id in payment.student_ids:
            paid[student_id] += payment.amount
    for student_id in {form.student.id for form in forms}:
        balance, expected = books.balance(database, student_id), OWED - paid[student_id]
        if balance != expected:
            yield f"balance: {balance} where {expected} is owed by student {student_id}"


def expect_books(office: Office, pressed: Sequence[Form]) -> None:
    """Each of these forms is recorded once and whole, and nothing went wrong on the way."""
    found = books.recorded(office.database, [form.request_id for form in pressed])
    assert {request: len(payments) for request, payments in found.items()} == {
        form.request_id: 1 for form in pressed
    }
    expect_nothing_wrong(office)


def expect_nothing_wrong(office: Office) -> None:
    assert wrongs(office.forms, office.database) == []
    assert troubles(office) == []


def troubles(office: Office) -> list[str]:
    """What `verify` finds, incidents, and what the server's log should not have; none when all is well."""
    logged = [line for line in office.site.log.splitlines() if any(word in line for word in TROUBLE)]
    return books.findings(office.database) + books.incidents(office.database) + logged
