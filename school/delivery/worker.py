"""Takes waiting letters one by one: draw, claim, hand over, mark. No lock is held while a server is asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from school.db import Database, database
from school.delivery import papers
from school.delivery.message import message
from school.delivery.papers import NotWanted, Paper
from school.delivery.smtp import Connection, Later, Mailbox, Never, Trouble, Unknown, mailbox
from school.errors import SchoolError, Unavailable
from school.letters import outbox, queries
from school.letters.queries import LetterFacts
from school.settings import settings
from school.students import queries as students

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10  # another process may have written a letter
REST_AFTER_TROUBLE_S = 60
LETTERS_A_CONNECTION = 50
BEGINS_AFTER_S = 10  # the first visitor has gone in by then
ENDS_WITHIN_S = 5
MARKING_TRIES = 10
NOT_DRAWN = "The document could not be drawn, so nothing was sent. Tell your administrator."


def deliver(books: Database, to: Mailbox | None, stop: threading.Event) -> bool:
    """Works until no letter is due; without a mail server, on rehearsals alone. False after trouble."""
    with books.reading() as session:
        lost = queries.any_lost(session)
    if lost:
        with books.writing() as session:
            outbox.give_up_the_lost(session)
    post = _Post(books, to, stop)
    try:
        while not stop.is_set():
            with books.reading() as session:
                letter = queries.next_due(session, rehearsals_only=to is None)
            if letter is None or not post.deal_with(letter):
                return letter is None
        return True
    finally:
        post.hang_up()


class _Post:
    """A round of letters with at most one open connection."""

    def __init__(self, books: Database, to: Mailbox | None, stop: threading.Event) -> None:
        self._books, self._to, self._stop = books, to, stop
        self._connection: Connection | None = None
        self._handed_over = 0

    def deal_with(self, letter: LetterFacts) -> bool:
        """False when the mail server is in trouble, so that the others need not be tried."""
        paper = self._drawn(letter)
        if paper is None:
            return True
        with self._books.reading() as session:
            name = students.school(session).name
        sender = self._to.sender if self._to else "rehearsal@localhost"
        try:
            mail = message(letter, paper, sender=sender, school_name=name)
        except SchoolError as refused:
            self._mark(letter, outbox.failed, refused.sentence)
            return True
        if letter.rehearsal or self._to is None:
            self._mark(letter, outbox.rehearsed)
            return True
        try:
            connection = self._connected(self._to)
            with self._books.writing() as session:
                if not outbox.claim(session, letter.id):
                    return True
            connection.send(mail, letter.to_address)
        except Trouble as trouble:
            log.warning("mail server", extra={"cause": str(trouble)})
            self._mark(letter, outbox.later, letter.tries + 1, str(trouble))
            return False
        except Later as refused:
            self._mark(letter, outbox.later, letter.tries + 1, str(refused))
        except Never as refused:
            self._mark(letter, outbox.failed, str(refused))
        except Unknown:
            self._mark(letter, outbox.failed, outbox.MAY_HAVE_ARRIVED)
        else:
            self._mark(letter, outbox.sent)
        return True

    def _drawn(self, letter: LetterFacts) -> Paper | None:
        try:
            with self._books.reading() as session:
                return papers.to_send(session, letter)
        except NotWanted as why:
            self._mark(letter, outbox.not_wanted, str(why))
        except Unavailable:
            raise
        except Exception:
            log.exception("a letter was not drawn", extra={"letter": letter.id})
            self._mark(letter, outbox.failed, NOT_DRAWN)
        return None

    def _connected(self, to: Mailbox) -> Connection:
        """Raises Trouble."""
        if (
            self._connection is None
            or not self._connection.usable
            or self._handed_over >= LETTERS_A_CONNECTION
        ):
            self.hang_up()
            self._connection = Connection(to)
            self._handed_over = 0
        self._handed_over += 1
        return self._connection

    def _mark(self, letter: LetterFacts, became: Callable[..., bool], *why: str | int) -> None:
        """What happened is known and must be kept: books that are away for a moment are waited for."""
        for tries_left in reversed(range(MARKING_TRIES)):
            try:
                with self._books.writing() as session:
                    became(session, letter.id, *why)
                return
            except Unavailable:
                if not tries_left:
                    raise
                self._stop.wait(1)

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Worker:
    """One thread of the server that delivers until it is stopped."""

    def __init__(self) -> None:
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="letters", daemon=True)

    def start(self) -> None:
        self._thread.start()
        _at_work.append(self)

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """The letter at hand is finished, within a few seconds; the others wait for the next start."""
        self._stop.set()
        self._wake.set()
        self._thread.join(ENDS_WITHIN_S)
        _at_work.remove(self)

    def _run(self) -> None:
        self._stop.wait(BEGINS_AFTER_S)
        to = mailbox(settings()) if settings().sends_mail else None
        while not self._stop.is_set():
            self._wake.clear()
            rest = LOOK_EVERY_S if self._round(to) else REST_AFTER_TROUBLE_S
            self._wake.wait(rest if to else None)  # without a mail server there is nothing to look for

    def _round(self, to: Mailbox | None) -> bool:
        try:
            return deliver(database(), to, self._stop)
        except Unavailable:
            return False
        except Exception:
            log.exception("letters were not delivered")
            return False


_at_work: list[Worker] = []


def wake() -> None:
    """A letter was just written: it need not wait for the next look."""
    for worker in _at_work:
        worker.wake()
