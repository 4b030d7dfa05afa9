"""`python3 -m school rebuild`: totals that do not follow from the entries are summed again."""

from __future__ import annotations

import click

from school.commands.common import owner, up_to_date


@click.command()
def rebuild() -> None:
    """Sum every total again from entries and lines; refused where these themselves do not agree."""
    from school.access.rules import COMMAND_LINE
    from school.checks import service
    from school.db import Database

    up_to_date()
    database = Database(owner())
    try:
        with database.writing() as session:
            found = service.rebuild(session, actor=COMMAND_LINE)
    finally:
        database.engine.dispose()
    for finding in found:
        click.echo(f"Mended: {finding.message}")
    click.echo("Every total was summed again, and all of them agree.")
