"""How the house stands: what is read for the page of health, and what of it somebody should look at."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from sqlalchemy.orm import Session

from school import clock, metrics, money
from school.access import attempts, listing
from school.audit import events
from school.audit import queries as audit
from school.audit.queries import EventFacts
from school.backups import queries as backups
from school.backups.queries import BackupFacts, Failure
from school.checks import machine
from school.checks import service as writer
from school.checks.findings import ERROR, WARNING, Finding
from school.checks.machine import MachineFacts
from school.db import database
from school.incidents import queries as incidents
from school.ledger import queries as ledger
from school.letters import queries as letters
from school.monitoring import history, watch
from school.monitoring.history import History
from school.settings import settings
from school.students.queries import SchoolFacts
from school.ui import words

INCIDENT_DAYS = 7
SCARCE = 10  # percent of the disk; below it somebody should look
SLOW_S = 0.5
SIGN_IN = "sign_in"
RUNS_ENOUGH = 20  # fewer runs of a page say nothing about it
BACKUP_HOURS_MAX = 26
LETTER_WAITS_MAX = timedelta(hours=1)


@dataclass(frozen=True)
class PageTimes:
    """Of the last runs of one page in this process: the middle one, and the one that 95 of 100 stay under."""

    page: str
    runs: int
    middle: float
    late: float


@dataclass(frozen=True)
class Health:
    """As of this moment; `findings` are of the quick check, `deep` is when all was last recomputed.

    `installation` is what `check` found when this process last looked; None while it has not.
    """

    school: SchoolFacts
    findings: Sequence[Finding]
    installation: Sequence[Finding] | None
    deep: EventFacts | None
    incidents: int
    sign_ins: int
    failed: attempts.AttemptTotals
    letters: dict[str, int]
    letter_since: datetime | None
    history: History
    machine: MachineFacts
    locked_through: date | None
    backup: BackupFacts | None
    backup_failed: Failure | None

    def moment(self, at: datetime) -> str:
        return words.moment(at, self.school.time_zone)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.school.time_zone))

    def day(self, at: datetime) -> date:
        return self.local(at).date()

    @cached_property
    def pages(self) -> list[PageTimes]:
        return page_times(metrics.page_runs())

    @cached_property
    def late(self) -> float:
        """What 95 of 100 runs of this process stay under, in seconds; 0 before the first.

        Who signs in waits for a hash that is meant to be slow: that is told apart.
        """
        runs = sorted(run.seconds for run in metrics.page_runs() if run.page != SIGN_IN)
        return _under(runs, 95) if runs else 0


def read(session: Session, school: SchoolFacts) -> Health:
    now, folder = clock.now(), backups.folder_of(settings())
    last = watch.last(database())
    return Health(
        school=school,
        findings=watch.quickly(session, database()),
        installation=last.installation if last else None,
        deep=audit.latest(session, events.BOOKS_VERIFIED, writer.BOOKS),
        incidents=incidents.count(session, now - timedelta(days=INCIDENT_DAYS)),
        sign_ins=listing.open_count(session),
        failed=attempts.totals(session, now - timedelta(hours=history.HOURS)),
        letters=letters.by_state(session),
        letter_since=letters.oldest_waiting(session),
        history=history.read(session),
        machine=machine.facts(session, database()),
        locked_through=ledger.locked_through(session),
        backup=backups.newest(folder),
        backup_failed=backups.last_failure(folder),
    )


def page_times(runs: Iterable[metrics.PageRun]) -> list[PageTimes]:
    """The slowest first."""
    of_page: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        of_page[run.page].append(run.seconds)
    found = [
        PageTimes(page, len(seconds), _under(sorted(seconds), 50), _under(sorted(seconds), 95))
        for page, seconds in of_page.items()
    ]
    return sorted(found, key=lambda times: (-times.late, times.page))


def _under(sorted_seconds: Sequence[float], percent: int) -> float:
    """The nearest rank: of one run, that run."""
    return sorted_seconds[max(0, math.ceil(len(sorted_seconds) * percent / 100) - 1)]


def faults(health: Health) -> list[str]:
    """What is wrong and must be mended, as Markdown."""
    found = [*health.findings, *(one for one in health.installation or () if one.severity == ERROR)]
    told = [f"{words.told(finding.message)} {words.told(finding.mend)}" for finding in found]
    if health.backup_failed:
        told.append(f"The last backup failed: {words.told(health.backup_failed.sentence)}")
    return told


def worries(health: Health) -> list[str]:
    """What somebody should look at soon, as Markdown."""
    facts, found = health.machine, []
    if not facts.is_up_to_date:
        found.append("The database is not up to date. Run `python3 -m school migrate`.")
    if not database().takes_entries():
        found.append("The books take no entries: the disk is full, or the database is set to be read only.")
    if 100 * facts.disk_free < SCARCE * facts.disk_total:
        found.append(f"The disk of the books has only {size(facts.disk_free)} left. Make room soon.")
    if health.backup and clock.now() - health.backup.made_at > timedelta(hours=BACKUP_HOURS_MAX):
        found.append(f"The newest backup was made {words.ago(health.backup.made_at)}.")
    since = health.letter_since
    if since and settings().sends_mail and clock.now() - since > LETTER_WAITS_MAX:
        found.append(f"A letter has been waiting since {words.ago(since)}. Is the mail server there?")
    slow = [
        one.page
        for one in health.pages
        if one.late > SLOW_S and one.runs >= RUNS_ENOUGH and one.page != SIGN_IN
    ]
    if slow:
        found.append(f"Pages take longer than half a second: {', '.join(slow)}.")
    warned = [one for one in health.installation or () if one.severity == WARNING]
    if warned:
        ask = "asks" if len(warned) == 1 else "ask"
        checks = counted(len(warned), "check")
        found.append(f"{checks} of this installation {ask} for a look: see the checks in Health.")
    return found


def size(count: int) -> str:
    """`1.2 GB`, as this reader writes numbers."""
    for unit, of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= of:
            return f"{format_decimal(round(count / of, 1), locale=money.locale(words.tag()))} {unit}"
    return f"{count} bytes"


def milliseconds(seconds: float) -> str:
    """`85 ms`, `1.2 s`"""
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    return f"{format_decimal(round(seconds, 1), locale=money.locale(words.tag()))} s"


def counted(count: int, thing: str) -> str:
    """`1 fault`, `1,200 addresses`"""
    return f"1 {thing}" if count == 1 else f"{count:,} {thing}{'es' if thing.endswith('s') else 's'}"
