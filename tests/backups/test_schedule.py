"""One backup a day at the school's hour, by one process of several, made up for when missed, kept by rule."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from school import clock
from school.backups import lock, queries, rules, schedule, service
from school.backups.manifest import BEFORE_UPGRADE, BY_HAND, SCHEDULED
from school.backups.rules import Keep
from school.backups.schedule import Plan
from school.backups.worker import Worker
from school.db import Database
from school.db import database as program_database
from school.errors import SchoolError, Unavailable
from school.settings import settings
from tests import databases, make
from tests.backups.places import examined

KEEP = Keep(daily=7, weekly=5, monthly=12)
NAIROBI = "Africa/Nairobi"
YEARS_BEGIN, YEARS_END = datetime(2025, 1, 1), datetime(2027, 1, 1)  # noqa: DTZ001 - as they are drawn


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        ("2026-03-20T00:14", "2026-03-19T00:15", "2026-03-20T00:15"),  # 03:14 in Nairobi
        ("2026-03-20T00:15", "2026-03-20T00:15", "2026-03-21T00:15"),
        ("2026-03-20T22:00", "2026-03-20T00:15", "2026-03-21T00:15"),
    ],
)
def test_the_hour_is_that_of_the_schools_clocks(now: str, last: str, following: str) -> None:
    assert rules.last_due("03:15", NAIROBI, utc(now)) == utc(last)
    assert rules.next_due("03:15", NAIROBI, utc(now)) == utc(following)


@given(
    st.datetimes(YEARS_BEGIN, YEARS_END),
    st.times(),
    st.sampled_from([NAIROBI, "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_on_every_day_of_every_clock_there_is_one(moment: datetime, at: object, zone: str) -> None:
    now, hour = moment.replace(tzinfo=UTC), f"{at:%H:%M}"
    last, following = rules.last_due(hour, zone, now), rules.next_due(hour, zone, now)

    assert last <= now < following
    assert following - last <= timedelta(hours=25)


@dataclass(frozen=True)
class Made:
    made_at: datetime


def test_the_last_backup_of_days_weeks_and_months_is_kept() -> None:
    every_day = [
        Made(utc("2026-12-31T00:15") - timedelta(days=n, hours=h)) for n in range(400) for h in (0, 6)
    ]

    gone = rules.superseded(every_day, KEEP, NAIROBI)

    kept = sorted(one.made_at for one in every_day if one not in gone)
    days = [f"{moment.astimezone(UTC):%m-%d}" for moment in kept]
    assert days[-7:] == ["12-25", "12-26", "12-27", "12-28", "12-29", "12-30", "12-31"]
    assert days[:-7] == [
        *("01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30"),
        *("12-06", "12-13", "12-20"),
    ]


@given(st.lists(st.datetimes(YEARS_BEGIN, YEARS_END), min_size=1))
def test_whatever_there_is_the_youngest_stays(moments: list[datetime]) -> None:
    made = [Made(moment.replace(tzinfo=UTC)) for moment in moments]

    gone = rules.superseded(made, Keep(1, 0, 0), "UTC")

    assert max(one.made_at for one in made) not in {one.made_at for one in gone} or len(set(moments)) < len(
        moments
    )
    assert len(gone) < len(made)


@pytest.fixture
def plan(live_sqlite: Database, folder: Path) -> Plan:
    return Plan(databases.url_text(live_sqlite), folder, "03:15", NAIROBI, KEEP, None, None)


def carried_out(plan: Plan, at: datetime) -> list[str]:
    said: list[str] = []
    with clock.set_to(at):
        schedule.carry_out(plan, examined, say=said.append)
    return said


def test_what_is_due_is_made_and_tried_once_and_again_the_next_day(plan: Plan) -> None:
    noon = make.NOON
    assert carried_out(plan, noon)[0].startswith("Made ")
    newest = queries.newest(plan.folder)
    assert newest
    assert (newest.kind, newest.verified_at) == (SCHEDULED, noon)

    assert carried_out(plan, noon + timedelta(hours=3)) == [
        "Another process has made this backup, or is making it."
    ]
    with clock.set_to(noon):
        assert schedule.until_due(plan) == timedelta(hours=12, minutes=15)

    carried_out(plan, noon + timedelta(days=3))  # two nights were missed
    assert len(queries.listing(plan.folder)) == 2


def test_one_process_of_several_makes_it(plan: Plan) -> None:
    plan.folder.mkdir()
    with lock.held(plan.folder, lock.SCHEDULED):
        assert carried_out(plan, make.NOON) == ["Another process has made this backup, or is making it."]

    assert queries.listing(plan.folder) == []


def test_why_it_failed_is_kept_until_one_succeeds(plan: Plan, live_sqlite: Database) -> None:
    away = replace(plan, url=f"{plan.url}.away")
    with pytest.raises(SchoolError):
        carried_out(away, make.NOON)
    failure = queries.last_failure(plan.folder)
    assert failure
    assert failure.at == make.NOON
    assert failure.sentence.startswith("There are no books at")
    with clock.set_to(make.NOON):
        assert schedule.is_due(plan)

    carried_out(plan, make.NOON + timedelta(minutes=15))
    assert queries.last_failure(plan.folder) is None


def test_a_backup_of_books_that_do_not_agree_is_a_failure_and_no_good_one_goes_for_it(
    plan: Plan, live_sqlite: Database
) -> None:
    once = replace(plan, keep=Keep(1, 0, 0))
    carried_out(once, make.NOON)
    good = queries.newest(plan.folder)
    with live_sqlite.engine.begin() as connection:
        connection.execute(text("UPDATE student_balance SET balance = balance + 1 WHERE student_id = 1"))

    for day in (1, 2):
        with pytest.raises(Unavailable, match="do not agree"):
            carried_out(once, make.NOON + timedelta(days=day))
    service.rotate(plan.folder, once.keep)

    left = queries.listing(plan.folder)
    assert good in left
    assert left[0].made_at == make.NOON + timedelta(days=2)
    assert len(left) == 2


def test_what_a_person_made_stays_and_of_those_before_upgrades_the_last_three(
    live_sqlite: Database, folder: Path
) -> None:
    for n in range(5):
        for kind in (BY_HAND, BEFORE_UPGRADE, SCHEDULED):
            with clock.set_to(make.NOON + timedelta(days=n)):
                service.make(live_sqlite.url, folder, kind=kind)

    service.rotate(folder, Keep(2, 0, 0))

    kinds = [backup.kind for backup in queries.listing(folder)]
    assert {kind: kinds.count(kind) for kind in kinds} == {BY_HAND: 5, BEFORE_UPGRADE: 3, SCHEDULED: 2}


@pytest.fixture
def server(live_sqlite: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Worker]:
    """A worker of a server with these books, whose backups are made by the given program."""
    monkeypatch.setenv("SCHOOL_DATABASE_URL", databases.url_text(live_sqlite))
    monkeypatch.setenv("SCHOOL_BACKUP_AT", "03:15")
    for kept in (settings, program_database):
        kept.cache_clear()

    def worker(program: str) -> Worker:
        words = [sys.executable, "-c", program]
        return Worker(lambda: subprocess.Popen(words, stderr=subprocess.PIPE, text=True))

    return worker


def test_the_server_makes_what_is_due_in_a_process_of_its_own_and_rests_after_trouble(
    server: Callable[[str], Worker], live_sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    real = Worker()
    assert real.round() == 300
    newest = queries.newest(Path(str(live_sqlite.url.database)).parent / "backups")
    assert newest
    assert newest.verified_at
    with clock.set_to(newest.made_at + timedelta(seconds=1)):
        assert 0 < real.round() <= 300
    with clock.set_to(newest.made_at + timedelta(days=1)):
        assert server("raise SystemExit('no room')").round() == 900
    assert "the backup failed" in caplog.text
    program_database().engine.dispose()
    for kept in (settings, program_database):
        kept.cache_clear()
