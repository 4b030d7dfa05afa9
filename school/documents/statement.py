"""Statements: what an account, or a family's accounts, came to in a period, and what is due of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from school.documents.letterhead import Letterhead, paper


class Movement(NamedTuple):
    """What took the account to `balance_minor`; + is owed."""

    date: date
    description: str
    amount_minor: int
    balance_minor: int


class DueCharge(NamedTuple):
    """What is open of one charge on the day of the statement."""

    description: str
    due: date
    open_minor: int


class Ageing(NamedTuple):
    """Minor units, never below 0: Σ of the first five − credit = the balance."""

    not_due: int = 0
    days_1_30: int = 0
    days_31_60: int = 0
    days_61_90: int = 0
    over_90: int = 0
    credit: int = 0

    @property
    def balance(self) -> int:
        return sum(self[:5]) - self.credit


@dataclass(frozen=True)
class StatementStudent:
    """One child's account in the period: opening + Σ movements = closing, or ValueError."""

    admission_no: str
    name: str
    class_name: str
    opening_minor: int
    movements: tuple[Movement, ...]
    closing_minor: int
    open_charges: tuple[DueCharge, ...]  # oldest due first

    def __post_init__(self) -> None:
        balance = self.opening_minor
        for movement in self.movements:
            balance += movement.amount_minor
            if movement.balance_minor != balance:
                raise ValueError(f"{self.admission_no}: the balance does not run")
        if balance != self.closing_minor:
            raise ValueError(f"{self.admission_no}: the movements do not lead to the closing balance")


@dataclass(frozen=True)
class StatementFacts:
    """A statement as at the end of its period. One child, or all children of a family with one balance."""

    head: Letterhead
    to: str  # who is written to; may be empty
    since: date | None  # None is from the beginning
    as_at: date  # the last day; what is due is due by it
    students: tuple[StatementStudent, ...]
    ageing: Ageing

    def __post_init__(self) -> None:
        if not self.students:
            raise ValueError("a statement is of somebody")
        if self.ageing.balance != self.balance_minor:
            raise ValueError("what is open does not add up to the balance")

    @property
    def balance_minor(self) -> int:
        return sum(student.closing_minor for student in self.students)


def statement_pdf(facts: StatementFacts) -> bytes:
    """The statement as a tagged PDF; the same facts always give the same bytes."""
    return statements_pdf([facts])


def statements_pdf(many: Sequence[StatementFacts]) -> bytes:
    """Many statements of one school as one PDF, each on pages of its own. Raises ValueError for none."""
    if not many:
        raise ValueError("there is nothing to print")
    said: list[dict[str, Any]] = []
    return paper("statement", many[0].head, {"statements": said})
