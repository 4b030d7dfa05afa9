"""The whole check, from the copy to the report."""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import URL

from school.checks.ledger import verify
from school.db import Database
from school.errors import Unavailable
from school.stability import browsing, mixing, visits
from school.stability.clerk import Bench
from school.stability.copying import copied
from school.stability.report import Report
from school.stability.server import Fleet, serving
from school.stability.staff import School, prepare
from school.stability.tally import Tally
from school.stability.wire import Gone

PATIENCE_S = 600  # beyond the seconds asked for, on a machine so busy that each case once takes longer


@dataclass(frozen=True)
class Asked:
    """How the check is wanted. `scratch` is an empty PostgreSQL database for the copy, or None."""

    seconds: int = 75
    seed: int | None = None
    processes: int = 1
    scratch: str | None = None


def run(live: str, asked: Asked, *, say: Callable[[str], object]) -> Report:
    """Works on a copy of the books at `live`, every case at least once, and reports.

    Raises SchoolError when it cannot begin: nothing to copy, nowhere to put it, no school yet.
    """
    began, tally = time.monotonic(), Tally()
    seed = secrets.randbelow(2**31) if asked.seed is None else asked.seed
    with (
        _ended_kindly(),
        copied(live, asked.scratch) as copy,
        tempfile.TemporaryDirectory(prefix="school-stability-") as folder,
    ):
        say(f"Working on a copy; the live books are only read. Seed {seed}.")
        database = Database(copy.render_as_string(hide_password=False))
        try:
            school = prepare(database)
            browser = asyncio.run(_served(copy, Path(folder), school, tally, asked, seed, began, say))
            with database.reading() as session:
                findings = verify(session)
        finally:
            database.engine.dispose()
    took = round(time.monotonic() - began)
    engine = "SQLite" if database.is_sqlite else "PostgreSQL"
    return Report(engine, asked.processes, seed, took, tally, browser, findings)


@contextmanager
def _ended_kindly() -> Iterator[None]:
    """A request to end is taken as Ctrl+C is: the copy goes before the program does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def _served(
    copy: URL,
    folder: Path,
    school: School,
    tally: Tally,
    asked: Asked,
    seed: int,
    began: float,
    say: Callable[[str], object],
) -> str:
    """What became of the browser's part."""
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    async with serving(copy, folder, asked.processes) as fleet:
        bench = Bench(school, fleet, tally, Random(seed))  # noqa: S311 - dice, not secrets
        try:
            return await _tried(bench, asked.seconds, began, say)
        except Gone as gone:
            tally.row("server").fault("session_errors", str(gone))
        except Unavailable as error:
            tally.row("server").fault("session_errors", error.sentence)
        finally:
            _last_words(fleet, tally)
    return "not tried, because the server did not stay."


async def _tried(bench: Bench, seconds: int, began: float, say: Callable[[str], object]) -> str:
    say("The door and every page …")
    await visits.the_door(bench)
    await visits.every_page(bench)
    say("Every interruption in turn …")
    if not await mixing.each_in_turn(bench, began + seconds + PATIENCE_S):
        return "not tried, because a payment fails already without any interruption."
    say("In a browser …")
    browser = await browsing.in_chromium(bench)
    say("All of it mixed …")
    await mixing.mixed(bench, began + seconds)
    return browser


def _last_words(fleet: Fleet, tally: Tally) -> None:
    for said in fleet.new_errors():
        tally.row("server").fault("page_errors", said)
