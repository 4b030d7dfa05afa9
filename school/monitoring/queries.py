"""What the database alone knows of how the school fares; the same for whichever process asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from school import clock
from school.access import attempts, listing
from school.backups import queries as backups
from school.backups.queries import BackupFacts
from school.checks import machine
from school.checks.machine import MachineFacts
from school.db import Database
from school.fees import queries as fees
from school.incidents import queries as incidents
from school.ledger import queries as ledger
from school.letters import queries as letters
from school.settings import settings

DAY = timedelta(days=1)


@dataclass(frozen=True)
class SchoolFigures:
    """As of this moment. `letters` are counted by state, `runs` are the entries of unfinished runs."""

    at: datetime
    entries: int
    open_sign_ins: int
    failed_sign_ins_of_a_day: int
    incidents_of_a_day: int
    letters: dict[str, int]
    oldest_waiting: datetime | None
    runs: dict[str, int]
    machine: MachineFacts
    backup: BackupFacts | None


def figures(session: Session, books: Database) -> SchoolFigures:
    now = clock.now()
    return SchoolFigures(
        at=now,
        entries=ledger.last_entry(session),
        open_sign_ins=listing.open_count(session),
        failed_sign_ins_of_a_day=attempts.totals(session, now - DAY).count,
        incidents_of_a_day=incidents.count(session, now - DAY),
        letters=letters.by_state(session),
        oldest_waiting=letters.oldest_waiting(session),
        runs=fees.unfinished(session),
        machine=machine.facts(session, books),
        backup=backups.newest(backups.folder_of(settings())),
    )
