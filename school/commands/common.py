"""What commands share: books that are ready to be used, and why a file is not."""

from __future__ import annotations

from school.errors import RuleBroken
from school.settings import settings


def up_to_date() -> None:
    """Commands that read or write the books refuse a database that `migrate` has not made."""
    from school import migrations
    from school.db import database, reading

    file = database().path
    if file is not None and not file.exists():
        raise RuleBroken(f"There are no books at {file}: python3 -m school migrate begins new ones.")
    with reading() as session:
        if migrations.current(session.connection()) != migrations.head():
            raise RuleBroken("The database is not up to date: run python3 -m school migrate first.")


def owner() -> str:
    """The URL of who may change the tables and the guards."""
    chosen = settings()
    return chosen.owner_url.get_secret_value() if chosen.owner_url else chosen.database_url


def why(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
