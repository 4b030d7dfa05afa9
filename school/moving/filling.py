"""Every row of one database into the empty tables of another, past the guards, which come back at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, text

from school.ledger import guards
from school.migrations import tables
from school.moving import rows
from school.moving.rows import Adder, Sum

_KEYS = text("""
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
     WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY conname""")


def fill(
    source: Connection, target: Connection, *, told: Callable[[str], object] | None = None
) -> dict[str, Sum]:
    """What was read, by table; all within the transactions of the two connections.

    `told` hears each table's name before it is read. Foreign keys are looked at once, when all rows are
    there: row by row PostgreSQL would remember each of them until the end of its statement.
    """
    guards.remove(target)
    keys = _set_keys_aside(target)
    sums = {}
    for table in tables.everyone():
        if told:
            told(table.name)
        sums[table.name] = _carry(source, target, table)
        _count_on(target, table)
    for statement in keys:
        target.exec_driver_sql(statement)
    guards.install(target)
    target.exec_driver_sql("ANALYZE")
    return sums


def _carry(source: Connection, target: Connection, table: Table) -> Sum:
    adder = Adder()
    rows.add(target, table, adder.watch(rows.read(source, table)))
    return adder.sum


def _set_keys_aside(target: Connection) -> list[str]:
    """The statements that bring them back."""
    if target.dialect.name == "sqlite":
        target.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # until the commit, which looks at all of them
        return []
    keys = target.execute(_KEYS).all()
    for table, name, _ in keys:
        target.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words in keys]


def _count_on(target: Connection, table: Table) -> None:
    """The next id follows the last one, where the database numbers the rows."""
    if target.dialect.name == "sqlite" or "id" not in table.columns:
        return
    name: Any = target.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name})
    if name is not None:
        last = f'SELECT setval(:sequence, COALESCE(MAX(id), 1), MAX(id) IS NOT NULL) FROM "{table.name}"'  # noqa: S608
        target.execute(text(last), {"sequence": name})
