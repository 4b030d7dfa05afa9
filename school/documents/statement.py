"""Statements: what an account, or a family's accounts, came to in a period, and what is due of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from school.documents import binding
from school.documents import share as shares
from school.documents.letterhead import Letterhead, give_number, late, numbers, paper, width
from school.documents.share import PayerShare

ROWS_A_PAGE = 24  # more may not fit on one page


class Movement(NamedTuple):
    """What took the account to `balance_minor`; + is owed."""

    date: dt.date
    description: str
    due: dt.date | None  # of a charge
    amount_minor: int
    balance_minor: int


class DueCharge(NamedTuple):
    """What is open of one charge on the day of the statement."""

    description: str
    due: dt.date
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
    since: dt.date | None  # None is from the beginning
    as_at: dt.date  # the last day; what is due is due by it
    students: tuple[StatementStudent, ...]
    ageing: Ageing
    share: PayerShare | None = None  # of the one who is written to; None is the whole

    def __post_init__(self) -> None:
        if not self.students:
            raise ValueError("a statement is of somebody")
        if self.ageing.balance != self.balance_minor:
            raise ValueError("what is open does not add up to the balance")
        if self.share and self.share.family.closing != self.balance_minor:
            raise ValueError("the share is of another balance")

    @property
    def balance_minor(self) -> int:
        return sum(student.closing_minor for student in self.students)

    @property
    def owed_minor(self) -> int:
        """By who is written to: the whole, or the payer's part of it."""
        return self.share.own.closing if self.share else self.balance_minor


def statement_pdf(facts: StatementFacts) -> bytes:
    """The statement as a tagged PDF; the same facts always give the same bytes."""
    return _set([facts])


def statements_pdf(many: Iterable[StatementFacts]) -> bytes:
    """Many statements of one school as one PDF, each on pages of its own. Raises ValueError for none."""
    return binding.bound(many, _set)


def statements_zip(many: Iterable[StatementFacts]) -> bytes:
    """A PDF of each statement, by admission number, or by name where it is a family's."""
    return binding.zipped(((file_name(facts), facts) for facts in many), statement_pdf)


def file_name(facts: StatementFacts) -> str:
    """`S-1201 Amina Otieno`, `Grace Wanjiru`"""
    number = f"{facts.students[0].admission_no} " if len(facts.students) == 1 else ""
    payer = f" - {facts.share.name}" if facts.share and len(facts.students) == 1 else ""
    return binding.file_name(f"{number}{_name(facts)}{payer}")


def _set(some: Sequence[StatementFacts], tagged: bool = True) -> bytes:
    head = some[0].head
    title = head.say("Statement of {name}", name=_name(some[0])) if len(some) == 1 else head.say("Statements")
    said = {"title": title, "letters": [_said(facts, facts.head) for facts in some]}
    return paper("statement", head, said, tagged=tagged)


def _said(facts: StatementFacts, head: Letterhead) -> dict[str, Any]:
    """The facts as the words the template prints."""
    name, students = _name(facts), facts.students
    moved = [_movements(student, head) for student in students]
    opened = [_open(student, charge, facts) for student in students for charge in student.open_charges]
    return {
        "name": name,
        "long": sum(map(len, moved)) + len(opened) + 3 * len(students) + _of_share(facts) > ROWS_A_PAGE,
        "about": _about(students[0]) if len(students) == 1 else numbers(facts.students),
        "to": "" if facts.to == name else facts.to,
        "as_at": head.say("As at {day}", day=head.long_day(facts.as_at)),
        "since": head.day(facts.since) if facts.since else "",
        "until": head.day(facts.as_at),
        "period": _period(facts, head),
        "balance_kind": head.say("In credit") if facts.owed_minor < 0 else head.say("Balance owed"),
        "balance": head.amount_with_code(abs(facts.owed_minor)),
        "notes": shares.notes(facts.share, head) if facts.share else _notes(facts.ageing, head),
        "share": shares.said(facts.share, head) if facts.share else None,
        "students": [
            {
                "name": student.name,
                "about": _about(student),
                "opening": _balance(student.opening_minor, head),
                "closing": _balance(student.closing_minor, head),
                "movements": rows,
            }
            for student, rows in zip(students, moved, strict=True)
        ],
        "wide": _widths(facts, head),
        "ageing": [head.amount(part) if part else "" for part in facts.ageing] if any(facts.ageing) else [],
        "open": opened,
        "reference": give_number(numbers(students), head.language),
    }


def _of_share(facts: StatementFacts) -> int:
    """The rows its table takes."""
    return 2 + len(shares.rows(facts.share)) if facts.share else 0


def _period(facts: StatementFacts, head: Letterhead) -> str:
    until = head.day(facts.as_at)
    if facts.since is None:
        return head.say("Everything up to {until}", until=until)
    return head.say("From {since} to {until}", since=head.day(facts.since), until=until)


def _name(facts: StatementFacts) -> str:
    return facts.students[0].name if len(facts.students) == 1 or not facts.to else facts.to


def _about(student: StatementStudent) -> str:
    return "  ·  ".join(text for text in (student.admission_no, student.class_name) if text.strip())


def _notes(ageing: Ageing, head: Letterhead) -> list[str]:
    """What of the balance is late, and what is still to come."""
    overdue = sum(ageing[1:5])
    notes = [head.say("of it overdue {amount}", amount=head.amount(overdue))] if overdue else []
    if ageing.not_due:
        notes.append(head.say("not yet due {amount}", amount=head.amount(ageing.not_due)))
    return notes


def _movements(student: StatementStudent, head: Letterhead) -> list[tuple[str, ...]]:
    return [
        (
            head.day(movement.date),
            _what(movement, head),
            head.amount(movement.amount_minor) if movement.amount_minor > 0 else "",
            head.amount(-movement.amount_minor) if movement.amount_minor < 0 else "",
            _balance(movement.balance_minor, head),
        )
        for movement in student.movements
    ]


def _what(movement: Movement, head: Letterhead) -> str:
    if movement.due is None:
        return movement.description
    return head.say("{what} · due {day}", what=movement.description, day=head.day(movement.due))


def _open(student: StatementStudent, charge: DueCharge, facts: StatementFacts) -> tuple[str, ...]:
    head, several = facts.head, len(facts.students) > 1
    return (
        head.say("{name}: {what}", name=student.name, what=charge.description)
        if several
        else charge.description,
        head.day(charge.due),
        late((facts.as_at - charge.due).days, head.language),
        head.amount(charge.open_minor),
    )


def _balance(minor: int, head: Letterhead) -> str:
    """`1,250.00`, `40.00 credit`: never a bare sign."""
    return head.say("{amount} credit", amount=head.amount(-minor)) if minor < 0 else head.amount(minor)


def _widths(facts: StatementFacts, head: Letterhead) -> dict[str, int]:
    """What the columns take, so that the compiler need not measure every cell of them."""
    moved = [movement for student in facts.students for movement in student.movements]
    balances = [m.balance_minor for m in moved] + [s.opening_minor for s in facts.students]
    amounts = [max((abs(m.amount_minor) for m in moved), default=0), max(map(abs, facts.ageing))]
    largest = max(map(abs, balances), default=0)
    days = [m.date for m in moved] + [facts.as_at]
    days += [charge.due for student in facts.students for charge in student.open_charges]
    return {
        "day": width(map(head.day, days)),
        "amount": width(map(head.amount, amounts)),
        "balance": width([_balance(-largest if min(balances, default=0) < 0 else largest, head)]),
    }
