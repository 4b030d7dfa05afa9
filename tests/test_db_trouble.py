"""A database in trouble says which, loses nothing, and is used again as soon as it can be."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from school.db import Database
from school.db import sqlite as opening
from school.errors import ReadOnly, Unavailable
from tests import databases
from tests.test_db import add_class, classes

SIDES = ("", "-wal", "-shm")


@contextmanager
def moved_away(database: Database) -> Iterator[Path]:
    """The file of the books lies elsewhere for a while."""
    assert database.path
    elsewhere = database.path.with_name("elsewhere.db")
    _move(database.path, elsewhere)
    try:
        yield elsewhere
    finally:
        _move(elsewhere, database.path)


def _move(path: Path, to: Path) -> None:
    for side in SIDES:
        if Path(f"{path}{side}").exists():
            Path(f"{path}{side}").rename(f"{to}{side}")


def administer(database: Database, statement: str) -> None:
    """As the owner of the PostgreSQL server, from a connection of its own to another database."""
    url = database.url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(statement)


def end_connections(database: Database) -> None:
    administer(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{database.url.database}' AND pid <> pg_backend_pid()",
    )


def test_a_file_that_is_not_there_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "school.db"

    with pytest.raises(Unavailable, match="cannot be reached"):
        classes(Database(f"sqlite:///{path}"))

    assert not path.parent.exists()


def test_books_moved_away_are_missed_by_those_who_have_them_open(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        add_class(session, "Form 1")

    with moved_away(sqlite_database):
        with pytest.raises(Unavailable, match="nothing was written"):
            classes(sqlite_database)
        with pytest.raises(Unavailable, match="nothing was written"), sqlite_database.writing() as session:
            add_class(session, "Form 2")
        assert sqlite_database.path
        assert not sqlite_database.path.exists()

    assert classes(sqlite_database) == ["Form 1"]


def test_books_put_in_place_of_others_are_the_ones_that_are_read(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        add_class(session, "Form 1")
    assert sqlite_database.path
    backup = sqlite_database.path.with_name("backup.db")
    with sqlite3.connect(backup) as copy:
        sqlite3.connect(sqlite_database.path).backup(copy)
    copy.close()
    with sqlite_database.writing() as session:
        add_class(session, "Form 2")

    for side in SIDES:
        Path(f"{sqlite_database.path}{side}").unlink(missing_ok=True)
    backup.rename(sqlite_database.path)

    assert classes(sqlite_database) == ["Form 1"]


def test_a_file_with_any_name_is_found(tmp_path: Path) -> None:
    with databases.fresh("sqlite") as fresh:
        assert fresh.path
        path = tmp_path / "Ecole Acacia #2 50%? é.db"
        shutil.copy(fresh.path, path)

    assert classes(Database(URL.create("sqlite", database=str(path)))) == []


def test_books_another_program_has_locked_are_away_for_so_long(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "READER_WAIT_MS", 50)
    monkeypatch.setattr(opening, "WRITER_WAIT_MS", 50)
    assert sqlite_database.path
    other = sqlite3.connect(sqlite_database.path, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("INSERT INTO school_class (name, position) VALUES ('Form 1', 0)")

    with pytest.raises(Unavailable, match="busy"):
        classes(sqlite_database)
    with pytest.raises(Unavailable, match="busy"), sqlite_database.writing() as session:
        add_class(session, "Form 2")
    other.execute("COMMIT")
    other.close()

    assert classes(sqlite_database) == ["Form 1"]


def test_a_damaged_file_is_told_as_such(sqlite_database: Database) -> None:
    assert sqlite_database.path
    with sqlite3.connect(sqlite_database.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    held = bytearray(sqlite_database.path.read_bytes())
    held[100:] = b"\xa5" * (len(held) - 100)
    sqlite_database.path.write_bytes(held)

    with pytest.raises(Unavailable, match="damaged"):
        classes(sqlite_database)


def test_a_file_that_is_no_database_is_told_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    path.write_text("Dear bursar, " * 1000)

    with pytest.raises(Unavailable, match="damaged"):
        classes(Database(f"sqlite:///{path}"))


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_database_that_was_never_migrated_says_what_to_run(engine: str) -> None:
    with (
        databases.fresh(engine, migrated=False) as empty,
        pytest.raises(Unavailable, match="school migrate"),
    ):
        classes(empty)


def test_a_fault_in_what_was_asked_is_no_trouble_of_the_database(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as session:
        session.execute(text("SELEKT 1"))


def test_an_error_never_tells_what_was_typed(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.writing() as session:
        session.execute(text("INSERT INTO student (nobody) VALUES (:name) SELEKT"), {"name": "Amina Otieno"})

    assert "Amina" not in str(caught.value)


def test_connections_ended_between_two_pages_are_not_noticed(postgresql_database: Database) -> None:
    assert classes(postgresql_database) == []

    end_connections(postgresql_database)

    assert classes(postgresql_database) == []


def test_a_connection_that_ends_within_a_write_writes_nothing(postgresql_database: Database) -> None:
    with (  # noqa: PT012 - the block is the subject
        pytest.raises(Unavailable, match="nothing was written"),
        postgresql_database.writing() as session,
    ):
        add_class(session, "Form 1")
        end_connections(postgresql_database)
        add_class(session, "Form 2")

    assert classes(postgresql_database) == []


def test_a_connection_that_ends_with_the_commit_leaves_open_what_became_of_it(
    postgresql_database: Database,
) -> None:
    with (  # noqa: PT012
        pytest.raises(Unavailable, match="not known whether this was written"),
        postgresql_database.writing() as session,
    ):
        add_class(session, "Form 1")
        end_connections(postgresql_database)


def test_a_server_that_lets_nobody_in_is_away_and_back(postgresql_database: Database) -> None:
    name = postgresql_database.url.database
    administer(postgresql_database, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    end_connections(postgresql_database)

    with pytest.raises(Unavailable, match="cannot be reached"):
        classes(postgresql_database)
    administer(postgresql_database, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    assert classes(postgresql_database) == []


def test_a_server_that_is_not_there_is_away() -> None:
    nobody = Database("postgresql+psycopg://nobody@127.0.0.1:9/none")

    with pytest.raises(Unavailable, match="cannot be reached"):
        classes(nobody)


@pytest.mark.parametrize("code", ["53100", "25006"])
def test_postgresql_without_room_or_right_is_read_only(postgresql_database: Database, code: str) -> None:
    with postgresql_database.writing() as session:
        session.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
            )
        )
        session.execute(text("CREATE TRIGGER refuse BEFORE INSERT ON school_class EXECUTE FUNCTION refuse()"))

    with pytest.raises(ReadOnly), postgresql_database.writing() as session:
        add_class(session, "Form 1")

    assert postgresql_database.read_only
    assert classes(postgresql_database) == []
    assert postgresql_database.takes_entries()  # another write found room
    assert not postgresql_database.read_only
