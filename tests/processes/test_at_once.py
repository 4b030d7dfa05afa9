"""Processes that write to the same books in the same moment wait for each other, and nobody sees a lock."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select

from school import clock, migrations
from school.checks.ledger import verify
from school.db import Database
from school.ledger import queries
from school.ledger.models import Entry
from school.reports import roster
from tests import databases, make
from tests.databases import url_text
from tests.processes import worker
from tests.processes.worker import AMOUNT

PROCESSES = 2
CASHIERS = 4  # in each
PAYMENTS = 12  # of each
TIMES = 6

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    ["tests.processes.worker", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"]
)


@pytest.fixture(autouse=True)
def nothing_to_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process runs the main script of its parent; Streamlit's page tests leave one of theirs behind."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def at_once(work: Callable[..., None], *each: tuple[Any, ...]) -> list[Any]:
    """What every process said that did this work, all of them beginning in the same moment."""
    ready, said = context.Barrier(len(each)), context.Queue()
    running = [context.Process(target=work, args=(*given, ready, said)) for given in each]
    for process in running:
        process.start()
    answers = [said.get(timeout=120) for _ in running]
    for process in running:
        process.join()
    return answers


def books_with_students(database: Database, count: int) -> list[int]:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        return [make.student(session) for _ in range(count)]


def test_eight_cashiers_of_two_processes_all_get_their_receipts(database: Database) -> None:
    students = books_with_students(database, CASHIERS)
    names = [
        [[f"{process}-{cashier}-{n:05d}" for n in range(PAYMENTS)] for cashier in range(CASHIERS)]
        for process in range(PROCESSES)
    ]

    said = at_once(worker.pay, *((url_text(database), students, own) for own in names))

    receipts = [receipt for answers in said for _, receipt in answers]
    total = PROCESSES * CASHIERS * PAYMENTS
    assert sorted(receipts) == [f"R-{n:06d}" for n in range(1, total + 1)]
    with database.reading() as session:
        assert [queries.balance(session, student) for student in students] == [
            -AMOUNT * PROCESSES * PAYMENTS
        ] * CASHIERS
        assert verify(session) == []


def test_one_request_sent_to_both_processes_at_once_is_one_payment_with_one_receipt(
    database: Database,
) -> None:
    students = books_with_students(database, 1)
    names = [[f"request-{n:05d}" for n in range(TIMES)]] * CASHIERS

    said = at_once(worker.pay, *[(url_text(database), students, names)] * PROCESSES)

    receipts = Counter(answer for answers in said for answer in answers)
    assert len(receipts) == TIMES
    assert set(receipts.values()) == {PROCESSES * CASHIERS}
    assert sorted(receipt for _, receipt in receipts) == [f"R-{n:06d}" for n in range(1, TIMES + 1)]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == TIMES
        assert verify(session) == []


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_processes_that_start_at_once_on_an_empty_database_migrate_it_once(engine: str) -> None:
    for _ in range(TIMES):
        with databases.fresh(engine, migrated=False) as empty:
            said = at_once(worker.migrate, *[(url_text(empty),)] * PROCESSES)

            assert said == [None] * PROCESSES
            with empty.reading() as session:
                assert migrations.current(session.connection()) == migrations.head()
            assert books_with_students(empty, 1)


def test_a_process_that_starts_disturbs_nobody_at_work(database: Database) -> None:
    [student] = books_with_students(database, 1)
    over, failed, paid = threading.Event(), [], []

    def at_work(once: Callable[[], object]) -> None:
        while not over.is_set():
            try:
                once()
            except Exception as error:  # noqa: BLE001 - whatever it is, a person would have seen it
                failed.append(error)

    def pay() -> None:
        with database.writing() as session:
            paid.append(make.pay(session, student, AMOUNT))

    def look() -> None:
        with database.reading() as session:
            queries.recent_receipts(session, limit=5)
            roster.page(session, text="ann", limit=5)
            queries.open_charges(session, student)

    with clock.set_to(make.NOON):
        people_at_work = [threading.Thread(target=at_work, args=(once,)) for once in (pay, look, look)]
        for person in people_at_work:
            person.start()
        try:
            said = [at_once(worker.migrate, (url_text(database),)) for _ in range(TIMES)]
        finally:
            over.set()
            for person in people_at_work:
                person.join()

    assert said == [[None]] * TIMES
    assert failed == []
    with database.reading() as session:
        assert queries.balance(session, student) == -AMOUNT * len(paid)
        assert verify(session) == []
