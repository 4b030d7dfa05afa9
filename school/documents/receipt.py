"""The receipt: A5, which prints on A4 at the same proportions; one page for the ordinary payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from babel.dates import format_time, get_datetime_format

from school import languages
from school.documents import engine
from school.documents.rules import balance_in_words
from school.languages import Language
from school.money import Currency, locale, show, show_with_code


class ReceiptStudent(NamedTuple):
    """One child of the payment. Amounts in minor units; a positive balance owes."""

    admission_no: str
    name: str
    class_name: str
    paid_minor: int
    balance_after_minor: int


class ReceiptTender(NamedTuple):
    name: str
    amount_minor: int


class ReceiptLine(NamedTuple):
    """What a child's part of the payment paid; `due` is None for a charge that has no due date."""

    admission_no: str
    description: str
    due: date | None
    amount_minor: int


@dataclass(frozen=True)
class ReceiptFacts:
    """All that a receipt says; amounts are positive minor units of `currency`.

    The tenders, and the students' parts, each add up to the total. What of a student's part no line accounts
    for was kept as credit. Facts that do not add up raise ValueError: such a receipt must never be printed.
    """

    school_name: str
    school_address: str  # may have several lines, or be empty
    logo: bytes | None  # PNG, JPEG or SVG; left out where it cannot be read
    number: str  # R-000123
    date: date
    recorded_at: datetime  # aware, in the school's time zone: printed as it stands
    payer: str
    students: tuple[ReceiptStudent, ...]
    tenders: tuple[ReceiptTender, ...]
    reference: str
    lines: tuple[ReceiptLine, ...]
    total_minor: int
    currency: Currency
    locale: str  # of the reader, as a tag: en-KE
    cashier: str
    check_code: str
    reversed_by: str | None = None  # when, by which entry and why, as a sentence
    copy: bool = False

    def __post_init__(self) -> None:
        if self.recorded_at.tzinfo is None:
            raise ValueError("recorded_at must be aware")
        parts = sum(student.paid_minor for student in self.students)
        if not self.total_minor == parts == sum(tender.amount_minor for tender in self.tenders):
            raise ValueError(f"{self.number}: the parts and the tenders do not add up to the total")
        numbers = [student.admission_no for student in self.students]
        if len(numbers) != len(set(numbers)) or not {line.admission_no for line in self.lines} <= set(
            numbers
        ):
            raise ValueError(
                f"{self.number}: each student stands once, and every line belongs to one of them"
            )
        if any(self.credit_minor(student) < 0 for student in self.students):
            raise ValueError(f"{self.number}: the lines pay more than was paid")

    @property
    def language(self) -> Language:
        return languages.of(self.locale)

    def lines_of(self, student: ReceiptStudent) -> list[ReceiptLine]:
        return [line for line in self.lines if line.admission_no == student.admission_no]

    def credit_minor(self, student: ReceiptStudent) -> int:
        """What of this student's part paid no charge and was kept as credit."""
        return student.paid_minor - sum(line.amount_minor for line in self.lines_of(student))


def receipt_pdf(facts: ReceiptFacts) -> bytes:
    """The receipt as a tagged PDF titled `Receipt R-000123`; the same facts always give the same bytes."""
    images = {"qr.svg": engine.qr_svg(f"{facts.number} {facts.check_code}")}
    if facts.logo and (logo := engine.picture(facts.logo)):
        images["logo"] = logo
    said = _said(facts) | {"logo": "logo" in images}
    return engine.pdf("receipt", said, tag=facts.locale, created=facts.recorded_at, images=images)


def _said(facts: ReceiptFacts) -> dict[str, Any]:
    """The facts as the words the template prints."""
    language = facts.language
    details = [
        (language.say("Date"), language.long_day(facts.date)),
        (language.say("Tender"), _tenders(facts)),
        (language.say("Reference"), facts.reference.strip()),
        (language.say("Received by"), facts.cashier.strip()),
        (language.say("Recorded"), _moment(facts)),
    ]
    return {
        "title": language.say("Receipt {number}", number=facts.number),
        "number": facts.number,
        "check_code": facts.check_code,
        "copy": facts.copy,
        "reversed_by": facts.reversed_by,
        "school": facts.school_name,
        "address": [line.strip() for line in facts.school_address.splitlines() if line.strip()],
        "payer": facts.payer.strip(),
        "total_with_code": show_with_code(facts.total_minor, facts.currency, facts.locale),
        "details": [(label, value) for label, value in details if value],
        "currency": facts.currency.code,
        "students": [_student(student, facts) for student in facts.students],
        "total": _amount(facts.total_minor, facts),
    }


def _student(student: ReceiptStudent, facts: ReceiptFacts) -> dict[str, Any]:
    lines = [
        (
            line.description,
            facts.language.day(line.due) if line.due else "",
            _amount(line.amount_minor, facts),
        )
        for line in facts.lines_of(student)
    ]
    if credit := facts.credit_minor(student):
        lines.append((facts.language.say("Kept as credit"), "", _amount(credit, facts)))
    after = student.balance_after_minor
    return {
        "name": student.name,
        "about": [text for text in (student.admission_no, student.class_name) if text.strip()],
        "lines": lines,
        "paid": _amount(student.paid_minor, facts),
        "balance": balance_in_words(after, _amount(abs(after), facts), facts.language),
    }


def _tenders(facts: ReceiptFacts) -> str | list[tuple[str, str]]:
    """The one tender's name, or each of several with its amount."""
    if len(facts.tenders) == 1:
        return facts.language.say(facts.tenders[0].name)
    return [
        (facts.language.say(tender.name), _amount(tender.amount_minor, facts)) for tender in facts.tenders
    ]


def _amount(minor: int, facts: ReceiptFacts) -> str:
    return show(minor, facts.currency, facts.locale)


def _moment(facts: ReceiptFacts) -> str:
    reader = locale(facts.locale)
    hour = format_time(facts.recorded_at, "short", locale=reader)
    pattern = str(get_datetime_format("medium", locale=reader))
    return pattern.format(hour, facts.language.day(facts.recorded_at))
