"""A statement, an invoice and a reminder as a school would send them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

from school.documents.invoice import Charge, Concession, Instalment, InvoiceFacts
from school.documents.letterhead import Letterhead
from school.documents.reminder import Overdue, ReminderFacts, ReminderStudent
from school.documents.statement import Ageing, DueCharge, Movement, StatementFacts, StatementStudent
from school.money import currency

JAN, FEB, MAR = date(2026, 1, 15), date(2026, 2, 3), date(2026, 3, 31)
HEAD = Letterhead(
    school_name="Riverside Academy",
    school_address="P.O. Box 1204, Ngong Road\nNairobi",
    logo=None,
    currency=currency("KES"),
    locale="en-KE",
    time_zone="Africa/Nairobi",
    made_at=datetime(2026, 3, 20, 11, 5, tzinfo=UTC),
    how_to_pay="M-Pesa paybill 400200\nBank: 0011223344",
)
AMINA = StatementStudent(
    "S-1201",
    "Amina Otieno",
    "Grade 4 East",
    25_000,
    (
        Movement(JAN, "Tuition, Term 1", FEB, 1_250_000, 1_275_000),
        Movement(FEB, "Payment, M-Pesa · R-000123", None, -1_000_000, 275_000),
    ),
    275_000,
    (DueCharge("Tuition, Term 1", FEB, 275_000),),
)
STATEMENT = StatementFacts(
    head=HEAD,
    to="Grace Wanjiru",
    since=date(2026, 1, 1),
    as_at=date(2026, 3, 20),
    students=(AMINA,),
    ageing=Ageing(days_31_60=275_000),
)
INVOICE = InvoiceFacts(
    head=HEAD,
    number="4711",
    date=JAN,
    check_code="7KQ2-M4XP-19",
    to="Grace Wanjiru",
    admission_no="S-1201",
    name="Amina Otieno",
    class_name="Grade 4 East",
    charges=(
        Charge("Tuition, Term 1", FEB, 500_000, (Concession("Sibling", 50_000),)),
        Charge("Tuition, Term 1", MAR, 500_000),
        Charge("Transport, Term 1", FEB, 100_000),
    ),
    concessions=(),
    total_minor=1_050_000,
    before_minor=30_000,
    instalments=(
        Instalment(date(2025, 11, 30), 30_000),
        Instalment(FEB, 550_000),
        Instalment(MAR, 500_000),
    ),
)
REMINDER = ReminderFacts(
    head=HEAD,
    family_id=7,
    stage=2,
    date=date(2026, 3, 20),
    pay_by=date(2026, 3, 30),
    to="Grace Wanjiru",
    family="Wanjiru",
    subject="We miss your payment",
    body="Dear Grace Wanjiru,\n\nplease look at\nthe fees below.\n\nThe bursar",
    students=(
        ReminderStudent("S-1201", "Amina Otieno", "Grade 4", (Overdue("Tuition", FEB, 45, 275_000),)),
        ReminderStudent("S-1202", "Brian Otieno", "Grade 1", (Overdue("Meals", JAN, 64, 25_000),)),
    ),
)


def student(number: int, rows: int = 2) -> StatementStudent:
    """A child with this many charges, none of them paid."""
    moved = tuple(Movement(JAN, f"Trip {n}", None, 100, 100 * (n + 1)) for n in range(rows))
    return StatementStudent(f"S-{number:04}", f"Child {number:04}", "Grade 4", 0, moved, 100 * rows, ())


def statement(number: int, rows: int = 2, **changes: Any) -> StatementFacts:
    facts = {"students": (student(number, rows),), "ageing": Ageing(not_due=100 * rows), **changes}
    return dataclasses.replace(STATEMENT, **facts)
