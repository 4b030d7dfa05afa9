"""Books go forward by numbered sentences in `versions/`; the guards are always the present ones.

A migration may add tables and columns; `entry` and `line` are never copied and dropped, for DROP passes
the guards by.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection

from school.db import Database


def migrate(url: str | URL) -> None:
    """Bring the database at `url` to the newest revision, all or nothing, with the present guards.

    Where it is so already nothing is touched: to change a guard is to lock out those who are at work.
    """
    settings = config(url)
    settings.attributes["only_if_due"] = True
    command.upgrade(settings, "head")


@contextmanager
def rehearsed(database: Database) -> Iterator[Connection]:
    """The books as they would be at the newest revision, in a transaction that is taken back at the end."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")  # before the transaction, which would ignore it
        try:
            if current(connection) != head():
                migrate_within(connection)
            yield connection
        finally:
            connection.rollback()
            connection.invalidate()  # nobody else is to be without foreign keys


def migrate_within(connection: Connection) -> None:
    """Bring the database to the newest revision as a part of the caller's transaction."""
    settings = config()
    settings.attributes["within"] = connection
    command.upgrade(settings, "head")


def head() -> str:
    """The newest revision there is."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def is_known(revision: str) -> bool:
    """Whether this version can come from there; False for what a newer one made."""
    script = ScriptDirectory.from_config(config())
    return revision in {step.revision for step in script.walk_revisions()}


def current(connection: Connection) -> str | None:
    """The revision this database is at; None where nothing was ever migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def config(url: str | URL = "") -> Config:
    """Alembic's settings; there is no alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.attributes["url"] = url
    return settings
