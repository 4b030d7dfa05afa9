"""The whole check, from the copy to the report."""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from sqlalchemy import URL

from school.checks.ledger import verify
from school.db import Database
from school.stability import browsing, mixing, visits
from school.stability.clerk import Bench
from school.stability.copying import copied
from school.stability.report import Report
from school.stability.server import serving
from school.stability.staff import School, prepare
from school.stability.tally import Tally
from school.stability.wire import Gone

SECONDS = 75


def run(
    live: str,
    *,
    seconds: int = SECONDS,
    seed: int | None = None,
    processes: int = 1,
    scratch: str | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Report:
    """Works on a copy of the books at `live` for about so long, every case at least once, and reports.

    Raises SchoolError when it cannot begin: nothing to copy, nowhere to put it, no school yet.
    """
    began = time.monotonic()
    seed = secrets.randbelow(2**31) if seed is None else seed
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the copy goes, however we are ended
    with copied(live, scratch) as copy, tempfile.TemporaryDirectory(prefix="school-stability-") as folder:
        say(f"Working on a copy, not on the live books. Seed {seed}.")
        database = Database(copy.render_as_string(hide_password=False))
        try:
            school = prepare(database)
            tally = Tally()
            work = _work(copy, Path(folder), school, tally, seed, processes, began + seconds, say)
            browser = asyncio.run(work)
            with database.reading() as session:
                findings = verify(session)
        finally:
            database.engine.dispose()
    took = round(time.monotonic() - began)
    engine = "SQLite" if database.is_sqlite else "PostgreSQL"
    return Report(engine, processes, seed, took, tally, browser, findings)


async def _work(
    copy: URL,
    folder: Path,
    school: School,
    tally: Tally,
    seed: int,
    processes: int,
    until: float,
    say: Callable[[str], object],
) -> str:
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    async with serving(copy, folder, processes) as fleet:
        bench = Bench(school, fleet, tally, Random(seed))  # noqa: S311 - dice, not secrets
        try:
            say("The door and every page …")
            await visits.the_door(bench)
            await visits.every_page(bench)
        except Gone as gone:
            tally.row("sign-in").fault("session_errors", str(gone))
        say("Every interruption in turn …")
        await mixing.each_in_turn(bench)
        say("In a browser …")
        browser = await browsing.in_chromium(bench)
        say("All of it mixed …")
        await mixing.mixed(bench, until)
        for said in fleet.new_errors():
            tally.row("afterwards").fault("page_errors", said)
        return browser
