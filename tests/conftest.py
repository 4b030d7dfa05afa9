"""What every test run shares."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from school.db import Database
from tests import databases
from tests.interruptions import often

settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alembic: a promise of pytest-alembic about the migrations")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is kept for a thorough run."""
    left_out = [item for item in items if item.get_closest_marker("thorough") and not often.THOROUGH]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """What failed or was left out before pytest began stands just above its closing line."""
    yield
    for note in os.environ.get("SCHOOL_TEST_NOTES", "").splitlines():
        terminalreporter.write_line(note, red=True, bold=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    with databases.fresh(request.param) as fresh:
        yield fresh


@pytest.fixture
def sqlite_database() -> Iterator[Database]:
    with databases.fresh("sqlite") as fresh:
        yield fresh


@pytest.fixture
def postgresql_database() -> Iterator[Database]:
    with databases.fresh("postgresql") as fresh:
        yield fresh
