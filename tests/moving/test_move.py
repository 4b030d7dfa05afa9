"""A school is at its new place with every row, or not at all; the old books are as they were."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import inspect, text

from school.checks.ledger import verify
from school.db import Database
from school.errors import BadInput, RuleBroken, Unavailable
from school.ledger import guards
from school.migrations import tables
from school.moving import rows
from school.moving.move import Moved, move
from tests import databases, make
from tests.databases import url_text
from tests.security import writers

pytestmark = pytest.mark.postgres
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def old() -> Iterator[Database]:
    """A school in which most tables have a row; it is only read."""
    with databases.fresh("sqlite") as database:
        with database.writing() as session:
            writers.world(session)
        yield database


@pytest.fixture
def new() -> Iterator[Database]:
    with databases.fresh("postgresql", migrated=False) as database:
        yield database


def quietly(source: Database, target: Database | str) -> Moved:
    return move(source.url, target if isinstance(target, str) else target.url, say=lambda _: None)


def content(database: Database) -> dict[str, rows.Sum]:
    with database.reading() as session:
        return {table.name: rows.summed(session.connection(), table) for table in tables.everyone()}


def is_bare(database: Database) -> bool:
    with database.reading() as session:
        return inspect(session.connection()).get_table_names() == []


def test_every_row_arrives_and_the_work_goes_on(old: Database, new: Database) -> None:
    before = content(old)

    moved = quietly(old, new)

    assert content(old) == before == content(new) == moved.sums
    assert moved.rows > 100
    with new.writing() as session:
        make.pay(session, make.student(session, "Dee"), 5_000)
    with new.reading() as session:
        assert verify(session) == []
        assert guards.differences(session.connection()) == []


def test_the_constraints_are_those_of_a_database_that_was_migrated(old: Database, new: Database) -> None:
    quietly(old, new)

    with databases.fresh("postgresql") as migrated:
        assert constraints(new) == constraints(migrated)


def constraints(database: Database) -> list[tuple[str, ...]]:
    query = text(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated::text "
        "FROM pg_constraint WHERE conrelid <> 0"
    )
    with database.reading() as session:
        return sorted(tuple(row) for row in session.execute(query))


def test_there_and_back_again(old: Database, new: Database, tmp_path: Path) -> None:
    quietly(old, new)
    path = tmp_path / "back.db"

    quietly(new, f"sqlite:///{path}")

    assert [file.name for file in tmp_path.iterdir()] == ["back.db"]
    back = Database(f"sqlite:///{path}")
    assert content(back) == content(old)
    with back.reading() as session:
        assert verify(session) == []
    back.engine.dispose()
    with pytest.raises(BadInput, match="already"):
        quietly(new, f"sqlite:///{path}")


def test_tables_that_are_there_and_empty_are_filled(old: Database, postgresql_database: Database) -> None:
    assert quietly(old, postgresql_database).sums == content(postgresql_database)


def test_a_place_that_holds_anything_is_refused(old: Database, postgresql_database: Database) -> None:
    with postgresql_database.writing() as session:
        make.school(session)
    before = content(postgresql_database)

    with pytest.raises(BadInput, match="is not empty"):
        quietly(old, postgresql_database)

    assert content(postgresql_database) == before


def die_when_told(source: str, target: str, sentence: str) -> None:
    def hear(said: str) -> None:
        if said.strip() == sentence:
            os.kill(os.getpid(), signal.SIGKILL)

    move(source, target, say=hear)


def test_killed_on_the_way_it_leaves_nothing_and_is_done_again(
    old: Database, new: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))  # a page test left its own there
    last_step = "Verifying the books in their new place …"
    mover = SPAWN.Process(target=die_when_told, args=(url_text(old), url_text(new), last_step))
    mover.start()
    mover.join()

    assert mover.exitcode == -signal.SIGKILL
    assert is_bare(new)
    assert quietly(old, new).sums == content(old)


def test_nothing_is_written_to_the_old_books_meanwhile(old: Database, new: Database) -> None:
    told: list[str] = []

    def somebody_writes(sentence: str) -> None:
        if sentence.startswith("Comparing"):
            with closing(sqlite3.connect(old.path or "", timeout=0, isolation_level=None)) as other:
                with pytest.raises(sqlite3.OperationalError, match="locked") as refused:
                    other.execute("BEGIN IMMEDIATE")
                told.append(str(refused.value))

    move(old.url, new.url, say=somebody_writes)

    assert len(told) == 1


def test_books_that_disagree_are_not_moved(sqlite_database: Database, new: Database) -> None:
    with sqlite_database.writing() as session:
        make.school(session)
        make.student(session)
        session.execute(text("UPDATE student_balance SET balance = 1"))

    with pytest.raises(RuleBroken, match=r"disagree with themselves.*balance"):
        quietly(sqlite_database, new)

    assert is_bare(new)


def test_a_row_that_the_new_place_keeps_otherwise_is_found(
    old: Database, postgresql_database: Database
) -> None:
    with postgresql_database.writing() as session:
        session.execute(
            text(
                "CREATE FUNCTION louder() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$"
            )
        )
        session.execute(
            text("CREATE TRIGGER louder BEFORE INSERT ON family FOR EACH ROW EXECUTE FUNCTION louder()")
        )

    with pytest.raises(RuleBroken, match="rows of family are not the same"):
        quietly(old, postgresql_database)

    assert {one.rows for one in content(postgresql_database).values()} == {0}


def test_who_may_not_make_tables_is_told_to_name_the_owner(old: Database) -> None:
    with (
        databases.fresh("postgresql", migrated=False, role=databases.APP) as poor,
        pytest.raises(RuleBroken, match="name its owner"),
    ):
        quietly(old, poor)


def test_a_place_that_cannot_be_reached_is_one_sentence(old: Database, new: Database) -> None:
    nowhere = new.url.set(database="nowhere")

    with pytest.raises(Unavailable):
        move(old.url, nowhere, say=lambda _: None)
