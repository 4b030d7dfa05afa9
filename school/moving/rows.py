"""Rows in one form for both engines: numbers, text and bytes, as SQLite keeps them, in order of their key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Date, String, Table

Row = tuple[Any, ...]

AT_ONCE = 5_000


@dataclass(frozen=True)
class Sum:
    """How many rows a table has, and a digest that changes with any of them."""

    rows: int
    digest: str


class Adder:
    """Lets rows pass and sums them up."""

    def __init__(self) -> None:
        self._rows, self._digest = 0, hashlib.sha256()

    def watch(self, rows: Iterable[list[Row]]) -> Iterator[list[Row]]:
        for some in rows:
            self._rows += len(some)
            self._digest.update("\n".join(map(repr, some)).encode())
            self._digest.update(b"\n")
            yield some

    @property
    def sum(self) -> Sum:
        return Sum(self._rows, self._digest.hexdigest())


def read(connection: Connection, table: Table) -> Iterator[list[Row]]:
    """All rows, a few thousand at a time."""
    on_server = {} if connection.dialect.name == "sqlite" else {"name": f"rows_of_{table.name}"}
    driver: Any = connection.connection.driver_connection
    with closing(driver.cursor(**on_server)) as cursor:
        cursor.execute(_select(table, connection.dialect.name))
        while some := cursor.fetchmany(AT_ONCE):
            yield some


def add(connection: Connection, table: Table, rows: Iterable[list[Row]]) -> None:
    """Into a table that is empty."""
    driver: Any = connection.connection.driver_connection
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        for some in rows:
            driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', some)  # noqa: S608
        return
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for some in rows:
            for row in some:
                copy.write_row(row)


def summed(connection: Connection, table: Table) -> Sum:
    adder = Adder()
    for _ in adder.watch(read(connection, table)):
        pass
    return adder.sum


def _select(table: Table, dialect: str) -> str:
    columns = ", ".join(_as_kept(column, dialect) for column in table.columns)
    key = ", ".join(_in_order(column, dialect) for column in table.primary_key.columns)
    return f'SELECT {columns} FROM "{table.name}" ORDER BY {key}'  # noqa: S608


def _as_kept(column: Column[Any], dialect: str) -> str:
    name = f'"{column.name}"'
    if dialect == "sqlite":
        return name
    if isinstance(column.type, Date | JSON):
        return f"{name}::text"
    return f"{name}::int" if isinstance(column.type, Boolean) else name


def _in_order(column: Column[Any], dialect: str) -> str:
    by_code_point = dialect != "sqlite" and isinstance(column.type, String)
    return f'"{column.name}"' + (' COLLATE "C"' if by_code_point else "")
