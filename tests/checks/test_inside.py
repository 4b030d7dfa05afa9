"""What is wrong in the database, or between it and its machine, is found by name.

Each test puts one thing wrong for real: a pragma, a trigger, a total, a page of the file, the clock.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from school import clock
from school.backups import queries as backups
from school.checks import (
    disk,
    engine,
    kept,
    ledger,
    moment,
    people,
)
from school.checks.place import Place
from school.db import Database
from school.migrations import rights
from tests import make
from tests.checks import places
from tests.checks.places import OF_THIS_MACHINE, inside


def test_a_demo_user_who_may_sign_in_is_named(place: Place) -> None:
    with place.database.writing() as session:
        session.execute(text("UPDATE user_account SET is_demo = TRUE WHERE name IN ('finn', 'hope')"))
        session.execute(text("UPDATE user_account SET status = 'disabled' WHERE name = 'hope'"))

    assert inside(people.demo, place) == {"demo_users": "Users of the demo school may sign in: finn."}


def test_books_without_an_administrator_are_named_before_anything_of_a_second_factor(place: Place) -> None:
    with place.database.writing() as session:
        session.execute(text("DELETE FROM role_policy"))
    assert inside(people.administrators, place).keys() == {"second_factor"}

    with place.database.writing() as session:
        session.execute(text("DELETE FROM user_role WHERE role = 'administrator'"))
    assert inside(people.administrators, place).keys() == {"administrator"}


@pytest.mark.parametrize(
    ("pragma", "rule"), [("synchronous = OFF", "durability"), ("foreign_keys = OFF", "engine")]
)
def test_a_setting_that_is_not_in_force_on_a_connection_is_named(
    pragma: str, rule: str, place: Place
) -> None:
    place.database.engine.dispose()
    event.listen(place.database.engine, "connect", lambda opened, _: opened.execute(f"PRAGMA {pragma}"))

    found = inside(engine.settings_in_force, place)

    assert found.keys() - OF_THIS_MACHINE == {rule}
    assert pragma.split()[0] in found[rule]


@pytest.mark.postgres
def test_on_postgresql_a_commit_that_does_not_wait_and_a_role_that_may_too_much_are_named(
    postgresql_database: Database, tmp_path: Path
) -> None:
    place = Place(places.in_order(postgresql_database, tmp_path).settings, postgresql_database, deploy=True)
    role = f"clerk_{postgresql_database.url.database}"
    with postgresql_database.engine.begin() as connection:
        connection.execute(
            text(f"ALTER DATABASE {postgresql_database.url.database} SET synchronous_commit = off")
        )
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        rights.grant(connection, role)
    assert "rules the whole server" in inside(engine.role, place)["role"]
    postgresql_database.engine.dispose()
    assert "synchronous_commit is off" in inside(engine.settings_in_force, place)["durability"]

    less = replace(place, database=Database(postgresql_database.url.set(username=role)))
    try:
        assert inside(engine.role, less) == {}
        with postgresql_database.engine.begin() as connection:
            connection.execute(text(f"GRANT UPDATE (memo) ON line TO {role}"))
        assert inside(engine.role, less)["role"].endswith(
            "not what it needs: UPDATE on line (memo) is allowed."
        )
    finally:
        less.database.engine.dispose()
        with postgresql_database.engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_a_guard_that_was_dropped_and_one_that_was_changed_are_named(
    database: Database, tmp_path: Path
) -> None:
    place = places.in_order(database, tmp_path)
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER entry_kept"))
            connection.execute(text("DROP TRIGGER line_kept"))
            connection.execute(text("CREATE TRIGGER line_kept BEFORE UPDATE ON line BEGIN SELECT 1; END"))
        else:
            connection.execute(text("DROP TRIGGER entry_kept ON entry"))
            connection.execute(text("ALTER TABLE line DISABLE TRIGGER line_kept"))

    found = places.told(place)

    assert "entry_kept" in found["guards"]
    assert "line_kept" in found["guards"]


def test_a_total_that_does_not_follow_from_the_entries_is_named(place: Place) -> None:
    with place.database.engine.begin() as connection:
        connection.execute(text("UPDATE student_balance SET balance = balance + 1"))

    assert "balance" in places.told(place)["books"]


def test_a_student_whom_no_entry_touched_lately_is_looked_at_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "RECENT", 1)
    with place.database.writing() as session:
        make.bill(session, make.student(session, "Ben"), (700, make.TODAY), on=make.TODAY)
        session.execute(text("UPDATE open_item SET open = open + 1 WHERE student_id = 1"))
        session.execute(text("UPDATE due_total SET open = open + 1"))

    assert "What is kept as open" in inside(engine.books, place)["books"]


def test_a_damaged_file_is_named(place: Place) -> None:
    books = place.database.path
    assert books is not None
    place.database.engine.dispose()
    connection = sqlite3.connect(books)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = connection.execute(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'ix_student_word_word'"
    ).fetchone()
    connection.close()
    with books.open("r+b") as file:
        file.seek((page[0] - 1) * 4096 if page else 40 * 4096)
        file.write(b"\xff" * 4096)

    assert "damage" in places.told(place)


def test_a_disk_without_room_is_named(unchanged: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are put above what this machine has; the room itself is its own."""
    too_much = 10**18
    for limits, rule in (
        (disk.Limits(full=too_much), "disk_full"),
        (disk.Limits(low=too_much), "disk"),
        (disk.Limits(days=too_much), "disk"),
    ):
        monkeypatch.setattr(disk, "LIMITS", limits)
        with clock.set_to(datetime.now().astimezone()):
            assert inside(disk.room, unchanged).keys() == {rule}


def test_a_clock_behind_what_was_written_is_named(unchanged: Place) -> None:
    with clock.set_to(clock.now() - timedelta(days=400)):
        found = inside(moment.against_the_books, unchanged)["clock"]

    assert "the newest entry is of" in found
    assert inside(moment.against_the_books, unchanged) == {}


def test_a_time_zone_this_machine_does_not_know_is_named(place: Place) -> None:
    with place.database.engine.begin() as connection:
        connection.execute(text("UPDATE school SET time_zone = 'Mars/Olympus'"))

    assert "Mars/Olympus" in inside(moment.time_zone, place)["time_zone"]


def test_backups_that_are_missing_old_or_never_tried_are_named(place: Place) -> None:
    folder = place.settings.backup_folder
    assert folder is not None
    assert inside(kept.backed_up, place) == {}

    with clock.set_to(clock.now() + timedelta(days=8)):
        assert inside(kept.backed_up, place) == {
            "backup": "The newest backup is 8 days old.",
            "backup_tried": "No backup was tried for 8 days.",
        }
    for file in folder.iterdir():
        file.unlink()
    assert inside(kept.backed_up, place) == {"backup": f"There is no backup in {folder}."}
    (folder / backups.FAILED).write_text(f'{{"at": "{clock.now().isoformat()}", "sentence": "No room."}}')
    assert inside(kept.backed_up, place)["backup_failed"].endswith("failed: No room.")
    (folder / backups.FAILED).unlink()
    places.backup(folder, made_at=clock.now(), tried_at=None)
    assert inside(kept.backed_up, place) == {"backup_tried": "No backup was tried ever."}


def test_tables_of_an_older_and_of_a_newer_version_are_told_apart(place: Place) -> None:
    for at, rule in (("0001", "migrations"), ("9999", "newer_books")):
        with place.database.engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{at}'"))
        assert rule in places.told(place)
