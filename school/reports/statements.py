"""The facts of statements, invoices and reminders, read set by set: one as cheaply as a thousand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy.orm import Session

from school import clock
from school.documents.invoice import InvoiceFacts
from school.documents.letterhead import Letterhead
from school.documents.reminder import ReminderFacts
from school.documents.statement import StatementFacts
from school.students import queries as students


def letterhead(session: Session) -> Letterhead:
    """The school's paper, as at now."""
    school = students.school(session)
    return Letterhead(
        school_name=school.name,
        school_address=school.address,
        logo=school.logo,
        currency=school.currency,
        locale=school.locale,
        time_zone=school.time_zone,
        made_at=clock.now(),
        how_to_pay=school.how_to_pay,
    )


def student_statements(
    session: Session, student_ids: Sequence[int], since: date | None = None, until: date | None = None
) -> Iterator[StatementFacts]:
    """A statement of each student in the order given, from `since` to `until` or today, both inclusive."""
    yield from ()


def family_statements(
    session: Session, family_ids: Sequence[int], since: date | None = None, until: date | None = None
) -> Iterator[StatementFacts]:
    """A statement of each family in the order given, of all its children; a family without any has none."""
    yield from ()


def family_statement(
    session: Session, family_id: int, since: date | None = None, until: date | None = None
) -> StatementFacts:
    """Raises NotFound for a family without students."""
    return next(family_statements(session, [family_id], since, until))


def invoices(session: Session, entry_ids: Sequence[int]) -> Iterator[InvoiceFacts]:
    """The invoice of each bill in the order given, as the account stood right after it."""
    yield from ()


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
    """A letter to each family that has something overdue on the day, in the order given.

    Without words of its own a letter has those of its stage; the caller fills their placeholders.
    """
    yield from ()
