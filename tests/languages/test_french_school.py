"""A school that writes French: what its books say of a family is French on paper, as it was on screens."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import pytest
from pypdf import PdfReader
from sqlalchemy import update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.delivery import papers
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.service import ChargeItem
from school.letters import queries as letters
from school.letters import service as lettering
from school.letters import writing
from school.letters.rules import Stage
from school.reports import statements
from school.students.models import Family, Guardian, School
from tests import make

JAN = date(2026, 1, 15)


@pytest.fixture
def told(database: Database) -> Iterator[tuple[Session, int, int]]:
    """A bill, a concession, a payment and its reversal: the session, the student and the payment."""
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        session.execute(update(School).values(locale="fr-SN"))
        ann = make.student(session, "Ann", guardian="Gil")
        session.execute(update(Guardian).values(email="gil@school.test"))
        make.bill(session, ann, ChargeItem("TUITION", 900_00, JAN), on=JAN)
        paid = make.pay(session, ann, 500_00, on=JAN)
        service.reverse(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            entry_id=paid.entry_id,
            reason="bounced",
            date=JAN,
        )
        make.pay(session, ann, 100_00, on=JAN)
        yield session, ann, paid.entry_id


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_statement_is_worded_anew_from_what_was_posted(told: tuple[Session, int, int]) -> None:
    session, ann, _ = told

    (facts,) = statements.student_statements(session, [ann])

    assert [row.description for row in facts.students[0].movements] == [
        "Frais de scolarité, Term 1",
        "Paiement, espèces · R-000001 (annulé)",
        "Annulation de R-000001\u00a0: bounced",
        "Paiement, espèces · R-000002",
    ]
    assert [row.description for row in ledger.statement(session, ann).rows] == [
        "Tuition, Term 1 · due 15 Jan 2026",
        "Payment, cash · R-000001",
        "Reversal of R-000001: bounced",
        "Payment, cash · R-000002",
    ]


def test_a_receipt_is_french_with_what_it_paid(told: tuple[Session, int, int]) -> None:
    session, _, paid = told

    said = words_of(papers.receipt_pdf(session, ledger.receipt(session, paid)))

    for fact in ("Ce reçu n’est plus valable", "Annulé le 15 janv. 2026", "Espèces", "Frais de scolarité"):
        assert fact in said


def test_a_reminder_and_its_e_mail_are_french(told: tuple[Session, int, int]) -> None:
    session, _, _ = told
    family = session.query(Family).one()
    with clock.set_to(make.NOON):
        writing.remind(
            session,
            actor=COMMAND_LINE,
            request_id="reminding-all",
            expected={family.id: 3, **dict.fromkeys([family.id], 1)},
            pay_by=date(2027, 1, 5),
            how="print",
        )
        (letter,) = letters.of_run(session, "reminding-all")
        said = words_of(papers.of_letter(session, letter).pdf)

    assert letter.subject == "Rappel de Hill School\u00a0: USD 800,00 en retard de paiement"
    assert "Merci de régler ce montant au plus tard le 5 janvier 2027." in letter.body
    assert "Comment" not in said
    for fact in ("Rappel", "en retard", "Frais de scolarité", "au plus tard le 5 janvier 2027"):
        assert fact in said


def test_words_of_ours_follow_the_language_and_those_of_the_school_stay(
    told: tuple[Session, int, int],
) -> None:
    session, _, _ = told
    first, second, _ = letters.stages(session)
    for stage in (Stage(1, 9, first.subject, first.body), Stage(2, 30, second.subject, "{amount}, vite")):
        lettering.save_stage(session, actor=COMMAND_LINE, stage=stage)

    session.execute(update(School).values(locale="es-ES"))
    session.expire_all()

    first, second, third = letters.stages(session)
    assert (first.days_overdue, first.subject[:12]) == (9, "Recordatorio")
    assert (second.days_overdue, second.body) == (30, "{amount}, vite")
    assert third.body.startswith("Estimado/a")
