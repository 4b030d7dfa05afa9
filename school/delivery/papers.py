"""The document of a letter, drawn from the books when it is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from school.documents import receipt as paper
from school.documents.rules import check_code
from school.ledger import queries as ledger
from school.ledger import wording
from school.ledger.queries import Receipt
from school.letters.queries import LetterFacts
from school.students import queries as students
from school.students.queries import SchoolFacts


class NotWanted(Exception):
    """What the letter says is not true any more; the sentence says why."""


@dataclass(frozen=True)
class Paper:
    file_name: str
    pdf: bytes


def of_letter(session: Session, letter: LetterFacts) -> Paper:
    """Raises NotWanted."""
    receipt = ledger.receipt(session, int(letter.details["entry"]))
    if receipt.reversed_by is not None:
        raise NotWanted(f"{receipt.document} was reversed in the meantime.")
    return Paper(f"{receipt.document}.pdf", receipt_pdf(receipt, students.school(session)))


def receipt_pdf(receipt: Receipt, school: SchoolFacts) -> bytes:
    """The same bytes whenever it is asked for, unless the payment was reversed since."""
    facts = paper.ReceiptFacts(
        school_name=school.name,
        school_address=school.address,
        logo=school.logo,
        number=receipt.document,
        date=receipt.date,
        recorded_at=receipt.at.astimezone(ZoneInfo(school.time_zone)),
        payer=receipt.payer,
        students=tuple(
            paper.ReceiptStudent(s.admission_no, s.name, s.class_name, s.paid, s.balance_after)
            for s in receipt.students
        ),
        tenders=tuple(paper.ReceiptTender(name, amount) for _, name, amount in receipt.tenders),
        reference=receipt.reference,
        lines=tuple(
            paper.ReceiptLine(item.admission_no, item.description, item.due_date, item.amount)
            for item in receipt.paid_items
        ),
        total_minor=receipt.total,
        currency=school.currency,
        locale=school.locale,
        cashier=receipt.actor,
        check_code=check_code(receipt.hash),
        reversed_by=reversed_by(receipt),
    )
    return paper.receipt_pdf(facts)


def reversed_by(receipt: Receipt) -> str | None:
    """When and why the payment was reversed, as a sentence; None while it stands."""
    if receipt.reversal_date is None:
        return None
    return f"Reversed on {wording.day(receipt.reversal_date)}: {receipt.reversal_reason}"
