"""Reminders in three stages: what a family has not paid, since when, and by when it is expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from school.documents.letterhead import Letterhead, paper

STAGES = {1: "Reminder", 2: "Second reminder", 3: "Last reminder"}


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
    return reminders_pdf([facts])


def reminders_pdf(many: Sequence[ReminderFacts]) -> bytes:
    """Many letters of one school as one PDF, each on pages of its own. Raises ValueError for none."""
    if not many:
        raise ValueError("there is nothing to print")
    said: list[dict[str, Any]] = []
    return paper("reminder", many[0].head, {"reminders": said})
