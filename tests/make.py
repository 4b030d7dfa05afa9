"""Plain builders with boring defaults: what a test does not say does not matter to it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE
from school.ledger import service as ledger
from school.ledger.models import Line
from school.ledger.service import ChargeItem, Posted, Share, TenderPart
from school.students import service as students
from school.students.service import NewGuardian

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)  # in the middle of the second term
TODAY = NOON.date()

_requests = itertools.count(1)
_students = itertools.count(1)


def request_id() -> str:
    """A request id nobody used before."""
    return f"request-{next(_requests):06d}"


def school(session: Session, *, currency: str = "USD", time_zone: str = "UTC") -> None:
    """A school with its chart of accounts, the year 2026 in three terms, and two classes."""
    students.make_school(
        session, actor=COMMAND_LINE, name="Hill School", currency=currency, time_zone=time_zone
    )
    ledger.install_standard_accounts(session)
    students.add_year(
        session,
        actor=COMMAND_LINE,
        name="2026",
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        terms=[
            ("Term 1", date(2026, 1, 5), date(2026, 2, 27)),
            ("Term 2", date(2026, 3, 2), date(2026, 7, 31)),
            ("Term 3", date(2026, 9, 1), date(2026, 12, 18)),
        ],
    )
    students.add_classes(session, actor=COMMAND_LINE, names=["Form 1", "Form 2"])


def student(
    session: Session,
    name: str = "Ann",
    *,
    admission_no: str | None = None,
    class_name: str | None = "Form 1",
    guardian: str = "",
    status: str = "enrolled",
) -> int:
    """One student; those with the same guardian are of one family."""
    guardians = [NewGuardian(guardian, f"+1 555 {9_000_000 + sum(guardian.encode())}")] if guardian else []
    return students.add_student(
        session,
        actor=COMMAND_LINE,
        admission_no=admission_no or f"N{next(_students):05d}",
        name=name,
        class_name=class_name,
        guardians=guardians,
        status=status,
    )


def bill(
    session: Session,
    student_id: int,
    *items: ChargeItem | tuple[int, date],
    on: date | None = None,
    request: str | None = None,
) -> Posted:
    """A bill of charge items, or of tuition as (amount, due date)."""
    charges = [item if isinstance(item, ChargeItem) else ChargeItem("TUITION", *item) for item in items]
    return ledger.charge(
        session,
        actor=COMMAND_LINE,
        request_id=request or request_id(),
        student_id=student_id,
        items=charges,
        date=on,
    )


def pay(
    session: Session,
    student_id: int,
    amount_minor: int,
    *,
    tender: str = "CASH",
    on: date | None = None,
    pays: int | None = None,
    request: str | None = None,
) -> Posted:
    """A payment for one student in one tender."""
    return ledger.record_payment(
        session,
        actor=COMMAND_LINE,
        request_id=request or request_id(),
        shares=[Share(student_id, amount_minor, pays)],
        tenders=[TenderPart(tender, amount_minor)],
        date=on,
    )


def line_ids(session: Session, posted: Posted) -> list[int]:
    """The ids of an entry's lines, in their order."""
    return list(session.scalars(select(Line.id).where(Line.entry_id == posted.entry_id).order_by(Line.n)))
