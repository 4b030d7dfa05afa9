"""Reminders in three stages: what a family has not paid, since when, and by when it is expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from school.documents import binding
from school.documents.letterhead import Letterhead, give_number, late, numbers, paper
from school.languages import later

ROWS_A_PAGE, LETTERS_A_ROW = 20, 90  # more may not fit on one page

STAGES = {1: later("Reminder"), 2: later("Second reminder"), 3: later("Last reminder")}


class Overdue(NamedTuple):
    """What is open of a charge that should have been paid."""

    description: str
    due: dt.date
    days: int
    open_minor: int


class ReminderStudent(NamedTuple):
    admission_no: str
    name: str
    class_name: str
    overdue: tuple[Overdue, ...]  # oldest due first

    @property
    def total_minor(self) -> int:
        return sum(charge.open_minor for charge in self.overdue)


@dataclass(frozen=True)
class ReminderFacts:
    """The words come as they shall be read; `family` is how the family account is called."""

    head: Letterhead
    family_id: int
    stage: int
    date: dt.date
    pay_by: dt.date
    to: str
    family: str
    subject: str
    body: str  # paragraphs, an empty line between them
    students: tuple[ReminderStudent, ...]

    @property
    def total_minor(self) -> int:
        return sum(student.total_minor for student in self.students)


def reminder_pdf(facts: ReminderFacts) -> bytes:
    """The letter as a tagged PDF; the same facts always give the same bytes."""
    return _set([facts])


def reminders_pdf(many: Iterable[ReminderFacts]) -> bytes:
    """Many letters of one school as one PDF, each on pages of its own. Raises ValueError for none."""
    return binding.bound(many, _set)


def reminders_zip(many: Iterable[ReminderFacts]) -> bytes:
    """A PDF of each letter, by the name of the family."""
    return binding.zipped(((file_name(facts), facts) for facts in many), reminder_pdf)


def file_name(facts: ReminderFacts) -> str:
    """`Grace Wanjiru, reminder`"""
    return binding.file_name(f"{facts.family}, {STAGES[facts.stage].lower()}")


def _set(some: Sequence[ReminderFacts], tagged: bool = True) -> bytes:
    head = some[0].head
    said = {"title": _title(some, head), "letters": [_said(facts, facts.head) for facts in some]}
    return paper("reminder", head, said, tagged=tagged)


def _title(some: Sequence[ReminderFacts], head: Letterhead) -> str:
    if len(some) > 1:
        return head.say("Reminders")
    return head.say("{reminder} for {name}", reminder=head.say(STAGES[some[0].stage]), name=some[0].family)


def _said(facts: ReminderFacts, head: Letterhead) -> dict[str, Any]:
    """The facts as the words the template prints."""
    body = [" ".join(part.split()) for part in facts.body.split("\n\n")]
    rows = sum(len(student.overdue) + 2 for student in facts.students)
    return {
        "stage": head.say(STAGES[facts.stage]),
        "long": rows + len(facts.body) // LETTERS_A_ROW > ROWS_A_PAGE,
        "date": head.long_day(facts.date),
        "to": facts.to,
        "family": facts.family,
        "subject": facts.subject,
        "about": numbers(facts.students),
        "total": head.amount_with_code(facts.total_minor),
        "sum": head.amount(facts.total_minor),
        "pay_by": head.say("by {day}", day=head.long_day(facts.pay_by)),
        "body": [part for part in body if part],
        "students": [_student(student, head) for student in facts.students],
        "reference": give_number(numbers(facts.students), head.language),
    }


def _student(student: ReminderStudent, head: Letterhead) -> dict[str, Any]:
    about = (student.admission_no, student.class_name)
    return {
        "name": student.name,
        "about": "  ·  ".join(text for text in about if text.strip()),
        "overdue": [
            (
                charge.description,
                head.day(charge.due),
                late(charge.days, head.language),
                head.amount(charge.open_minor),
            )
            for charge in student.overdue
        ],
        "total": head.amount(student.total_minor),
    }
