"""The facts of reminders: what each family has not paid, since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from school.documents.letterhead import Letterhead
from school.documents.reminder import STAGES, Overdue, ReminderFacts, ReminderStudent
from school.languages import Language
from school.ledger import queries as ledger
from school.ledger.queries import OpenCharge
from school.reports.letterheads import charge_name, families, letterhead, parts
from school.students import queries as students
from school.students.queries import StudentFacts

DAYS_TO_PAY = {1: 14, 2: 10, 3: 7}


def reminders(
    session: Session,
    family_ids: Sequence[int],
    stage: int,
    on: date | None = None,
    pay_by: date | None = None,
    *,
    subject: str | None = None,
    body: str | None = None,
) -> Iterator[ReminderFacts]:
    """A letter to each family that has something overdue on the day, in the order given."""
    head, day = letterhead(session), on or students.today(session)
    until = pay_by or day + timedelta(days=DAYS_TO_PAY[stage])
    for some in parts(family_ids):
        names, children = families(session, some)
        every = [child for found in children.values() for child in found]
        still_open = ledger.open_charges_of(session, every, as_at=day)
        facts = students.by_ids(session, still_open)
        for family_id in some:
            late = [
                _student(facts[child], overdue, head.language)
                for child in children.get(family_id, [])
                if (overdue := [c for c in still_open.get(child, []) if c.days_overdue > 0])
            ]
            if late:
                yield ReminderFacts(
                    head=head,
                    family_id=family_id,
                    stage=stage,
                    date=day,
                    pay_by=until,
                    to=names[family_id],
                    family=names[family_id],
                    subject=subject or head.say("{reminder}: fees overdue", reminder=head.say(STAGES[stage])),
                    body=body or _words(head, until),
                    students=tuple(late),
                )


def _words(head: Letterhead, until: date) -> str:
    return head.say("The fees listed here are overdue. Please pay them by {day}.", day=head.long_day(until))


def _student(student: StudentFacts, overdue: Sequence[OpenCharge], language: Language) -> ReminderStudent:
    return ReminderStudent(
        student.admission_no,
        student.name,
        student.class_name,
        tuple(Overdue(charge_name(c, language), c.due_date, c.days_overdue, c.open) for c in overdue),
    )
