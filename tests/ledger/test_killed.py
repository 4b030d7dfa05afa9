"""A writer killed at any moment, thirty times: all it acknowledged is there, nothing is half there."""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from types import ModuleType

import pytest
from sqlalchemy import func, select, text

from school import clock
from school.checks.ledger import verify
from school.db import Database
from school.ledger import queries
from school.ledger.models import Entry
from tests import make
from tests.databases import url_text
from tests.ledger.writer import SHARE, take_payments

KILLS = 30
LIFE_SECONDS_MAX = 0.08  # a dozen payments or so: the end falls into any part of one

processes = multiprocessing.get_context(
    "forkserver"
)  # real processes that know nothing of this one's connections
processes.set_forkserver_preload(["tests.ledger.writer", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"])


@pytest.fixture(autouse=True)
def nothing_to_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process runs the main script of its parent; Streamlit's page tests leave one of theirs behind."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def test_a_killed_writer_leaves_whole_payments_only(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        pair = (make.student(session, "Ann"), make.student(session, "Ben"))
    chance = random.Random(1200)
    acknowledged: set[str] = set()

    for kill in range(KILLS):
        said = run_and_kill(database, pair, f"writer-{kill:02d}", chance.uniform(0, LIFE_SECONDS_MAX))
        acknowledged |= said

        with database.reading() as session:
            found = set(session.scalars(select(Entry.request_id).where(Entry.kind == "payment")))
        assert acknowledged <= found
        assert len(found - acknowledged) <= kill + 1  # committed, but killed before it could say so

    with clock.set_to(make.NOON), database.writing() as session:
        make.pay(session, pair[0], SHARE)
    with database.reading() as session:
        payments = session.scalar(select(func.count()).select_from(Entry)) or 0
        last_receipt = session.scalar(select(func.max(Entry.no)))
        assert last_receipt == payments > len(acknowledged) >= KILLS
        assert queries.balance(session, pair[0]) == -SHARE * payments
        assert queries.balance(session, pair[1]) == -SHARE * (payments - 1)
        assert verify(session) == []
        if database.is_sqlite:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def run_and_kill(database: Database, pair: tuple[int, int], name: str, seconds: float) -> set[str]:
    """The requests a writer acknowledged until it was killed, so long after its first."""
    heard, speaks = processes.Pipe(duplex=False)
    writer = processes.Process(target=take_payments, args=(url_text(database), pair, name, speaks))
    writer.start()
    speaks.close()
    acknowledged = {heard.recv()}
    time.sleep(seconds)
    writer.kill()
    writer.join()
    while True:
        try:
            acknowledged.add(heard.recv())
        except (EOFError, OSError):  # the last word may be half a word
            return acknowledged
