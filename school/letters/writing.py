"""Receipts, statements, invoices and reminders put into words and written to whom they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from school import languages
from school.access.rules import Actor
from school.errors import BadDate, RuleBroken
from school.ledger import queries as ledger
from school.letters import queries, recipients, reminders, rules, service
from school.letters.recipients import Recipient
from school.letters.service import How, NewLetter, Written
from school.money import show_with_code
from school.students import payers
from school.students import queries as students
from school.students.queries import SchoolFacts


def receipt(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    entry_id: int,
    name: str,
    address: str,
    how: How = "email",
) -> Written:
    """The receipt of a payment to this address. Raises RuleBroken for a payment that was reversed."""
    service.may_write(session, actor, how)
    paid, school = ledger.receipt(session, entry_id), students.school(session)
    if paid.reversed_by is not None:
        raise RuleBroken(f"{paid.document} was reversed, so it is not sent.")
    student = students.student(session, paid.students[0].student_id)
    to = rules.checked_name(name)
    subject, body = rules.receipt_words(
        languages.of(school.locale),
        document=paid.document,
        amount=_amount(paid.total, school),
        guardian=to,
        school=school.name,
    )
    letter = NewLetter(
        request_id=request_id,
        kind="receipt",
        family_id=student.family_id,
        student_id=student.id,
        guardian_id=_guardian(session, student.family_id, address),
        to_name=to,
        to_address=rules.checked_address(address),
        subject=subject,
        body=body,
        details={"entry": entry_id, "document": paid.document},
    )
    return service.write(session, actor, [letter], how)


def _guardian(session: Session, family_id: int, address: str) -> int | None:
    """Whose address it is, if it is that of whom the family is written to."""
    for one in recipients.of_families(session, [family_id])[family_id]:
        if one.address.casefold() == address.strip().casefold():
            return one.guardian_id
    return None


def statements(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    family_ids: Sequence[int],
    since: date | None,
    until: date,
    how: How,
) -> Written:
    """One statement of each family, of all its children, to everybody who pays for it, with their share."""
    service.may_write(session, actor, how)
    school = students.school(session)
    language = languages.of(school.locale)
    period = rules.statement_period(language, since, until)
    details = {"since": since.isoformat() if since else None, "until": until.isoformat()}
    found = recipients.of_families(session, family_ids)
    names = {one.id: one.name for one in queries.families(session, family_ids)}
    shared, letters = _shares(session, family_ids), []
    for to in _everybody(found, family_ids):
        subject, body = rules.statement_words(
            language, family=names[to.family_id], period=period, guardian=to.name, school=school.name
        )
        shares = {"shares": shared[to.family_id]} if to.family_id in shared else {}
        letters.append(_letter(request_id, "statement", to, subject, body, {**details, **shares}))
    return _written(session, actor, letters, how)


def _shares(session: Session, family_ids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """(guardian, basis points) of each payer as of now, by family: a letter tells them as they were."""
    return {
        family_id: [(one.guardian_id, one.share_bp) for one in payers.payers(session, family_id)]
        for family_id in payers.numbers_of_payers(session, family_ids)
    }


def invoices(
    session: Session, *, actor: Actor, request_id: str, entry_ids: Sequence[int], how: How
) -> Written:
    """The invoice of each bill, once to everybody who pays for the student; a dry run counts for nothing."""
    service.may_write(session, actor, how)
    school, bills = students.school(session), queries.bills(session, entry_ids)
    language = languages.of(school.locale)
    found = recipients.of_families(session, [bill.family_id for bill in bills])
    named = request_id if how == "rehearse" else "invoice"
    letters = []
    for bill in bills:
        for to in found[bill.family_id]:
            subject, body = rules.invoice_words(
                language, student=bill.student, term=bill.term, guardian=to.name, school=school.name
            )
            letter = _letter(
                f"{named}:{bill.entry_id}", "invoice", to, subject, body, {"entry": bill.entry_id}
            )
            letters.append(replace(letter, student_id=bill.student_id))
    return _written(session, actor, letters, how)


def remind(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    expected: Mapping[int, int],
    pay_by: date,
    how: How,
) -> Written:
    """A reminder to each of these families that is still due the stage it is expected to be due.

    Two people who remind at once so write once: the second finds the stage taken. Raises BadDate.
    """
    service.may_write(session, actor, how)
    school, stages = students.school(session), {s.stage: s for s in queries.stages(session)}
    language = languages.of(school.locale)
    before = queries.of_run(session, request_id)
    now = reminders.preview(session, families=list(expected))
    if pay_by <= now.on:
        raise BadDate("Choose a day after today.", field="pay_by")
    if before:
        return Written(new=0, already=len(before))
    due = [row for row in now.rows if expected[row.family_id] == row.stage]
    letters: list[NewLetter] = []
    for row in due:
        for to in row.to:
            subject, body = reminders.values(
                row,
                stages[row.stage],
                guardian=to.name,
                amount=_amount(row.total, school),
                since=language.long_day(row.oldest_due),
                pay_by=language.long_day(pay_by),
                language=language,
                school=school.name,
            )
            details = {"on": now.on.isoformat(), "pay_by": pay_by.isoformat(), "total": row.total}
            letter = _letter(request_id, "reminder", to, subject, body, details)
            letters.append(replace(letter, stage=row.stage))
    done = _written(session, actor, letters, how)
    return replace(done, not_due=len(expected) - len(due))


def _letter(
    request_id: str,
    kind: str,
    to: Recipient,
    subject: str,
    body: str,
    details: Mapping[str, object],
) -> NewLetter:
    return NewLetter(
        request_id=f"{request_id}:{to.family_id}:{to.guardian_id or 0}",
        kind=kind,
        family_id=to.family_id,
        guardian_id=to.guardian_id,
        to_name=to.name,
        to_address=to.address,
        subject=subject,
        body=body,
        details=dict(details),
    )


def _everybody(found: Mapping[int, Sequence[Recipient]], family_ids: Iterable[int]) -> Iterator[Recipient]:
    for family_id in dict.fromkeys(family_ids):
        yield from found.get(family_id, ())


def _written(session: Session, actor: Actor, letters: Sequence[NewLetter], how: How) -> Written:
    """Whoever has no e-mail address is left out, and counted, unless it is printed."""
    reached = [letter for letter in letters if how == "print" or letter.to_address]
    done = service.write(session, actor, reached, how)
    return replace(done, without_address=len(letters) - len(reached))


def _amount(minor: int, school: SchoolFacts) -> str:
    return show_with_code(minor, school.currency, school.locale)
