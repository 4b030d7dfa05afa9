"""The accountant's term again, for tests that tamper with it and take that back; and installations."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from school.checks.place import Place
from school.db import Database
from tests import databases
from tests.checks import places
from tests.ledger.conftest import hand_books

__all__ = ["hand_books"]


@pytest.fixture
def place(sqlite_database: Database, tmp_path: Path) -> Place:
    return places.in_order(sqlite_database, tmp_path)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """For looks at settings alone, which leave the books as they are."""
    with databases.fresh("sqlite") as books:
        yield places.in_order(books, tmp_path_factory.mktemp("installation"))
