"""Letters reach a real mail server once, with their document; what it refuses is told in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.delivery.worker import deliver
from school.letters import queries, rules, writing
from school.letters.queries import LetterFacts
from school.settings import settings
from tests import make
from tests.mail import NEVER_STOPPED, SENDER, MailServer, mail_server

MOTHER = "grace@home.example"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv("SCHOOL_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SCHOOL_SMTP_FROM", SENDER)
    settings.cache_clear()
    with mail_server() as running:
        yield running
    settings.cache_clear()


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
        yield database


def receipt_to(
    books: Database, address: str = MOTHER, *, name: str = "Grace Abel", student: str = "Ann Abel"
) -> int:
    """A waiting letter with the receipt of a new payment; its id."""
    with books.writing() as session:
        paid = make.pay(session, make.student(session, student), 12_50)
        writing.receipt(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            entry_id=paid.entry_id,
            name=name,
            address=address,
        )
    with books.reading() as session:
        return queries.page(session).rows[0].id


def letter(books: Database, letter_id: int) -> LetterFacts:
    with books.reading() as session:
        return queries.letter(session, letter_id)


def later(by: timedelta) -> object:
    return clock.set_to(clock.now() + by)


def test_a_receipt_arrives_with_its_pdf(books: Database, server: MailServer) -> None:
    sent = receipt_to(books)

    assert deliver(books, server.mailbox, NEVER_STOPPED)

    (mail,) = server.letters
    (paper,) = mail.iter_attachments()
    assert server.recipients == [MOTHER]
    assert mail["To"] == f"Grace Abel <{MOTHER}>"
    assert mail["From"] == f"Hill School <{SENDER}>"
    assert mail["Subject"] == "Receipt R-000001 from Hill School"
    assert "thank you for your payment of USD 12.50" in mail.get_body().get_content()
    assert paper.get_filename() == "R-000001.pdf"
    assert "Ann Abel" in PdfReader(BytesIO(paper.get_content())).pages[0].extract_text()
    assert (letter(books, sent).state, letter(books, sent).tries) == ("sent", 1)
    assert rules.message_id(letter(books, sent).request_id, SENDER) == mail["Message-ID"]
