"""N people at work for so long: what they wait, what goes wrong, and what the server needs for it.

    python -m tests.load                                   P4: 100 people, 20 of them paying, one process
    python -m tests.load --seconds 1800 --chromium         the soak
    python -m tests.load --processes 2 --engine postgresql two processes behind a proxy

A person waits from the action to the end of the run that answers it, measured at the person's end of the
socket; with `--told` the server logs what each run took, the wait for its turn included. The exit code is 1
when anything went wrong: a red sentence, a lost page, a payment that is not in the books exactly once, an
error in the log, books that disagree.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
from sqlalchemy import func, select

from school import clock, migrations
from school.access.rules import ADMINISTRATOR, FINANCE, HEAD
from school.checks import ledger as checks
from school.db import Database
from school.demo import make
from school.ledger import queries as ledger
from school.ledger.models import Entry
from school.reports import roster
from school.stability.proxy import Proxy
from school.students import queries as students
from tests import databases, people
from tests.bench import payments as bench_payments
from tests.bench.__main__ import FOLDER, _kept, school_of
from tests.load import cashier_in_chromium
from tests.load.staff import Cashier, Person, Reader, Seen, Work
from tests.load.watch import Watch, errors_in, runs_in
from tests.serving import Site, spare_port

ROLES = {"head": HEAD, "finance": FINANCE, "admin": ADMINISTRATOR}
STUDENTS_SEEN = 200


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cashiers", type=int, default=20)
    parser.add_argument("--head", type=int, default=40, help="readers of the dashboard and reports")
    parser.add_argument("--finance", type=int, default=30, help="readers of students and fees")
    parser.add_argument("--admin", type=int, default=10, help="readers of users, settings and the audit log")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--settle", type=int, default=20, help="seconds before that, which are not counted")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two actions, on average")
    parser.add_argument("--students", type=int, default=2_000)
    parser.add_argument("--engine", choices=databases.ENGINES, default="sqlite")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--told", action="store_true", help="what runs took in the server; it costs a sixth")
    parser.add_argument("--chromium", action="store_true", help="one more cashier, in a real browser")
    return parser.parse_args()


@contextmanager
def books(engine: str, size: int) -> Iterator[Database]:
    """A school of this size on a disk, with nobody's work in it yet."""
    if engine == "postgresql":
        with bench_payments.on_disk(engine) as database:
            make.fill(database, students=size)
            yield database
        return
    school_of(size).engine.dispose()
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = Path(folder) / "loaded.db"
        with sqlite3.connect(_kept(size)) as kept, sqlite3.connect(path) as copy:
            kept.backup(copy)
        database = Database(f"sqlite:///{path}")
        migrations.migrate(database.url)
        yield database


@contextmanager
def servers(
    database: Database, folder: Path, processes: int, *, told: bool
) -> Iterator[tuple[str, list[Site]]]:
    """Where to knock, and what runs behind that."""
    with ExitStack() as stack:
        sites = []
        for number in range(processes):
            log = folder / f"{number}.log"
            how = {"SCHOOL_LOG_FILE": str(log)} | ({"SCHOOL_SLOW_PAGE_MS": "1"} if told else {})
            site = Site(spare_port(), database, folder / f"{number}.out", how, forked=False)
            site.start()
            stack.callback(site.stop)
            sites.append(site)
        if processes == 1:
            yield sites[0].url, sites
        else:
            proxy = stack.enter_context(Proxy([site.port for site in sites]))
            yield f"http://127.0.0.1:{proxy.port}", sites


def hire(database: Database, counts: dict[str, int]) -> dict[str, list[tuple[str, str]]]:
    """Name and cookie of so many new users of each kind."""
    hired: dict[str, list[tuple[str, str]]] = {}
    with database.writing() as session:
        for kind, count in counts.items():
            for number in range(count):
                name = f"{kind}-{number}"
                user_id = people.user(session, ROLES.get(kind, FINANCE), name=name)
                hired.setdefault(kind, []).append((name, people.cookie(session, user_id)))
    return hired


def work_on(database: Database, origin: str, chosen: argparse.Namespace, seen: Seen) -> Work:
    with database.reading() as session:
        found = roster.page(session, status="enrolled", limit=STUDENTS_SEEN).rows
        return Work(
            origin=origin,
            students=tuple(row.student_id for row in found),
            currency=students.school(session).currency,
            tender=next(a.name for a in ledger.accounts(session, type="tender") if a.active),
            counts_from=time.monotonic() + chosen.settle,
            until=time.monotonic() + chosen.settle + chosen.seconds,
            think_s=chosen.think,
            seen=seen,
        )


async def everybody(work: Work, hired: dict[str, list[tuple[str, str]]], watch: Watch) -> None:
    staff: list[Person] = [Cashier(work, *one) for one in hired.get("cashier", [])]
    staff += [Reader(work, *one, kind) for kind in ROLES for one in hired.get(kind, [])]
    browsers = [cashier_in_chromium.pay(work, token) for _, token in hired.get("chromium", [])]
    await asyncio.gather(watch.until(work.until), *(person.at_work() for person in staff), *browsers)


def percentile(values: Sequence[int], share: float) -> int:
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def print_waits(seen: Seen, in_server: list[int]) -> None:
    print(f"{'ms':32}{'count':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}")
    waited = [ms for action, all_ms in seen.ms.items() if "Chromium" not in action for ms in all_ms]
    whole = [("all but Chromium", waited), ("all runs, in the server", in_server)]
    for action, ms in [*sorted(seen.ms.items()), *whole]:
        if ms:
            shares = "".join(f"{percentile(ms, share):8}" for share in (0.5, 0.95, 0.99, 1))
            print(f"{action:32}{len(ms):8}{shares}")


def print_machine(watch: Watch, people_count: int) -> None:
    first, last = sum(watch.samples[0][1]), " + ".join(f"{mb:.0f}" for mb in watch.samples[-1][1])
    most = max(sum(held_then) for _, held_then in watch.samples)
    busy = f"the servers kept {watch.cores:.2f} processors busy, the people themselves {watch.own_cores:.2f}"
    print(f"{people_count} people; {busy}")
    grown = f", {watch.growth_mb_an_hour():+.0f} MB an hour at the end" if watch.is_long else ""
    print(f"memory {first:.0f} MB at first, {last} MB at last, {most:.0f} MB at most{grown}")


def faults(database: Database, seen: Seen, logs: list[Path]) -> list[str]:
    """Sentences; empty when all went well."""
    with database.reading() as session:
        counted = dict(
            session.execute(
                select(Entry.reference, func.count()).where(Entry.reference != "").group_by(Entry.reference)
            ).all()
        )
        findings = checks.verify(session)
    wrong = [f"{r} is in the books {counted.get(r, 0)} times" for r in seen.receipts if counted.get(r) != 1]
    wrong += [f"the log says {count} times: {said}" for said, count in errors_in(logs).items()]
    wrong += [f"the books disagree: {found.message}" for found in findings]
    return [*seen.wrong, *wrong]


def main() -> int:
    chosen = options()
    FOLDER.mkdir(parents=True, exist_ok=True)
    counts = {"cashier": chosen.cashiers, **{kind: getattr(chosen, kind) for kind in ROLES}}
    counts["chromium"] = int(chosen.chromium)
    seen = Seen()
    with books(chosen.engine, chosen.students) as database, tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / f"{number}.log" for number in range(chosen.processes)]
        hired = hire(database, counts)
        with servers(database, Path(folder), chosen.processes, told=chosen.told) as (origin, sites):
            running = [psutil.Process(site.process.pid) for site in sites if site.process]
            watch = Watch(running, every_s=max(1.0, chosen.seconds / 240))
            counted_from = clock.now() + timedelta(seconds=chosen.settle)
            asyncio.run(everybody(work_on(database, origin, chosen, seen), hired, watch))
            in_server = [ms for at, ms in runs_in(logs) if at >= counted_from] if chosen.told else []
            print_waits(seen, in_server)
            print_machine(watch, sum(counts.values()))
        wrong = faults(database, seen, logs)
    print(f"{seen.pressed} payments pressed, {len(seen.receipts)} receipts shown, {len(wrong)} things wrong")
    for said in wrong[:20]:
        print(f"  {said}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
