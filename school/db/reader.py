"""The session of a reader: columns are read by its connection itself.

Nothing a reader reads is written back. What the ORM adds to a statement serves live rows alone and takes as
long as the rest, and a page has ten statements.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, Select
from sqlalchemy.orm import Session


class Reader(Session):
    """Whole entities, and statements that bring options, are read as ever."""

    def execute(self, statement: Any, params: Any = None, **how: Any) -> Any:
        if how or not _is_of_columns(statement):
            return super().execute(statement, params, **how)
        return self.connection().execute(statement, params)

    def scalar(self, statement: Any, params: Any = None, **how: Any) -> Any:
        if how or not _is_of_columns(statement):
            return super().scalar(statement, params, **how)
        return self.connection().scalar(statement, params)

    def scalars(self, statement: Any, params: Any = None, **how: Any) -> Any:
        if how or not _is_of_columns(statement):
            return super().scalars(statement, params, **how)
        return self.connection().scalars(statement, params)


def _is_of_columns(statement: Any) -> bool:
    """An entity stands among the columns as its table."""
    if not isinstance(statement, Select):
        return False
    columns = statement._raw_columns  # noqa: SLF001 - to ask in public takes longer than what is saved
    return not [column for column in columns if isinstance(column, FromClause)]
