"""The program's own role on PostgreSQL can do its work, and nothing to the truth."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from school.db import Database
from school.migrations import rights, tables
from tests import databases

pytestmark = pytest.mark.postgres

TRUTH = ("entry", "line", "audit_event", "period_lock", "cash_up", "deposit", "day_close")


@pytest.fixture
def books() -> Iterator[Database]:
    """A school as the program sees it, with an entry."""
    with databases.fresh("postgresql", role=databases.APP) as database:
        yield database


def as_owner(books: Database) -> psycopg.Connection:
    owner = books.url.set(username="postgres", drivername="postgresql")
    return psycopg.connect(owner.render_as_string(hide_password=False))


def test_every_table_of_the_models_has_its_line() -> None:
    known = [*rights.FOLLOWS, *rights.STAYS, *rights.CHANGES, *rights.GOES]

    tables_of_ours = {table.name: table.columns.keys() for table in tables.everyone()}
    assert sorted(known) == sorted([*tables_of_ours, rights.VERSION_TABLE])
    for table, columns in (rights.CHANGES | rights.GOES).items():
        assert set(columns.split()) <= {rights.ANY, *tables_of_ours[table]}, table


def test_it_has_what_it_needs_and_no_more(books: Database) -> None:
    with books.reading() as session:
        assert rights.differences(session.connection(), databases.APP) == []
        assert not rights.may_migrate(session.connection())


@pytest.mark.parametrize("table", TRUTH)
@pytest.mark.parametrize("how", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_truth_is_refused_to_it_before_any_guard_is_asked(books: Database, table: str, how: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=f"permission denied for table {table}"),
        books.writing() as session,
    ):
        session.execute(text(how.format(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE student_balance SET balance = 0",
        "INSERT INTO open_item VALUES (1, 1, '2026-01-01', 1)",
        "DELETE FROM student",
        "DELETE FROM user_account",
        "UPDATE letter SET body = ''",
        "UPDATE sign_in_attempt SET at = ''",
        "UPDATE alembic_version SET version_num = '0001'",
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "DROP TRIGGER entry_unchanged ON entry",
        "CREATE TABLE public.spare (id int)",
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
    ],
)
def test_it_may_not(books: Database, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        books.writing() as session,
    ):
        session.execute(text(statement))
