"""Letters reach a real mail server once, with their document; what it answers is told in plain words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from threading import Event

import pytest
from pypdf import PdfReader

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.delivery import papers
from school.delivery.smtp import Mailbox
from school.delivery.worker import deliver
from school.errors import BadInput, RuleBroken
from school.ledger import service as ledger
from school.letters import outbox, queries, rules, service, writing
from school.letters.models import Letter
from school.letters.queries import LetterFacts
from tests import make
from tests.mail import DROPPED, SENDER, TAKEN, MailServer, free_port

MOTHER = "grace@home.example"


def receipt_to(
    books: Database, address: str = MOTHER, *, name: str = "Grace Abel", how: service.How = "email"
) -> int:
    """A letter with the receipt of a new payment; its id."""
    with books.writing() as session:
        paid = make.pay(session, make.student(session, "Ann Abel"), 12_50)
        writing.receipt(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            entry_id=paid.entry_id,
            name=name,
            address=address,
            how=how,
        )
    with books.reading() as session:
        return queries.page(session).rows[0].id


def letter(books: Database, letter_id: int) -> LetterFacts:
    with books.reading() as session:
        return queries.letter(session, letter_id)


def deliver_to(to: MailServer | Mailbox | None, books: Database) -> bool:
    return deliver(books, to.mailbox if isinstance(to, MailServer) else to, Event())


def test_a_receipt_arrives_with_its_pdf(books: Database, server: MailServer) -> None:
    sent = receipt_to(books)

    assert deliver_to(server, books)

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


def test_a_name_arrives_as_it_is_written_in_every_script(books: Database, server: MailServer) -> None:
    names = ["Zoë Müller-Żuławska", "張偉", "أمينة حسن", 'Ann "Nan" O\'Brien, Dr.', "<Ann>"]
    for name in names:
        receipt_to(books, name=name)

    deliver_to(server, books)

    assert [mail["To"].addresses[0].display_name for mail in server.letters] == names
    assert server.recipients == [MOTHER] * len(names)
    for name, mail in zip(names, server.letters, strict=True):
        assert f"Dear {name}," in mail.get_body().get_content()


def test_an_address_may_have_letters_of_any_script(books: Database, server: MailServer) -> None:
    receipt_to(books, "zoë@bücher.example")

    deliver_to(server, books)

    assert letter(books, 1).reason is None
    assert server.recipients == ["zoë@xn--bcher-kva.example"]


def test_nobody_adds_a_line_to_the_head_of_a_letter(books: Database, server: MailServer) -> None:
    for name, address in (
        ("Ann\nBcc: all@home.example", MOTHER),
        ("Ann\r\nSubject: hello", MOTHER),
        ("Ann", f"{MOTHER}\nBcc: all@home.example"),
        ("Ann", f"{MOTHER}, all@home.example"),
        ("Ann", "nobody"),
        ("Ann", ""),
    ):
        with pytest.raises(BadInput):
            receipt_to(books, address, name=name)


def test_a_letter_that_got_past_every_check_is_still_no_second_head(
    books: Database, server: MailServer
) -> None:
    """As raw SQL would leave it, before the guards close the row's content."""
    with books.writing() as session:
        paid = make.pay(session, make.student(session), 12_50)
        session.add(
            Letter(
                request_id="raw-sql-row",
                kind="receipt",
                family_id=1,
                to_name="Ann\nBcc: all@home.example",
                to_address=MOTHER,
                subject="Receipt\nBcc: all@home.example",
                body="",
                details={"entry": paid.entry_id},
                rehearsal=False,
                state="waiting",
                next_try_at=clock.now(),
                at=clock.now(),
                actor="raw",
            )
        )

    deliver_to(server, books)

    assert server.recipients == []
    assert letter(books, 1).state == "failed"


def test_a_refused_address_fails_at_once_in_the_servers_words(books: Database, server: MailServer) -> None:
    server.refusals = {MOTHER: "550 5.1.1 No such user here"}
    refused, other = receipt_to(books), receipt_to(books, "gus@home.example")

    assert deliver_to(server, books)

    assert letter(books, refused).state == "failed"
    assert letter(books, refused).reason == (
        f"The mail server refused the address {MOTHER}: 550 5.1.1 No such user here"
    )
    assert letter(books, other).state == "sent"


def test_what_is_put_off_is_tried_again_later_and_arrives_once(books: Database, server: MailServer) -> None:
    server.refusals = {MOTHER: "451 4.7.1 Greylisted, come back"}
    put_off = receipt_to(books)
    assert deliver_to(server, books)
    assert letter(books, put_off).state == "waiting"
    server.refusals = {}

    deliver_to(server, books)
    too_soon = list(server.letters)
    with clock.set_to(make.NOON + rules.RETRY_AFTER[0]):
        deliver_to(server, books)

    assert (too_soon, len(server.letters)) == ([], 1)
    assert (letter(books, put_off).state, letter(books, put_off).tries) == ("sent", 2)


def test_a_letter_is_given_up_after_the_last_try(books: Database, server: MailServer) -> None:
    server.refusals = {MOTHER: "451 4.7.1 Greylisted"}
    put_off, now, waits = receipt_to(books), make.NOON, []
    while letter(books, put_off).state == "waiting":
        waits.append(letter(books, put_off).next_try_at)
        now += timedelta(hours=13)
        with clock.set_to(now):
            deliver_to(server, books)

    assert len(waits) == letter(books, put_off).tries == rules.TRIES_MAX
    assert letter(books, put_off).state == "failed"
    assert "Given up after 8 tries" in str(letter(books, put_off).reason)


def test_a_server_that_was_down_gets_everything_when_it_is_back(books: Database, server: MailServer) -> None:
    down = MailServer(free_port())
    waiting = [receipt_to(books), receipt_to(books, "gus@home.example")]

    assert not deliver_to(down, books)
    assert [letter(books, one).tries for one in waiting] == [1, 0]  # the first try tells of the trouble
    assert "cannot be reached" in str(letter(books, waiting[0]).reason)
    with down.running(), clock.set_to(make.NOON + rules.RETRY_AFTER[0]):
        assert deliver_to(down, books)

    assert [letter(books, one).state for one in waiting] == ["sent", "sent"]
    assert sorted(down.recipients) == [MOTHER, "gus@home.example"]


def test_a_dry_run_does_everything_but_send(books: Database, server: MailServer) -> None:
    rehearsed = receipt_to(books, how="rehearse")

    deliver_to(server, books)

    assert (letter(books, rehearsed).state, server.letters) == ("rehearsed", [])


def test_a_dry_run_needs_no_mail_server_and_leaves_the_letters_that_do(
    books: Database, server: MailServer
) -> None:
    waiting, rehearsed = receipt_to(books), receipt_to(books, how="rehearse")

    deliver_to(None, books)

    assert letter(books, rehearsed).state == "rehearsed"
    assert letter(books, waiting).state == "waiting"


def test_no_mail_server_named_is_said_before_anything_is_written(books: Database) -> None:
    with pytest.raises(RuleBroken, match="E-mail is not set up"):
        receipt_to(books)


def test_a_receipt_reversed_while_it_waits_is_not_sent(books: Database, server: MailServer) -> None:
    waiting = receipt_to(books)
    with books.writing() as session:
        ledger.reverse(session, actor=COMMAND_LINE, request_id="bounced-1", entry_id=1, reason="bounced")

    deliver_to(server, books)

    assert (letter(books, waiting).state, server.letters) == ("cancelled", [])
    assert letter(books, waiting).reason == papers.REVERSED_SINCE


def test_a_connection_lost_in_the_middle_of_a_letter_is_not_tried_again_by_itself(
    books: Database, server: MailServer
) -> None:
    lost = receipt_to(books)
    server.on_data = lambda: DROPPED
    deliver_to(server, books)
    server.on_data = lambda: TAKEN
    with clock.set_to(make.NOON + timedelta(days=2)):
        deliver_to(server, books)

    assert letter(books, lost).reason == outbox.MAY_HAVE_ARRIVED
    assert server.letters == []


def test_who_died_while_handing_a_letter_over_leaves_it_to_a_person(
    books: Database, server: MailServer
) -> None:
    lost = receipt_to(books)
    with books.writing() as session:
        assert outbox.claim(session, lost)

    deliver_to(server, books)
    still = letter(books, lost).state
    with clock.set_to(make.NOON + rules.HANDING_OVER + timedelta(seconds=1)):
        deliver_to(server, books)

    assert (still, letter(books, lost).state) == ("sending", "failed")
    assert letter(books, lost).reason == outbox.MAY_HAVE_ARRIVED
    assert server.letters == []


def test_what_failed_is_sent_again_once_and_under_the_same_name(books: Database, server: MailServer) -> None:
    server.refusals = {MOTHER: "550 full"}
    failed = receipt_to(books)
    deliver_to(server, books)
    server.refusals = {}
    with books.writing() as session:
        for _ in range(2):
            service.send_again(session, actor=COMMAND_LINE, request_id=make.request_id(), letter_id=failed)

    deliver_to(server, books)

    (mail,) = server.letters
    assert mail["Message-ID"] == rules.message_id(letter(books, failed).request_id, SENDER)
    assert letter(books, failed).state == "failed"


def test_a_cancelled_letter_is_not_sent_and_a_sent_one_not_cancelled(
    books: Database, server: MailServer
) -> None:
    cancelled, sent = receipt_to(books), receipt_to(books)
    with books.writing() as session:
        service.cancel(session, actor=COMMAND_LINE, letter_id=cancelled)

    deliver_to(server, books)

    assert [letter(books, one).state for one in (cancelled, sent)] == ["cancelled", "sent"]
    with pytest.raises(RuleBroken, match="cannot be cancelled"), books.writing() as session:
        service.cancel(session, actor=COMMAND_LINE, letter_id=sent)


def test_what_is_wrong_with_the_settings_is_told_without_a_secret(
    books: Database, server: MailServer
) -> None:
    wrong = {"user": "school", "password": "wrong-password"}
    asking = MailServer(free_port(), password="right-password")
    with asking.running():
        for change, says in (
            ({"tls": "starttls"}, "cannot do what the settings ask"),
            ({"tls": "tls"}, "cannot be reached|not safe"),
            (wrong, "did not accept the name and password"),
        ):
            waiting, mailbox = receipt_to(books), replace(asking.mailbox, **change)  # type: ignore[arg-type]
            assert not deliver_to(mailbox, books)

            found = letter(books, waiting)
            assert found.state == "waiting"
            assert re.search(says, str(found.reason))
            assert "wrong-password" not in f"{found} {mailbox}"
            with books.writing() as session:
                service.cancel(session, actor=COMMAND_LINE, letter_id=waiting)


def test_a_mail_server_that_asks_for_a_password_gets_the_letter(books: Database, server: MailServer) -> None:
    receipt_to(books)
    asking = MailServer(free_port(), password="right-password")

    with asking.running():
        deliver_to(replace(asking.mailbox, user="school", password="right-password"), books)

    assert asking.recipients == [MOTHER]
