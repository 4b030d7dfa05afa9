"""The document of a letter, drawn from the books when it is wanted; and many reminders as one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from school import languages
from school.documents import receipt as receipt_paper
from school.documents.invoice import invoice_pdf
from school.documents.reminder import ReminderFacts, reminders_pdf
from school.documents.rules import check_code
from school.documents.statement import statement_pdf
from school.languages import ENGLISH, Language
from school.ledger import queries as ledger
from school.ledger import wording
from school.ledger.queries import Receipt
from school.letters.queries import LetterFacts
from school.reports import invoices, letterheads, shares, statements
from school.reports import reminders as reports
from school.students import payers
from school.students import queries as students

REVERSED_SINCE = "What this is about was reversed in the meantime, so it was not sent."
PAID_SINCE = "What is overdue has changed since this was written, so it was not sent."


class NotWanted(Exception):
    """What the letter says is not true any more; the sentence says why."""


@dataclass(frozen=True)
class Paper:
    file_name: str
    pdf: bytes


def to_send(session: Session, letter: LetterFacts) -> Paper:
    """As `of_letter`, if what the letter says is still true. Raises NotWanted."""
    entry = letter.details.get("entry")
    if entry is not None and ledger.entry(session, int(entry)).reversed_by is not None:
        raise NotWanted(REVERSED_SINCE)
    if letter.kind == "reminder":
        _expect_still_overdue(session, letter)
    return of_letter(session, letter)


def of_letter(session: Session, letter: LetterFacts) -> Paper:
    """What the letter is about, as it was written."""
    match letter.kind:
        case "receipt":
            return _receipt(session, letter)
        case "statement":
            return _statement(session, letter)
        case "invoice":
            return _invoice(session, letter)
        case _:
            return Paper(f"reminder-{letter.details['on']}.pdf", reminders(session, [letter]))


def _receipt(session: Session, letter: LetterFacts) -> Paper:
    found = ledger.receipt(session, int(letter.details["entry"]))
    return Paper(f"{found.document}.pdf", receipt_pdf(session, found))


def _statement(session: Session, letter: LetterFacts) -> Paper:
    since, until = letter.details["since"], date.fromisoformat(letter.details["until"])
    first = date.fromisoformat(since) if since else None
    facts = statements.family_statement(session, letter.family_id, first, until)
    if letter.details.get("shares"):
        known = payers.as_they_were(session, letter.details["shares"])
        told = shares.of_payers(session, letter.family_id, facts, known)
        facts = told.get(letter.guardian_id or 0, facts)
    return Paper(f"statement-{until}.pdf", statement_pdf(replace(facts, to=letter.to_name)))


def _invoice(session: Session, letter: LetterFacts) -> Paper:
    (facts,) = invoices.invoices(session, [int(letter.details["entry"])])
    return Paper(f"invoice-{facts.number}.pdf", invoice_pdf(replace(facts, to=letter.to_name)))


def _expect_still_overdue(session: Session, letter: LetterFacts) -> None:
    """Who has paid since is not reminded; who has paid a part is asked for the rest next time."""
    now = list(reports.reminders(session, [letter.family_id], letter.stage or 1))
    if not now or now[0].total_minor != letter.details["total"]:
        raise NotWanted(PAID_SINCE)


def reminders(session: Session, letters: Sequence[LetterFacts]) -> bytes:
    """Reminders as one PDF, each on pages of its own, in the order given: as they were written."""
    found: dict[tuple[object, ...], dict[int, ReminderFacts]] = {}
    for about in dict.fromkeys(_about(letter) for letter in letters):
        families = dict.fromkeys(letter.family_id for letter in letters if _about(letter) == about)
        found[about] = {facts.family_id: facts for facts in _as_at(session, families, *about)}
    papers = (
        replace(facts, to=letter.to_name, subject=letter.subject, body=letter.body)
        for letter in letters
        if (facts := found[_about(letter)].get(letter.family_id))
    )
    return reminders_pdf(list(papers))


def _about(letter: LetterFacts) -> tuple[int, date, date]:
    details = letter.details
    return letter.stage or 1, date.fromisoformat(details["on"]), date.fromisoformat(details["pay_by"])


def _as_at(
    session: Session, families: Iterable[int], stage: int, on: date, pay_by: date
) -> Iterable[ReminderFacts]:
    return reports.reminders(session, list(families), stage, on, pay_by)


def receipt_pdf(session: Session, receipt: Receipt) -> bytes:
    """The same bytes whenever it is asked for, unless the payment was reversed since."""
    school = students.school(session)
    language = languages.of(school.locale)
    facts = receipt_paper.ReceiptFacts(
        school_name=school.name,
        school_address=school.address,
        logo=letterheads.logo(session),
        number=receipt.document,
        date=receipt.date,
        recorded_at=receipt.at.astimezone(ZoneInfo(school.time_zone)),
        payer=receipt.payer,
        students=tuple(
            receipt_paper.ReceiptStudent(s.admission_no, s.name, s.class_name, s.paid, s.balance_after)
            for s in receipt.students
        ),
        tenders=tuple(receipt_paper.ReceiptTender(name, amount) for _, name, amount in receipt.tenders),
        reference=receipt.reference,
        lines=tuple(
            receipt_paper.ReceiptLine(item.admission_no, item.called(language), item.due_date, item.amount)
            for item in receipt.paid_items
        ),
        total_minor=receipt.total,
        currency=school.currency,
        locale=school.locale,
        cashier=receipt.actor,
        check_code=check_code(receipt.hash),
        reversed_by=reversed_by(receipt, language),
    )
    return receipt_paper.receipt_pdf(facts)


def reversed_by(receipt: Receipt, language: Language = ENGLISH) -> str | None:
    """When and why the payment was reversed, as a sentence; None while it stands."""
    if receipt.reversal_date is None:
        return None
    return wording.reversed_on(receipt.reversal_date, receipt.reversal_reason or "", language)
