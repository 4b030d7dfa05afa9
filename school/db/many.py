"""One condition for any number of values: an IN (…) of thousands takes longer to be written and read than its
rows to be found, and neither engine takes as many parameters as there are students.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


def among(
    column: Any, values: Iterable[int] | Iterable[str] = (), *, named: str | None = None
) -> ColumnElement[bool]:
    """True of rows whose column is one of the values; of none of them, no row.

    `named`: they are given when the statement is executed, under this name.
    """
    kind = _Values(of_numbers=column.type.python_type is int)
    asked = bindparam(named, type_=kind) if named else bindparam("among", [*values], type_=kind, unique=True)
    return _Among(column, asked)


class _Values(TypeDecorator[Any]):
    """All values as one: an array where the engine has them, else a text of JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, *, of_numbers: bool) -> None:
        super().__init__()
        self.of_numbers = of_numbers

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return Text()
        return ARRAY(BigInteger() if self.of_numbers else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        values = list(value)
        return json.dumps(values, ensure_ascii=False) if dialect.name == "sqlite" else values


class _Among(FunctionElement[bool]):
    """The values are a parameter of the statement, so that it is compiled once for all of them."""

    inherit_cache = True
    name = "among"
    type = Boolean()

    def self_group(self, against: Any = None) -> _Among:  # noqa: ARG002 - SQLAlchemy's signature
        """As it is: compared with true, as SQLite's other functions are, it would be found by no index."""
        return self


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - SQLAlchemy's own words
