"""A reader sees one moment of the books, a writer adds one fact or nothing, and writers take turns."""

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from school import clock
from school.db import Database, FairLock, one_writer, rows_of
from school.errors import Unavailable
from school.students.models import SchoolClass


def add_class(session, name: str) -> None:
    session.execute(text("INSERT INTO school_class (name, position) VALUES (:name, 0)"), {"name": name})


def classes(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT name FROM school_class ORDER BY id")))


def test_a_block_that_ends_cleanly_is_written(database: Database) -> None:
    with database.writing() as session:
        add_class(session, "Form 1")

    assert classes(database) == ["Form 1"]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, BaseException])
def test_a_block_that_is_interrupted_writes_nothing(
    database: Database, interruption: type[BaseException]
) -> None:
    with pytest.raises(interruption), database.writing() as session:  # noqa: PT012 - the block is the subject
        add_class(session, "Form 1")
        raise interruption

    assert classes(database) == []


def test_a_reader_sees_one_moment_while_a_writer_goes_on(database: Database) -> None:
    with database.reading() as session:
        before = session.scalar(text("SELECT count(*) FROM school_class"))
        with database.writing() as writer:
            add_class(writer, "Form 1")
        after = session.scalar(text("SELECT count(*) FROM school_class"))

    assert (before, after) == (0, 0)
    assert classes(database) == ["Form 1"]


def test_a_reader_reads_whole_entities_and_their_columns(database: Database) -> None:
    with database.writing() as session:
        add_class(session, "Form 1")

    with database.reading() as session:
        whole = session.scalars(select(SchoolClass)).one()
        columns = session.execute(select(SchoolClass.name, SchoolClass.position)).one()

    assert isinstance(whole, SchoolClass)
    assert (whole.name, whole.position) == (columns.name, columns.position) == ("Form 1", 0)


def test_what_asks_for_nothing_is_read_once_by_a_reader_and_each_time_by_a_writer(database: Database) -> None:
    names = select(SchoolClass.name)
    with database.writing() as session:
        assert rows_of(session, names) == []
        add_class(session, "Form 1")
        assert rows_of(session, names) == [("Form 1",)]

    with database.reading() as session:
        assert rows_of(session, names) == [("Form 1",)]
        assert rows_of(session, names) is rows_of(session, names)


def test_a_reader_on_postgresql_cannot_write(postgresql_database: Database) -> None:
    with pytest.raises(Exception, match="read-only"), postgresql_database.reading() as session:
        add_class(session, "Form 1")

    assert classes(postgresql_database) == []


def test_writers_decide_on_what_they_read_inside(database: Database) -> None:
    def count_on() -> None:
        for _ in range(10):
            with database.writing() as session:
                one_writer(session)
                number = session.scalar(text("SELECT count(*) FROM school_class"))
                add_class(session, f"Form {number}")

    threads = [threading.Thread(target=count_on) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert classes(database) == [f"Form {number}" for number in range(60)]


def test_a_commit_that_fails_leaves_no_connection_inside_its_transaction(sqlite_database: Database) -> None:
    with pytest.raises(IntegrityError), sqlite_database.writing() as session:
        session.execute(
            text(
                "INSERT INTO enrolment (student_id, year_id) VALUES (1, 1)"  # neither exists
            )
        )

    for _ in range(3):
        with sqlite_database.writing() as session:
            add_class(session, f"Form {len(classes(sqlite_database))}")
    assert len(classes(sqlite_database)) == 3


def test_a_database_that_cannot_be_reached_is_answered_with_a_sentence(tmp_path) -> None:
    folder = tmp_path / "folder.db"
    folder.mkdir()

    with (
        pytest.raises(Unavailable, match="nothing was written"),
        Database(f"sqlite:///{folder}").reading() as session,
    ):
        session.execute(text("SELECT 1"))


def test_whoever_came_first_goes_first() -> None:
    lock, order = FairLock(), []
    waiting = threading.Semaphore(0)

    def wait_for_turn(number: int) -> None:
        waiting.release()
        with lock:
            order.append(number)

    with lock:
        threads = []
        for number in range(20):
            thread = threading.Thread(target=wait_for_turn, args=(number,))
            thread.start()
            waiting.acquire()
            while len(lock._waiting) <= number:
                threading.Event().wait(0.001)
            threads.append(thread)
    for thread in threads:
        thread.join()

    assert order == list(range(20))


def test_today_is_the_school_s_today() -> None:
    with clock.set_to(datetime(2026, 3, 1, 22, 30, tzinfo=UTC)):
        assert clock.today("Africa/Nairobi").isoformat() == "2026-03-02"
        assert clock.today("America/New_York").isoformat() == "2026-03-01"
    assert clock.now().astimezone(ZoneInfo("UTC")).year >= 2026
