"""How a migration runs: guards away, revisions, the present guards, foreign keys checked; one transaction."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, Engine, text

import school.migrations.tables  # noqa: F401 - the metadata then knows them all
from school.db import WRITERS_LOCK, Base, Database
from school.errors import RuleBroken
from school.ledger import guards
from school.migrations import current, head
from school.migrations.rights import may_migrate


def run(engine: Engine) -> None:
    with engine.connect() as connection:
        _foreign_keys(connection, "OFF")  # before the transaction, which would ignore it
        try:
            with connection.begin():
                _run(connection)
        finally:
            _foreign_keys(connection, "ON")


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # writers at work finish first, and a second migration waits for this one
        connection.execute(text(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"))
    if not (context.config.attributes.get("only_if_due") and _is_up_to_date(connection)):
        _refuse_who_may_not(connection)
        _bring_up_to_date(connection)
    _check_foreign_keys(connection)


def _is_up_to_date(connection: Connection) -> bool:
    return current(connection) == head() and not guards.differences(connection)


def _refuse_who_may_not(connection: Connection) -> None:
    if not may_migrate(connection):
        raise RuleBroken(
            f"The database is not up to date, and {connection.engine.url.username} may not change it: stop "
            "the program and run python3 -m school migrate with the tables' owner in SCHOOL_OWNER_URL."
        )


def _bring_up_to_date(connection: Connection) -> None:
    guards.remove(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    context.run_migrations()
    if current(connection) == head():
        guards.install(connection)  # they know the newest tables only


def _foreign_keys(connection: Connection, state: str) -> None:
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={state}")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration left {len(broken)} rows without their parent: {broken[:3]}")


given, within = (context.config.attributes.get(name) for name in ("connection", "within"))
if within is not None:
    _foreign_keys(within, "OFF")
    _run(within)  # in a transaction of the caller
elif given is not None:
    run(given)
else:
    database = Database(context.config.attributes["url"], create=True)
    try:
        run(database.engine)
    finally:
        database.engine.dispose()
