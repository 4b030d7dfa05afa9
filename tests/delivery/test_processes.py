"""Several processes deliver at once, and are killed: no letter arrives twice, none is lost without a word."""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as Started
from threading import Event
from types import ModuleType

import pytest

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.delivery.worker import deliver
from school.letters import outbox, queries, rules, writing
from school.letters.queries import LetterFacts
from tests import make
from tests.databases import url_text
from tests.delivery.postman import deliver_all
from tests.mail import TAKEN, MailServer

LETTERS = 24
KILLS = 5
HANDED_OVER_IN_S = 0.01  # so that a kill often falls between the sending and the marking

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    ["tests.delivery.postman", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"]
)


@pytest.fixture(autouse=True)
def nothing_to_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process runs the main script of its parent; Streamlit's page tests leave one of theirs behind."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture
def books(database: Database, server: MailServer) -> Database:
    """A receipt that waits for two dozen addresses."""
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        paid = make.pay(session, make.student(session), 12_50)
        for n in range(LETTERS):
            writing.receipt(
                session,
                actor=COMMAND_LINE,
                request_id=f"letter-{n:03d}",
                entry_id=paid.entry_id,
                name=f"Guardian {n}",
                address=f"guardian{n}@home.example",
            )
    return database


def postman(books: Database, server: MailServer, ready: Started) -> BaseProcess:
    process = processes.Process(target=deliver_all, args=(url_text(books), server.mailbox, make.NOON, ready))
    process.start()
    return process


def letters(books: Database) -> list[LetterFacts]:
    with books.reading() as session:
        return queries.page(session, limit=LETTERS).rows


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_two_processes_send_each_letter_once(books: Database, server: MailServer) -> None:
    ready = processes.Event()
    both = [postman(books, server, ready) for _ in range(2)]
    ready.set()
    for process in both:
        process.join()

    assert Counter(server.recipients) == Counter(f"guardian{n}@home.example" for n in range(LETTERS))
    assert {letter.state for letter in letters(books)} == {"sent"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_killed_process_sends_no_letter_twice_and_loses_none_without_a_word(
    books: Database, server: MailServer
) -> None:
    def slowly() -> str:
        time.sleep(HANDED_OVER_IN_S)
        return TAKEN

    server.on_data = slowly
    ready, chance = processes.Event(), random.Random(1200)
    ready.set()
    for _ in range(KILLS):
        before = len(server.recipients)
        process = postman(books, server, ready)
        while process.is_alive() and len(server.recipients) == before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 3 * HANDED_OVER_IN_S))
        process.kill()
        process.join()

    with clock.set_to(make.NOON + rules.HANDING_OVER + timedelta(minutes=1)):
        deliver(books, server.mailbox, Event())

    arrived = Counter(server.recipients)
    state = {letter.to_address: letter.state for letter in letters(books)}
    lost = [letter for letter in letters(books) if letter.state == "failed"]
    assert max(arrived.values()) == 1
    assert {address for address, became in state.items() if became == "sent"} <= arrived.keys()
    assert set(state.values()) <= {"sent", "failed"}
    assert {letter.reason for letter in lost} <= {outbox.MAY_HAVE_ARRIVED}
    assert len(lost) <= KILLS
