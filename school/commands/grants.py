"""`python3 -m school grants`: the program's own PostgreSQL role gets what it needs, and no more."""

from __future__ import annotations

import click
from sqlalchemy import make_url

from school.commands.common import owner
from school.errors import BadInput
from school.settings import settings


@click.command()
@click.option("--role", help="The program's role; else the user of SCHOOL_DATABASE_URL.")
@click.option("--print", "only_print", is_flag=True, help="Change nothing: print what would be told.")
def grants(role: str | None, only_print: bool) -> None:
    """Give the program's own role what it needs; run as the owner, named in SCHOOL_OWNER_URL."""
    from school.db import Database
    from school.migrations import rights

    database = Database(owner())
    if database.is_sqlite:
        raise BadInput("Only PostgreSQL knows roles: name the owner's URL in SCHOOL_OWNER_URL.")
    role = role or make_url(settings().database_url).username or ""
    try:
        with database.writing() as session:
            connection = session.connection()
            if only_print:
                click.echo("".join(f"{one};\n" for one in rights.statements(connection, role)), nl=False)
                return
            rights.grant(connection, role)
    finally:
        database.engine.dispose()
    click.echo(f"{role} may read, add, and change what it must, and nothing else.")
