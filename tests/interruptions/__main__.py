"""`python -m tests.interruptions --count 500 --engine postgresql`: the storm, as long as one likes."""

from __future__ import annotations

import json
import random
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from school.access.rules import ADMINISTRATOR
from tests import databases, make, people
from tests.browsers import FLAGS, chromium
from tests.interruptions.desk import Office
from tests.interruptions.storm import SERVER_OPTIONS, Storm, at_their_desks
from tests.interruptions.wire_cutter import WireCutter
from tests.serving import serving


@contextmanager
def storming(engine: str, seed: int) -> Iterator[Storm]:
    with (
        databases.fresh(engine) as database,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        with database.writing() as session:
            make.school(session)
            people.user(session, ADMINISTRATOR)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with serving(database, Path(folder), *SERVER_OPTIONS) as site, WireCutter(site.port) as wire:
            office = Office(site, wire.url)
            yield Storm(office, wire, at_their_desks(office, browser), random.Random(seed))


@click.command()
@click.option("--count", type=click.IntRange(1), default=500, help="How many presses are interrupted.")
@click.option("--seed", type=int, help="The seed of an earlier run; a new one is drawn and printed.")
@click.option("--engine", type=click.Choice(databases.ENGINES), default="sqlite")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON in place of a table.")
def main(count: int, seed: int | None, engine: str, as_json: bool) -> None:
    """Interrupts payments at random; says what came of them, and fails unless all is well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that server and browser end too
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    click.echo(f"{count} interruptions on {engine}, seed {seed}", err=True)
    with storming(engine, seed) as storm:
        storm.say = lambda line: click.echo(line, err=True)
        tally = storm.run(count)
    if as_json:
        click.echo(json.dumps({"engine": engine, "seed": seed, **tally.as_json()}, indent=2))
    else:
        click.echo(f"{engine}, seed {seed}\n\n{tally.table()}")
        for sentence in tally.wrong:
            click.echo(sentence)
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
