"""Papers in other languages: no English word is left on them, and from right to left they are mirrored."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from school.documents.day_sheet import DayCount, DayDeposit, DayFacts, DayTender, day_pdf
from school.documents.deposit import cash_up_name, cash_up_pdf, deposit_pdf, entries_in_words
from school.documents.invoice import Charge, Concession, Instalment, invoice_pdf
from school.documents.receipt import receipt_pdf
from school.documents.reminder import Overdue, ReminderStudent, reminder_pdf
from school.documents.statement import Ageing, DueCharge, Movement, StatementStudent, statement_pdf
from tests.documents.example import keeps_the_standards, pages, receipt, text
from tests.documents.letters import FEB, HEAD, INVOICE, JAN, REMINDER, STATEMENT
from tests.documents.test_deposit import CASH_UP, DEPOSIT

Ν = "Νίκη"  # what was typed is Greek, so that every Latin letter is a word of ours
HINDI = replace(HEAD, locale="hi-IN", school_name=Ν, school_address=Ν, how_to_pay=Ν)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
CHILD = StatementStudent(
    "1",
    Ν,
    Ν,
    25_000,
    (Movement(JAN, Ν, FEB, 1_000, 26_000), Movement(FEB, Ν, None, -50_000, -24_000)),
    -24_000,
    (),
)
OTHER = replace(CHILD, admission_no="2", opening_minor=0, movements=(), closing_minor=0)
LATE = ReminderStudent("1", Ν, Ν, (Overdue(Ν, FEB, 45, 3_000),))


def papers() -> dict[str, bytes]:
    """One of each, with all that it can say."""
    (child,) = receipt().students
    charges = (Charge(Ν, FEB, 500_000, (Concession(Ν, 50_000),)),)
    invoice = replace(
        INVOICE,
        head=HINDI,
        to=Ν,
        admission_no="1",
        name=Ν,
        class_name=Ν,
        number="9",
        check_code="7",
        charges=charges,
        total_minor=450_000,
        instalments=(Instalment(date(2025, 11, 30), 30_000), Instalment(FEB, 450_000)),
        reversed_by=Ν,
    )
    return {
        "receipt": receipt_pdf(
            receipt(
                locale="hi-IN",
                school_name=Ν,
                school_address=Ν,
                payer=Ν,
                number="9",
                reference="7",
                cashier=Ν,
                check_code="7",
                students=(child._replace(admission_no="1", name=Ν, class_name=Ν),),
                tenders=tuple(one._replace(name="Cash") for one in receipt().tenders),
                lines=tuple(one._replace(admission_no="1", description=Ν) for one in receipt().lines),
                reversed_by=Ν,
                copy=True,
            )
        ),
        "statement": statement_pdf(
            replace(
                STATEMENT,
                head=HINDI,
                to=Ν,
                students=(
                    replace(CHILD, open_charges=(DueCharge(Ν, FEB, 1_000),)),
                    OTHER,
                ),
                ageing=Ageing(not_due=500, days_1_30=500, credit=25_000),
            )
        ),
        "invoice": invoice_pdf(invoice),
        "invoice without debt": invoice_pdf(
            replace(invoice, before_minor=-900_000, instalments=(), reversed_by=None)
        ),
        "reminder": reminder_pdf(
            replace(REMINDER, head=HINDI, to=Ν, family=Ν, subject=Ν, body=Ν, students=(LATE, LATE))
        ),
        "deposit": deposit_pdf(
            replace(
                DEPOSIT,
                head=HINDI,
                number="9",
                bank=Ν,
                prepared_by=Ν,
                parts=tuple(one._replace(cash_up=cash_up_name("1", Ν, HINDI)) for one in DEPOSIT.parts),
                cheques=tuple(one._replace(payer=Ν) for one in DEPOSIT.cheques),
            )
        ),
        "cash-up": cash_up_pdf(
            replace(
                CASH_UP,
                head=HINDI,
                cashier=Ν,
                entries=entries_in_words(1, 9, HINDI),
                tenders=tuple(one._replace(name="Card") for one in CASH_UP.tenders),
                reason=Ν,
                counted_by=Ν,
                signed_by=Ν,
                hash="7",
            )
        ),
        "day sheet": day_pdf(
            DayFacts(
                head=HINDI,
                date=FEB,
                tenders=(DayTender("Cash", 9),),
                counts=(DayCount("1", Ν, 10, 9, Ν), DayCount("2", Ν, 9, 10, Ν)),
                deposits=(DayDeposit("9", "Cash", Ν, 9),),
                closed_by=Ν,
                closed_at=NOON,
                last_entry=9,
                check_code="7",
                hash="7",
            )
        ),
    }


def test_no_paper_has_an_english_word_left() -> None:
    for name, pdf in papers().items():
        left = set(re.findall("[A-Za-z]{2,}", text(pdf))) - {"KES", "am", "pm"}
        assert left == set(), name
        assert keeps_the_standards(pdf), name


ARABIC = replace(HEAD, locale="ar-EG")


def places(pdf: bytes) -> dict[str, float]:
    """How far from the left edge each piece of text begins."""
    found: dict[str, float] = {}
    for page in pages(pdf):
        page.extract_text(visitor_text=lambda said, at, *_: found.setdefault(said.strip(), at[4]))
    return found


@pytest.mark.parametrize(("head", "mirrored"), [(HEAD, False), (ARABIC, True)], ids=["en", "ar"])
def test_columns_go_with_the_language_and_amounts_stay_as_they_are(head: object, mirrored: bool) -> None:
    pdf = statement_pdf(replace(STATEMENT, head=head))

    at = places(pdf)
    columns = [at[said] for said in ("12,750.00", "12,500.00", "S-1201  ·  Grade 4 East")]
    assert sorted(columns, reverse=not mirrored) == columns
    assert "KES 2,750.00" in text(pdf)
    assert keeps_the_standards(pdf)
