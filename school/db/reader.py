"""The session of a reader: columns are read by its connection itself.

Nothing a reader reads is written back. What the ORM adds to a statement serves live rows alone and takes as
long as the rest, and a page has ten statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVarTuple

from sqlalchemy import FromClause, Row, Select
from sqlalchemy.orm import Session

Ts = TypeVarTuple("Ts")


class Reader(Session):
    """Whole entities, and statements that bring options, are read as ever."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.known: dict[Select[*tuple[Any, ...]], Sequence[Any]] = {}

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


def rows_of(session: Session, statement: Select[*Ts]) -> Sequence[Row[*Ts]]:
    """The rows of a statement that is built once and asks for nothing; a reader, who sees one moment, reads
    them once."""
    if not isinstance(session, Reader):
        return session.execute(statement).all()
    if statement not in session.known:
        session.known[statement] = session.execute(statement).all()
    return session.known[statement]


def _is_of_columns(statement: Any) -> bool:
    """An entity stands among the columns as its table."""
    if not isinstance(statement, Select):
        return False
    columns = statement._raw_columns  # noqa: SLF001 - to ask in public takes longer than what is saved
    return not [column for column in columns if isinstance(column, FromClause)]
