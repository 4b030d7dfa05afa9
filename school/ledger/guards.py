"""What the database refuses by itself, whoever writes to it. The text lies in `guards_sqlite.sql` and
`guards_postgresql.sql`; every migration takes the guards away and ends by putting the present ones in place.

On PostgreSQL the books live in the schema `public`, and every function of ours begins with `guard_`.
"""

from __future__ import annotations

import re
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult

_BODY = re.compile(r"AS \$\$(.*)\$\$", re.DOTALL)
_PG_TRIGGERS = """
    SELECT tgname, pg_get_triggerdef(t.oid), tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
     WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace"""
_PG_FUNCTIONS = """
    SELECT proname, prosrc, prosecdef, proconfig FROM pg_proc
     WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'guard_')"""

_PG_CONFIGS = (["search_path=public, pg_temp"], ["search_path=public, pg_temp", "enable_seqscan=off"])


def install(connection: Connection) -> None:
    """Put the present guards in place of whatever guards there are, within the caller's transaction."""
    remove(connection)
    for statement in _statements(connection.dialect.name).values():
        _execute(connection, statement)


def remove(connection: Connection) -> None:
    """Take all guards away: for a migration or a bulk load, which end by putting them back."""
    if connection.dialect.name == "sqlite":
        for name in _in_sqlite(connection):
            _execute(connection, f'DROP TRIGGER "{name}"')
    else:
        for name, *_ in _rows(connection, _PG_FUNCTIONS):
            _execute(connection, f'DROP FUNCTION public."{name}"() CASCADE')


def differences(connection: Connection) -> list[str]:
    """Guards that are missing, disabled, changed in the database, or not ours: none when all is well."""
    ours = _statements(connection.dialect.name)
    if connection.dialect.name == "sqlite":
        theirs = _in_sqlite(connection)
    else:
        ours = {name: _comparable(text) for name, text in ours.items()}
        theirs = _in_postgresql(connection)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def _in_sqlite(connection: Connection) -> dict[str, str]:
    return dict(_rows(connection, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))


def _in_postgresql(connection: Connection) -> dict[str, str]:
    found = {}
    for name, text, enabled in _rows(connection, _PG_TRIGGERS):
        found[name] = text if enabled in ("O", b"O") else "disabled"
    for name, body, definer, config in _rows(connection, _PG_FUNCTIONS):
        safe = definer and config in _PG_CONFIGS
        found[name] = body if safe else "runs with other rights"
    return found


def _comparable(statement: str) -> str:
    body = _BODY.search(statement)
    return body[1] if body else statement


@lru_cache
def _statements(dialect: str) -> dict[str, str]:
    """Our guards by name, each one CREATE statement without its semicolon."""
    text = Path(__file__).with_name(f"guards_{dialect}.sql").read_text(encoding="utf-8")
    statements, statement = {}, ""
    for row in text.splitlines(keepends=True):
        if not statement and not row.startswith("CREATE"):
            continue
        statement += row
        if _complete(statement, dialect):
            name = statement.split(maxsplit=3)[2].partition("(")[0]
            statements[name] = statement.strip().removesuffix(";")
            statement = ""
    return statements


def _complete(statement: str, dialect: str) -> bool:
    if dialect == "sqlite":
        return sqlite3.complete_statement(statement)
    return statement.endswith("$$;\n" if statement.startswith("CREATE FUNCTION") else ";\n")


def _rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in _execute(connection, statement)]


def _execute(connection: Connection, statement: str) -> CursorResult[Any]:
    # with no parameters at all, psycopg leaves % alone
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
