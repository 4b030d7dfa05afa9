"""All figures as a monitor reads them: this process's own, and what it reads from the database for all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from school import clock
from school.checks.findings import SEVERITIES
from school.db import Database, database
from school.errors import Unavailable
from school.fees.models import RUN_KINDS
from school.letters.models import STATES
from school.metrics import REGISTRY
from school.monitoring import queries, watch
from school.monitoring.queries import SchoolFigures
from school.settings import settings

READ_EVERY_S = 5  # however many monitors ask


class FromTheBooks(Collector):
    """Read when it is asked for; where the books are away only `school_database_up` is told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: tuple[float, Database, SchoolFigures] | None = None

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        found = self._figures()
        yield _one("school_database_up", "1 while the database answers.", int(found is not None))
        yield from _verified()
        if found:
            yield from _told(found)

    def _figures(self) -> SchoolFigures | None:
        books = database()
        with self._lock:
            now = time.monotonic()
            if self._read is None or self._read[1] is not books or now - self._read[0] >= READ_EVERY_S:
                try:
                    with books.reading() as session:
                        self._read = (now, books, queries.figures(session, books))
                except Unavailable:
                    return None
            return self._read[2]


def _told(found: SchoolFigures) -> Iterator[Metric]:
    machine = found.machine
    yield _one("school_entries", "Entries in the ledger.", found.entries)
    yield _one("school_sign_ins_open", "Browsers that are signed in.", found.open_sign_ins)
    yield _one("school_sign_ins_failed_day", "Failed attempts within a day.", found.failed_sign_ins_of_a_day)
    yield _one("school_incidents_day", "Faults that somebody met within a day.", found.incidents_of_a_day)
    counted = {state: found.letters.get(state, 0) for state in STATES}
    yield _many("school_letters", "Letters by state.", "state", counted)
    since = found.oldest_waiting if settings().sends_mail else None  # else nobody waits for a mail server
    waiting = found.at - (since or found.at)
    yield _one("school_letters_waiting_seconds", "Age of the oldest waiting letter.", waiting.total_seconds())
    runs = {kind: found.runs.get(kind, 0) for kind in RUN_KINDS}
    yield _many("school_runs_unfinished_entries", "Entries of runs not finished yet.", "kind", runs)
    if found.backup:
        age = (found.at - found.backup.made_at).total_seconds()
        yield _one("school_backup_age_seconds", "Age of the newest backup; absent where there is none.", age)
        yield _one("school_backup_bytes", "Size of the newest backup.", found.backup.size)
    yield _one("school_backups_known", "1 where there is a backup.", int(found.backup is not None))
    yield _one("school_books_bytes", "Size of the books.", machine.size)
    yield _one("school_disk_free_bytes", "Room on the disk of the books.", machine.disk_free)
    yield _one("school_disk_bytes", "Size of the disk of the books.", machine.disk_total)
    yield _one("school_migrations_current", "1 while the tables are up to date.", int(machine.is_up_to_date))
    yield _one("school_books_writable", "1 while the books take entries.", int(not database().read_only))


def _verified() -> Iterator[Metric]:
    last = watch.last(database())
    if last is None:
        return
    age = (clock.now() - last.at).total_seconds()
    yield _one("school_ledger_findings", "Disagreements the last quick check found.", len(last.findings))
    counted = Counter(finding.severity for finding in last.installation)
    found = {severity: counted[severity] for severity in SEVERITIES}
    yield _many("school_check_findings", "What `check` finds wrong, by severity.", "severity", found)
    yield _one("school_ledger_verified_seconds", "Time since the last quick check.", age)


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _many(name: str, told: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family


_books = CollectorRegistry()
_books.register(FromTheBooks())


def everything(accepted: str) -> tuple[bytes, str]:
    """The text in the form the monitor accepts, and its content type."""
    encode, kind = choose_encoder(accepted)
    if kind.startswith("application/openmetrics"):
        own, books = encode(REGISTRY), encode(_books)
        return own.removesuffix(b"# EOF\n") + books, kind
    return encode(REGISTRY) + encode(_books), kind
