"""The program's own role on PostgreSQL can do its work, and nothing to the truth.

That it can do all of its work is shown by `tests/security/test_writers.py`, whose writers have this role.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from school.db import Database
from school.errors import RuleBroken, Unavailable
from school.migrations import rights, tables
from tests import databases

pytestmark = pytest.mark.postgres

TRUTH = ("entry", "line", "audit_event", "period_lock", "cash_up", "deposit", "day_close")
CHANGES = ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE")
OTHERS = (
    "UPDATE student_balance SET balance = 0",
    "INSERT INTO open_item VALUES (1, 1, '2026-01-01', 1)",
    "DELETE FROM student",
    "DELETE FROM user_account",
    "UPDATE letter SET kind = ''",
    "UPDATE sign_in_attempt SET at = ''",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER TABLE entry DISABLE TRIGGER ALL",
    "DROP TRIGGER entry_unchanged ON entry",
    "CREATE TABLE public.spare (id int)",
    "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
)


def test_every_table_of_the_models_has_its_line() -> None:
    known = [*rights.FOLLOWS, *rights.STAYS, *rights.CHANGES, *rights.GOES]

    tables_of_ours = {table.name: table.columns.keys() for table in tables.everyone()}
    assert sorted(known) == sorted([*tables_of_ours, rights.VERSION_TABLE])
    for table, columns in (rights.CHANGES | rights.GOES).items():
        assert set(columns.split()) <= {rights.ANY, *tables_of_ours[table]}, table


def test_the_database_itself_refuses_it_everything_else() -> None:
    with databases.fresh("postgresql", role=databases.APP) as books:
        with books.reading() as session:
            assert rights.differences(session.connection(), databases.APP) == []
            assert not rights.may_migrate(session.connection())
        for table in TRUTH:
            for change in CHANGES:
                assert refused(books, change.format(table)) == f"permission denied for table {table}"
        for statement in OTHERS:
            assert refused(books, statement).startswith(("permission denied", "must be owner")), statement


def refused(books: Database, statement: str) -> str:
    with pytest.raises(Unavailable, match="school grants") as told, books.writing() as session:
        session.execute(text(statement))
    cause: object = getattr(told.value.__cause__, "orig", "")
    return str(cause).partition("\n")[0]


def test_what_a_role_may_do_besides_is_found_and_taken_away() -> None:
    with databases.fresh("postgresql") as owners, owners.writing() as session:
        connection = session.connection()
        session.execute(text(f"GRANT UPDATE, DELETE ON entry TO {databases.APP}"))
        session.execute(text(f"REVOKE INSERT ON line FROM {databases.APP}"))
        found = rights.differences(connection, databases.APP)
        rights.grant(connection, databases.APP)
        mended = rights.differences(connection, databases.APP)
        with pytest.raises(RuleBroken, match="may do more than the program needs"):
            rights.grant(connection, str(owners.url.username))

    assert found == [
        "DELETE on entry is allowed",
        "INSERT on line is not allowed",
        "UPDATE on entry is allowed",
    ]
    assert mended == []
