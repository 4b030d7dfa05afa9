"""`python3 -m school export`: the books as other programs read them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from school.commands.common import up_to_date, why
from school.errors import BadInput


@click.command()
@click.option("--format", "form", type=click.Choice(["hledger", "beancount", "csv"]), required=True)
@click.option("--after", type=click.IntRange(1), help="Only entries numbered above this one; as csv.")
@click.option("--output", type=click.Path(path_type=Path), help="A file; standard output if absent.")
def export(form: str, after: int | None, output: Path | None) -> None:
    """The whole ledger as a journal another program can add up."""
    if after is not None and form != "csv":
        raise BadInput("A part of the books is no journal that adds up: use --after with --format csv.")
    up_to_date()
    if output is None:
        _export(form, after, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as stream:
            _export(form, after, stream)
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {why(error)}.") from None


def _export(form: str, after: int | None, stream: TextIO) -> None:
    from school.db import reading
    from school.reports import exports

    with reading() as session:
        if after is None:
            exports.write(session, form, stream)
        else:
            exports.write_since(session, stream, after=after)
