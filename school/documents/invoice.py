"""Invoices: one bill, what it charges and forgives, and what is to pay by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from school.documents.letterhead import Letterhead, paper


class Charge(NamedTuple):
    """One charge of the bill and what was forgiven of it at once, both positive."""

    description: str
    due: date
    amount_minor: int
    concession_minor: int = 0
    concession: str = ""  # what it is called


class Instalment(NamedTuple):
    """What is to pay by a day, older debts included."""

    due: date
    amount_minor: int


@dataclass(frozen=True)
class InvoiceFacts:
    """A bill as it was posted, and the account right after it. Facts that do not add up raise ValueError."""

    head: Letterhead
    number: str  # of the entry
    date: date
    check_code: str
    to: str
    admission_no: str
    name: str
    class_name: str
    charges: tuple[Charge, ...]
    total_minor: int  # charges less concessions
    before_minor: int  # the balance before it, + owed
    instalments: tuple[Instalment, ...]  # earliest first; they add up to what is owed after it
    reversed_by: str | None = None

    def __post_init__(self) -> None:
        if self.total_minor != sum(c.amount_minor - c.concession_minor for c in self.charges):
            raise ValueError(f"{self.number}: the charges do not add up")
        if sum(part.amount_minor for part in self.instalments) != max(0, self.after_minor):
            raise ValueError(f"{self.number}: the instalments do not add up to what is owed")

    @property
    def after_minor(self) -> int:
        return self.before_minor + self.total_minor


def invoice_pdf(facts: InvoiceFacts) -> bytes:
    """The invoice as a tagged PDF; the same facts always give the same bytes."""
    return invoices_pdf([facts])


def invoices_pdf(many: Sequence[InvoiceFacts]) -> bytes:
    """Many invoices of one school as one PDF, each on pages of its own. Raises ValueError for none."""
    if not many:
        raise ValueError("there is nothing to print")
    said: list[dict[str, Any]] = []
    return paper("invoice", many[0].head, {"invoices": said})
