"""Books that can be read but not written: nothing is half recorded, and all goes on when there is room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event, text

from school import clock, db
from school.checks import ledger as checks
from school.db import Database
from school.errors import ReadOnly
from school.ledger import queries
from school.settings import ROOT
from tests import databases, make

OWED = 100_000


@contextmanager
def full(database: Database) -> Iterator[None]:
    """SQLite: the file may not grow by a single page, whichever connection asks."""

    def no_more(connection, _record) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database.engine.dispose()
    event.listen(database.engine, "connect", no_more)
    try:
        yield
    finally:
        event.remove(database.engine, "connect", no_more)
        database.engine.dispose()


@contextmanager
def standing_by(database: Database) -> Iterator[None]:
    """PostgreSQL: every new transaction is read only, as on a standby."""
    _set(database, "ON")
    try:
        yield
    finally:
        _set(database, "OFF")


def _set(database: Database, state: str) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ WRITE")
        connection.exec_driver_sql(
            f"ALTER DATABASE {database.url.database} SET default_transaction_read_only = {state}"
        )
        connection.commit()
    database.engine.dispose()


STARVED: dict[str, Callable[[Database], AbstractContextManager[None]]] = {
    "sqlite": full,
    "postgresql": standing_by,
}


@pytest.fixture
def owing(database: Database) -> Iterator[int]:
    """A student who owes 1,000.00."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            student_id = make.student(session)
            make.bill(session, student_id, (OWED, date(2026, 1, 15)), on=date(2026, 1, 15))
        yield student_id


def pay_until_refused(database: Database, student_id: int) -> int:
    """How many payments of 1.00 fit before the first that does not."""
    for n in range(500):
        try:
            with database.writing() as session:
                make.pay(session, student_id, 100, request=f"starved-{n}")
        except ReadOnly:
            return n
    raise AssertionError("the books never filled up")


def balance(database: Database, student_id: int) -> int:
    with database.reading() as session:
        return queries.balance(session, student_id)


def test_a_payment_lands_whole_or_not_at_all_and_the_books_stay_readable(
    database: Database, owing: int
) -> None:
    with STARVED[database.url.get_backend_name()](database):
        recorded = pay_until_refused(database, owing)

        assert database.read_only
        assert balance(database, owing) == OWED - 100 * recorded

    with database.reading() as session:
        assert checks.verify(session) == []


def test_all_goes_on_when_there_is_room_again(
    database: Database, owing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "PROBE_EVERY_S", 0)
    with STARVED[database.url.get_backend_name()](database):
        recorded = pay_until_refused(database, owing)
        assert not database.takes_entries()

    assert database.takes_entries()
    with database.writing() as session:
        make.pay(session, owing, 100, request=f"starved-{recorded}")
    assert balance(database, owing) == OWED - 100 * (recorded + 1)


def test_nobody_is_asked_while_all_is_well(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "PROBE_EVERY_S", 0)
    with database.writing() as session:
        make.school(session)
    asked = []
    event.listen(database.engine, "begin", asked.append)

    assert database.takes_entries()

    assert asked == []


def test_while_the_books_are_read_only_they_are_asked_now_and_then_not_each_time(
    database: Database, owing: int
) -> None:
    with STARVED[database.url.get_backend_name()](database):
        pay_until_refused(database, owing)
        asked = []
        event.listen(database.engine, "begin", asked.append)

        for _ in range(20):
            database.takes_entries()

        assert len(asked) == 1


def test_asking_leaves_no_trace(database: Database, owing: int) -> None:
    before = _rows(database)
    database.read_only = True

    assert database.takes_entries()

    assert _rows(database) == before
    with database.reading() as session:
        assert checks.verify(session) == []


def _rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        names = db.Base.metadata.tables
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) for name in names}


@pytest.fixture
def file_of_a_school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, int]]:
    """As a process of its own finds it: closed, in a folder anybody may enter."""
    with databases.fresh("sqlite") as database, clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            student_id = make.student(session)
            make.bill(session, student_id, (OWED, date(2026, 1, 15)), on=date(2026, 1, 15))
        database.engine.dispose()
        assert database.path
        database.path.parent.chmod(0o777)  # its -wal file must find a place
        yield database, student_id


def starve(database: Database, student_id: int, how: str, count: int) -> dict[str, object]:
    command = [sys.executable, "-m", "tests.starved", databases.url_text(database)]
    done = subprocess.run(
        [*command, str(student_id), how, str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_disk_that_gives_no_more_ends_in_whole_payments_and_readable_books(
    file_of_a_school: tuple[Database, int],
) -> None:
    database, student_id = file_of_a_school

    told = starve(database, student_id, "full", 300)

    met = told["met"]
    recorded = met.count("recorded")
    assert 0 < recorded < 300
    assert set(met) == {"recorded", "ReadOnly"}
    assert told["balance"] == OWED - 100 * recorded
    assert balance(database, student_id) == OWED - 100 * recorded
    with database.reading() as session:
        assert checks.verify(session) == []


def test_a_file_one_may_only_read_is_read_and_refuses_to_be_written(
    file_of_a_school: tuple[Database, int],
) -> None:
    database, student_id = file_of_a_school
    assert database.path
    Path(database.path).chmod(0o444)

    told = starve(database, student_id, "foreign", 2)

    assert told == {"met": ["ReadOnly", "ReadOnly"], "balance": OWED, "read_only": True}
    Path(database.path).chmod(0o644)
    with database.writing() as session:
        make.pay(session, student_id, 100)
    assert balance(database, student_id) == OWED - 100
