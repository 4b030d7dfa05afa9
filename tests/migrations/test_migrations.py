"""Migrations alone make the database the models describe, guards and all, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy
from pytest_alembic import tests as promises
from pytest_alembic.config import Config
from pytest_alembic.runner import MigrationContext, runner
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError

from school import migrations
from school.db import Base, Database, one_writer
from school.ledger import guards
from tests import databases

A_REQUEST_OF_BEFORE = (
    "INSERT INTO family (id, name) VALUES (1, 'Abel')",
    "INSERT INTO student (id, admission_no, name, sort_name, family_id) VALUES (1, 'A1', 'Ann', 'ann', 1)",
    "INSERT INTO approval (id, request_id, kind, student_id, amount, details, reason, asked_at, asked_by)"
    " VALUES (7, 'r', 'refund', 1, 5000, '{}', 'lost', '2026-03-20T12:00:00.000000Z', 'finn')",
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(request.param, migrated=False) as fresh:
        yield fresh


@pytest.fixture
def history(empty: Database) -> Iterator[MigrationContext]:
    with runner(config=Config.from_raw_config(migrations.config()), engine=empty.engine) as context:
        yield context


def test_there_is_one_newest_revision(history: MigrationContext) -> None:
    promises.test_single_head_revision(history)


def test_every_revision_goes_up_from_empty(history: MigrationContext) -> None:
    promises.test_upgrade(history)


def test_models_and_migrations_describe_the_same_tables(history: MigrationContext) -> None:
    promises.test_model_definitions_match_ddl(history)


def test_a_constraint_the_models_do_not_know_is_found(empty: Database) -> None:
    migrations.migrate(empty.url)
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE till (id INTEGER PRIMARY KEY)"))

    with (
        runner(config=Config.from_raw_config(migrations.config()), engine=empty.engine) as context,
        pytest.raises(AssertionError),
    ):
        promises.test_model_definitions_match_ddl(context)


def test_an_empty_database_becomes_the_present_one(empty: Database) -> None:
    migrations.migrate(empty.url)

    with empty.engine.connect() as connection:
        assert migrations.current(connection) == migrations.head()
        assert guards.differences(connection) == []
        assert set(Base.metadata.tables) <= set(inspect(connection).get_table_names())


def test_migrating_again_changes_nothing(empty: Database) -> None:
    migrations.migrate(empty.url)

    migrations.migrate(empty.url)

    with empty.engine.connect() as connection:
        assert migrations.current(connection) == migrations.head()
        assert guards.differences(connection) == []


def test_requests_made_before_they_could_be_withdrawn_are_kept(empty: Database) -> None:
    with runner(config=Config.from_raw_config(migrations.config()), engine=empty.engine) as history:
        history.migrate_up_to("0004")
        with empty.engine.begin() as connection:
            for row in A_REQUEST_OF_BEFORE:
                connection.execute(text(row))

    migrations.migrate(empty.url)

    with empty.engine.begin() as connection:
        assert connection.execute(text("SELECT id, amount, reason FROM approval")).all() == [
            (7, 5000, "lost")
        ]
        connection.execute(text("UPDATE approval SET decision = 'withdrawn', decided_at = asked_at"))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(text("UPDATE approval SET decision = 'forgotten'"))


def test_a_migration_that_fails_leaves_nothing_behind(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> None:
        raise RuntimeError("the guards could not be installed")

    monkeypatch.setattr(guards, "install", fails)

    with pytest.raises(RuntimeError, match="could not be installed"):
        migrations.migrate(empty.url)

    assert inspect(empty.engine).get_table_names() == []


def test_a_migration_puts_back_a_guard_that_was_taken_away(database: Database) -> None:
    with database.engine.begin() as connection:
        table = "" if database.is_sqlite else " ON line"
        connection.execute(text(f"DROP TRIGGER line_kept{table}"))
        assert guards.differences(connection) == ["line_kept"]

    migrations.migrate(database.url)

    with database.engine.connect() as connection:
        assert guards.differences(connection) == []


def test_a_guard_that_is_not_ours_is_named(database: Database) -> None:
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("CREATE TRIGGER rogue BEFORE INSERT ON entry BEGIN SELECT 1; END"))
        else:
            connection.execute(text("ALTER TABLE line DISABLE TRIGGER line_kept"))

        found = guards.differences(connection)

    assert found == (["rogue"] if database.is_sqlite else ["line_kept"])


def test_a_guard_whose_text_was_weakened_is_named(database: Database) -> None:
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER line_guard"))
            connection.execute(text("CREATE TRIGGER line_guard BEFORE INSERT ON line BEGIN SELECT 1; END"))
        else:
            connection.execute(
                text(
                    "CREATE OR REPLACE FUNCTION guard_line() RETURNS trigger LANGUAGE plpgsql"
                    " AS $$ BEGIN RETURN NEW; END $$"
                )
            )

        found = guards.differences(connection)

    assert found == (["line_guard"] if database.is_sqlite else ["guard_line"])


def test_a_migration_refuses_rows_without_their_parent(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("INSERT INTO guardian (family_id, name, folded) VALUES (77, 'A', 'a')")
        driver.execute("PRAGMA foreign_keys=ON")

    with pytest.raises(RuntimeError, match="1 rows without their parent"):
        migrations.migrate(sqlite_database.url)


@pytest.mark.postgres
def test_a_migration_waits_for_the_writer_at_work(postgresql_database: Database) -> None:
    impatient = postgresql_database.url.update_query_dict({"options": "-c lock_timeout=50ms"})

    with postgresql_database.writing() as session:
        one_writer(session)
        with pytest.raises(OperationalError, match="lock timeout"):
            migrations.migrate(impatient)


def test_the_oldest_sqlite_feature_we_need_is_there() -> None:
    sqlite = sqlalchemy.create_engine("sqlite://")

    with sqlite.connect() as connection:
        version = tuple(int(n) for n in connection.scalar(text("SELECT sqlite_version()")).split("."))

    assert version >= (3, 35)
