"""A receipt as a school would hand it over, and what a reader finds in the paper."""

from __future__ import annotations

import dataclasses
import io
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pypdf import PageObject, PdfReader

from school.documents.receipt import ReceiptFacts, ReceiptLine, ReceiptStudent, ReceiptTender
from school.money import currency

RECEIPT = ReceiptFacts(
    school_name="Riverside Academy",
    school_address="P.O. Box 1204, Ngong Road\nNairobi",
    logo=None,
    number="R-000123",
    date=date(2026, 2, 3),
    recorded_at=datetime(2026, 2, 4, 14, 5, tzinfo=ZoneInfo("Africa/Nairobi")),
    payer="Grace Wanjiru",
    students=(ReceiptStudent("S-1201", "Amina Otieno", "Grade 4 East", 1_579_000, 125_000),),
    tenders=(ReceiptTender("M-Pesa", 1_579_000),),
    reference="QBK7TR21XW",
    lines=(
        ReceiptLine("S-1201", "Tuition, term 1", date(2026, 1, 15), 1_250_000),
        ReceiptLine("S-1201", "Lunch, term 1", None, 325_000),
    ),
    total_minor=1_579_000,
    currency=currency("KES"),
    locale="en-KE",
    cashier="Peter Kamau",
    check_code="7KQ2-M4XP-19",
)


def receipt(**changes: Any) -> ReceiptFacts:
    """The example, changed."""
    return dataclasses.replace(RECEIPT, **changes)


def family(children: int) -> ReceiptFacts:
    """One payment for this many children, each with two charges paid in full."""
    numbers = [f"S-{1000 + i}" for i in range(children)]
    return receipt(
        students=tuple(ReceiptStudent(no, f"Child {no}", "Grade 4", 30_000, 0) for no in numbers),
        lines=tuple(
            ReceiptLine(no, what, date(2026, 1, 15), minor)
            for no in numbers
            for what, minor in (("Tuition", 20_000), ("Lunch", 10_000))
        ),
        tenders=(ReceiptTender("Cash", 30_000 * children),),
        total_minor=30_000 * children,
    )


def pages(pdf: bytes) -> list[PageObject]:
    return list(PdfReader(io.BytesIO(pdf)).pages)


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pages(pdf))


def typefaces(pdf: bytes) -> set[str]:
    """The names of all typefaces in the file, without the tag of each subset."""
    fonts = [font for page in pages(pdf) for font in page["/Resources"]["/Font"].values()]
    return {str(font.get_object()["/BaseFont"]).partition("+")[2] for font in fonts}


def keeps_the_standards(pdf: bytes) -> bool:
    """Whether the file claims PDF/A-2a and PDF/UA-1; Typst checks the claim before it makes it."""
    metadata = PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Metadata"].get_data()
    return b"<pdfaid:part>2<" in metadata and b"<pdfuaid:part>1<" in metadata
