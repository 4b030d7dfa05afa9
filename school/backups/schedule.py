"""The backup of each day: due once the school's clocks have shown its hour, made up for when missed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from school import clock
from school.backups import lock, queries, restoring, rules, service
from school.backups.manifest import SCHEDULED
from school.backups.restoring import Examine
from school.backups.rules import Keep
from school.errors import RuleBroken, SchoolError, Unavailable

NICE = 10  # people at work come first


@dataclass(frozen=True)
class Plan:
    """What the settings say of the daily backup. `at` is 03:15 of the school's `time_zone`."""

    url: str
    folder: Path
    at: str
    time_zone: str
    keep: Keep
    passphrase: str | None
    scratch: str | None


def is_due(plan: Plan) -> bool:
    made = _newest(plan.folder)
    return made is None or made < rules.last_due(plan.at, plan.time_zone, clock.now())


def until_due(plan: Plan) -> timedelta:
    """How long until the next one; nothing when one is due."""
    if is_due(plan):
        return timedelta()
    return rules.next_due(plan.at, plan.time_zone, clock.now()) - clock.now()


def _newest(folder: Path) -> datetime | None:
    made = (backup.made_at for backup in queries.listing(folder) if backup.kind == SCHEDULED)
    return next(made, None)


def carry_out(plan: Plan, examined: Examine, *, say: Callable[[str], object]) -> None:
    """Make the backup that is due, unless another process does; try it, and throw away what nobody needs.

    Why it failed is kept in the folder until one succeeds. Raises SchoolError then.
    """
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.held(plan.folder, lock.SCHEDULED) as ours:
        if not ours or not is_due(plan):
            say("Another process has made this backup, or is making it.")
            return
        try:
            _carry_out(plan, examined, say)
        except SchoolError as failed:
            service.remember_failure(plan.folder, failed.sentence)
            raise
        service.remember_failure(plan.folder, None)


def _carry_out(plan: Plan, examined: Examine, say: Callable[[str], object]) -> None:
    backup = service.make(plan.url, plan.folder, kind=SCHEDULED, passphrase=plan.passphrase, wait=True)
    say(f"Made {backup.path}.")
    try:
        trial = restoring.examine(
            backup.path, plan.url, examined, passphrase=plan.passphrase, borrowed=plan.scratch
        )
    except RuleBroken as no_place:
        say(f"Its books were not tried. {no_place.sentence}")
    else:
        service.remember_trial(backup, trial.findings)
        if trial.findings:
            raise Unavailable(f"The books in {backup.path.name} do not agree. {' '.join(trial.findings)}")
    for gone in service.rotate(plan.folder, plan.keep):
        say(f"Threw away {gone.name}.")


def step_back() -> None:
    """Let others have the processor first, and when the server stops leave no trial behind."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    signal.signal(signal.SIGTERM, _stopped)


def _stopped(*_: object) -> None:
    raise SystemExit(1)
