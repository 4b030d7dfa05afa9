"""`python3 -m school move`: the whole school into another database, verified on both sides."""

from __future__ import annotations

import click
from sqlalchemy import make_url

from school.errors import BadInput
from school.settings import settings


@click.command()
@click.option(
    "--to", "target", help="An empty database, as its owner sees it; else that of SCHOOL_OWNER_URL."
)
def move(target: str | None) -> None:
    """Copy the school of SCHOOL_DATABASE_URL into an empty database, all of it or nothing.

    From SQLite to PostgreSQL, or back. Stop the program first: the old books take no entry meanwhile, and
    stay as they are.
    """
    from school.moving.move import move as carry

    chosen = settings()
    place = target or (chosen.owner_url.get_secret_value() if chosen.owner_url else None)
    if place is None:
        raise BadInput("Say where to: --to postgresql://owner@host/name, or name it in SCHOOL_OWNER_URL.")
    moved = carry(chosen.database_url, place, say=click.echo)
    kept = moved.sums
    click.echo(
        f"Moved {kept['student'].rows:,} students and {kept['entry'].rows:,} entries: {moved.rows:,} rows of "
        f"{len(kept)} tables in {moved.seconds} s. Every row is the same on both sides, and the books agree."
    )
    if make_url(place).get_backend_name() == "postgresql":
        click.echo(
            "Now name the new database in SCHOOL_DATABASE_URL, run python3 -m school migrate, which gives "
            "the program's own role its rights, and start the program. Keep the old file with your backups."
        )
    else:
        click.echo("Now name the new file in SCHOOL_DATABASE_URL and start the program.")
