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
@click.option("--output", type=click.Path(path_type=Path), help="A file; standard output if absent.")
def export(form: str, output: Path | None) -> None:
    """The whole ledger as a journal another program can add up."""
    up_to_date()
    if output is None:
        _export(form, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as stream:
            _export(form, stream)
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {why(error)}.") from None


def _export(form: str, stream: TextIO) -> None:
    from school.db import reading
    from school.reports import exports

    with reading() as session:
        exports.write(session, form, stream)
