"""A thread of the server that has the day's backup made, by a process of its own: it reads all the books."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable

from school.backups import queries, schedule
from school.backups.rules import Keep
from school.backups.schedule import Plan
from school.db import reading
from school.errors import Unavailable
from school.settings import ROOT, Settings, settings
from school.students import queries as students

log = logging.getLogger(__name__)

BEGINS_AFTER_S = 60  # what was missed is made up for when the first visitors have gone in
LOOK_EVERY_S = 300  # also after a clock was put right, or the machine slept
REST_AFTER_TROUBLE_S = 900
ENDS_WITHIN_S = 5
TOLD_MAX = 1_000
COMMAND = ("-c", "from school.cli import main; raise SystemExit(main(['backup', '--scheduled']))")


class Worker:
    """Looks every few minutes until it is stopped; nothing where the settings name no hour."""

    def __init__(self, begin: Callable[[], subprocess.Popen[str]] | None = None) -> None:
        self._begin = begin or _begin
        self._stop = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)

    def start(self) -> None:
        if settings().backup_at:
            self._thread.start()

    def stop(self) -> None:
        """A backup at work is broken off: what it has so far goes with the next one."""
        self._stop.set()
        if self._child is not None:
            self._child.terminate()
        if self._thread.is_alive():
            self._thread.join(ENDS_WITHIN_S)

    def _run(self) -> None:
        self._stop.wait(BEGINS_AFTER_S)
        while not self._stop.is_set():
            self._stop.wait(self.round())

    def round(self) -> float:
        """Has a backup made if one is due; seconds to rest before the next look."""
        try:
            if (plan := planned(settings())) is None:
                return LOOK_EVERY_S
            wait = schedule.until_due(plan).total_seconds()
            if wait > 0:
                return min(wait, LOOK_EVERY_S)
            return LOOK_EVERY_S if self._made() else REST_AFTER_TROUBLE_S
        except Unavailable:
            return LOOK_EVERY_S
        except Exception:
            log.exception("the backup was not made")
            return REST_AFTER_TROUBLE_S

    def _made(self) -> bool:
        self._child = self._begin()
        _, told = self._child.communicate()
        failed, self._child = self._child.returncode, None
        if failed and not self._stop.is_set():
            log.error("the backup failed", extra={"code": failed, "cause": told[-TOLD_MAX:].strip()})
        return not failed


def planned(chosen: Settings) -> Plan | None:
    """None where no hour is named, or no school is set up. Raises Unavailable."""
    with reading() as session:
        if not chosen.backup_at or not students.has_school(session):
            return None
        zone = students.school(session).time_zone
    keep = Keep(chosen.backup_keep_daily, chosen.backup_keep_weekly, chosen.backup_keep_monthly)
    passphrase, scratch = chosen.backup_passphrase, chosen.backup_scratch
    return Plan(
        url=chosen.database_url,
        folder=queries.folder_of(chosen),
        at=chosen.backup_at,
        time_zone=zone,
        keep=keep,
        passphrase=passphrase.get_secret_value() if passphrase else None,
        scratch=scratch.get_secret_value() if scratch else None,
    )


def _begin() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *COMMAND],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
