"""A live school to make copies of: people, three students, one of whom has paid."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy import MetaData, select

from school.db import Database
from tests import databases, make, people


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def live(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(request.param) as database:
        fill(database)
        yield database


@pytest.fixture
def live_sqlite() -> Iterator[Database]:
    with databases.fresh("sqlite") as database:
        fill(database)
        yield database


@pytest.fixture
def live_postgresql() -> Iterator[Database]:
    with databases.fresh("postgresql") as database:
        fill(database)
        yield database


def fill(database: Database) -> None:
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
        first, *_ = [make.student(session, name, guardian="Gil") for name in ("Ann Abel", "Bo", "Cy")]
        make.pay(session, first, 4_000)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in one order."""
    metadata = MetaData()
    with database.reading() as session:
        metadata.reflect(session.connection())
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def fingerprint(database: Database) -> str:
    """Changes with any row of any table."""
    return hashlib.sha256(repr(sorted(rows(database).items())).encode()).hexdigest()
