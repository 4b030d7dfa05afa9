"""The books are looked at every few minutes, so that a disagreement is known before anybody meets it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from school import clock
from school.checks import installation, ledger
from school.checks.findings import Finding
from school.checks.place import Place
from school.db import Database, database
from school.errors import Unavailable
from school.settings import settings

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 900
QUICK_S = 20
ENDS_WITHIN_S = 5


@dataclass(frozen=True)
class Verified:
    """What the last look found, and when: disagreements of the books, and what `check` says at work."""

    at: datetime
    findings: Sequence[Finding]
    installation: Sequence[Finding]


_last: tuple[Database, Verified] | None = None
_quick: tuple[float, Database, Sequence[Finding]] | None = None  # what `quickly` found, of which books


def last(books: Database) -> Verified | None:
    """The last look of this process at these books; None before the first."""
    return _last[1] if _last and _last[0] is books else None


def quickly(session: Session, books: Database) -> Sequence[Finding]:
    """The quick check of the ledger, at most QUICK_S old: another tab of the page costs no new one."""
    global _quick
    held, now = _quick, time.monotonic()
    if held is None or held[1] is not books or now - held[0] >= QUICK_S:
        held = _quick = (now, books, ledger.verify(session, deep=False))
    return held[2]


def look(books: Database) -> Verified | None:
    """The quick checks; what disagrees is in the log as well. None where the books cannot be reached."""
    global _last
    try:
        with books.reading() as session:
            findings = ledger.verify(session, deep=False)
    except Unavailable as error:
        log.warning("unavailable", extra={"cause": type(error.__cause__ or error).__name__})
        return None
    for found in findings:
        log.error("the books disagree", extra={"check": found.check})  # whom it is about, Health tells
    looked = Verified(clock.now(), findings, installation.at_work(Place(settings(), books)))
    _last = (books, looked)
    return looked


class Watch:
    """One thread of the server that looks again and again; the first look is the caller's."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(ENDS_WITHIN_S)

    def _run(self) -> None:
        while not self._stop.wait(LOOKS_EVERY_S):
            try:
                look(database())
            except Exception:
                log.exception("the books were not looked at")
