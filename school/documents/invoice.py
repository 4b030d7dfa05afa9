"""Invoices: one bill, what it charges and forgives, and what is to pay by when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from school.documents import binding
from school.documents.letterhead import Letterhead, give_number, paper

ROWS_A_PAGE = 18  # more may not fit on one page


class Concession(NamedTuple):
    """What was forgiven at once, positive."""

    description: str
    amount_minor: int


class Charge(NamedTuple):
    """One charge of the bill, positive, and what was forgiven of it at once."""

    description: str
    due: dt.date
    amount_minor: int
    concessions: tuple[Concession, ...] = ()

    @property
    def net_minor(self) -> int:
        return self.amount_minor - sum(concession.amount_minor for concession in self.concessions)


class Instalment(NamedTuple):
    """What is to pay by a day, older debts included."""

    due: dt.date
    amount_minor: int


@dataclass(frozen=True)
class InvoiceFacts:
    """A bill as it was posted, and the account right after it. Facts that do not add up raise ValueError."""

    head: Letterhead
    number: str  # of the entry
    date: dt.date
    check_code: str
    to: str
    admission_no: str
    name: str
    class_name: str
    charges: tuple[Charge, ...]
    concessions: tuple[Concession, ...]  # those of no one charge
    total_minor: int  # charges less concessions
    before_minor: int  # the balance before it, + owed
    instalments: tuple[Instalment, ...]  # earliest first; they add up to what is owed after it
    reversed_by: str | None = None

    def __post_init__(self) -> None:
        less = sum(concession.amount_minor for concession in self.concessions)
        if self.total_minor != sum(charge.net_minor for charge in self.charges) - less:
            raise ValueError(f"{self.number}: the charges do not add up")
        if sum(part.amount_minor for part in self.instalments) != max(0, self.after_minor):
            raise ValueError(f"{self.number}: the instalments do not add up to what is owed")

    @property
    def after_minor(self) -> int:
        return self.before_minor + self.total_minor


def invoice_pdf(facts: InvoiceFacts) -> bytes:
    """The invoice as a tagged PDF; the same facts always give the same bytes."""
    return _set([facts])


def invoices_pdf(many: Iterable[InvoiceFacts]) -> bytes:
    """Many invoices of one school as one PDF, each on pages of its own. Raises ValueError for none."""
    return binding.bound(many, _set)


def invoices_zip(many: Iterable[InvoiceFacts]) -> bytes:
    """A PDF of each invoice, by admission number."""
    return binding.zipped(((file_name(facts), facts) for facts in many), invoice_pdf)


def file_name(facts: InvoiceFacts) -> str:
    """`S-1201 Amina Otieno, invoice 123`"""
    return binding.file_name(f"{facts.admission_no} {facts.name}, invoice {facts.number}")


def _set(some: Sequence[InvoiceFacts], tagged: bool = True) -> bytes:
    head, number = some[0].head, some[0].number
    title = head.say("Invoice {number}", number=number) if len(some) == 1 else head.say("Invoices")
    said = {"title": title, "letters": [_said(facts, facts.head) for facts in some]}
    return paper("invoice", head, said, tagged=tagged)


def _said(facts: InvoiceFacts, head: Letterhead) -> dict[str, Any]:
    """The facts as the words the template prints."""
    before, after = facts.before_minor, facts.after_minor
    charges = [row for charge in facts.charges for row in _charge(charge, head)]
    charges += _less(facts.concessions, head)
    about = (facts.admission_no, facts.class_name)
    return {
        "number": head.say("No. {number}, {day}", number=facts.number, day=head.long_day(facts.date)),
        "long": len(charges) + len(facts.instalments) > ROWS_A_PAGE,
        "to": facts.to,
        "name": facts.name,
        "about": "  ·  ".join(text for text in about if text.strip()),
        "due_kind": head.say("To pay") if after > 0 else head.say("Nothing to pay"),
        "due": head.amount_with_code(max(0, after)),
        "notes": _notes(facts, head),
        "reversed_by": facts.reversed_by,
        "charges": charges,
        "total": head.amount(facts.total_minor),
        "before": [_stood(before, head), head.amount(abs(before))] if before else [],
        "after": [
            head.say("To pay") if after >= 0 else head.say("Credit left"),
            head.amount(abs(after)),
        ],
        "instalments": _instalments(facts, head),
        "reference": give_number(facts.admission_no, head.language),
        "proof": head.say("Check code {code}", code=facts.check_code),
    }


def _charge(charge: Charge, head: Letterhead) -> list[tuple[str, str, str]]:
    rows = [(charge.description, head.day(charge.due), head.amount(charge.amount_minor))]
    return rows + _less(charge.concessions, head)


def _less(concessions: Sequence[Concession], head: Letterhead) -> list[tuple[str, str, str]]:
    return [
        (
            head.say("less {what}", what=concession.description),
            "",
            f"\u2212{head.amount(concession.amount_minor)}",
        )
        for concession in concessions
    ]


def _stood(before: int, head: Letterhead) -> str:
    return head.say("Owed before it") if before > 0 else head.say("Less the credit before it")


def _notes(facts: InvoiceFacts, head: Letterhead) -> list[str]:
    """How much of it is late, and by when the rest is expected, where that is one day."""
    late = sum(part.amount_minor for part in facts.instalments if part.due < facts.date)
    still = [part for part in facts.instalments if part.due >= facts.date]
    notes = [head.say("of it overdue {amount}", amount=head.amount(late))] if late else []
    if len(still) == 1:
        day = head.long_day(still[0].due)
        notes.append(head.say("the rest by {day}", day=day) if late else head.say("by {day}", day=day))
    return notes


def _instalments(facts: InvoiceFacts, head: Letterhead) -> list[tuple[str, str]]:
    """What was late before is one part, due at once."""
    late = [part for part in facts.instalments if part.due < facts.date]
    rows = []
    if late:
        overdue = sum(part.amount_minor for part in late)
        since = head.say("At once: overdue since {day}", day=head.long_day(late[0].due))
        rows.append((since, head.amount(overdue)))
    return rows + [
        (head.say("By {day}", day=head.long_day(part.due)), head.amount(part.amount_minor))
        for part in facts.instalments[len(late) :]
    ]
