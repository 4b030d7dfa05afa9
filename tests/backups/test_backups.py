"""A backup made while people work holds all that was acknowledged before, and agrees where it is restored."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text

from school import clock
from school.backups import lock, queries, restoring, service
from school.db import Database
from school.errors import BadInput, RuleBroken, Unavailable
from school.ledger.models import Entry
from tests import databases, make
from tests.backups import places
from tests.backups.conftest import STUDENTS
from tests.backups.places import examined

WRITERS = 8
BEFORE, AFTER = 6, 3  # payments of each writer until the backup begins, and once it is made


def test_restored_books_are_the_same_to_the_last_row_and_may_be_used(
    live: Database, folder: Path, tmp_path: Path
) -> None:
    before = places.rows(live)
    backup = service.make(live.url, folder)

    with places.new(live.url.get_backend_name(), tmp_path) as place:
        trial = restoring.restore(backup.path, place, examined, passphrase=None)

        assert trial.findings == []
        with places.opened(place) as restored:
            assert places.rows(restored) == before
            with restored.writing() as session:
                make.pay(session, 2, 10_00)
            with restored.reading() as session:
                assert examined(session) == []
    assert places.rows(live) == before


def test_a_backup_tells_what_it_is_and_only_its_owner_may_read_it(live: Database, folder: Path) -> None:
    backup = service.make(live.url, folder)

    said = backup.manifest
    assert (said.school, said.engine, said.last_entry) == (
        "Hill School",
        live.url.get_backend_name(),
        STUDENTS + 1,
    )
    assert said.counts["student"] == STUDENTS
    assert backup.path.name == f"books-20260320T120000Z-entry9-{said.last_hash[:12]}.backup.zip"
    assert '"made_at_local": "2026-03-20T15:00:00+03:00"' in said.as_text()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (backup.path, folder)] == [0o600, 0o700]
    assert queries.newest(folder) == backup
    assert [path for path in folder.iterdir() if not path.name.startswith(".")] == [backup.path]


def test_whatever_was_acknowledged_before_the_moment_of_the_backup_is_in_it(
    live: Database, folder: Path
) -> None:
    acknowledged: list[str] = []
    made, begun = threading.Event(), threading.Barrier(WRITERS + 1)

    def pay(writer: int) -> None:
        def once(n: int) -> None:
            request = f"writer-{writer}-{n:04d}"
            with live.writing() as session:
                make.pay(session, 1 + writer % STUDENTS, 1, request=request)
            acknowledged.append(request)

        for n in range(BEFORE):
            once(n)
        begun.wait()
        while not made.is_set():
            n += 1
            once(n)
        for m in range(n + 1, n + 1 + AFTER):
            once(m)

    writers = [threading.Thread(target=pay, args=(n,)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    begun.wait()
    before = set(acknowledged)
    try:
        backup = service.make(live.url, folder)
    finally:
        made.set()
        for writer in writers:
            writer.join()

    with places.new(live.url.get_backend_name(), folder.parent) as place:
        assert restoring.restore(backup.path, place, examined, passphrase=None).findings == []
        with places.opened(place) as restored, restored.reading() as session:
            there = set(session.scalars(select(Entry.request_id)))
    assert len(before) >= WRITERS * BEFORE
    assert before <= there
    assert not {f"writer-{n}-{BEFORE - 1:04d}" for n in range(WRITERS)} - there
    assert set(acknowledged) - there, "the writers went on while the backup was made"
    with live.reading() as session:
        assert examined(session) == []


def test_one_backup_is_made_at_a_time_and_what_a_killed_one_left_goes(
    live_sqlite: Database, folder: Path
) -> None:
    left = folder / ".making-killed"
    left.mkdir(parents=True)
    (left / "unfinished").write_bytes(b"half")

    with lock.held(folder), pytest.raises(RuleBroken, match="Another backup is just being made"):
        service.make(live_sqlite.url, folder)
    assert left.exists()

    service.make(live_sqlite.url, folder)
    assert not left.exists()


def test_books_that_are_not_there_are_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There are no books at"):
        service.make(f"sqlite:///{tmp_path / 'none.db'}", folder)


def test_a_full_disk_is_one_sentence_leaves_nothing_half_and_hurts_no_older_backup(
    live_sqlite: Database, folder: Path
) -> None:
    older = service.make(live_sqlite.url, folder)
    told = subprocess.run(
        [sys.executable, "-m", "tests.backups.starved", databases.url_text(live_sqlite), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "No backup was made in" in told
    assert "The backups that were there are untouched" in told
    assert [path for path in folder.iterdir() if not path.name.endswith(".lock")] == [older.path]

    with clock.set_to(make.NOON):
        again = service.make(live_sqlite.url, folder)
    assert restoring.examine(again.path, live_sqlite.url, examined, passphrase=None).findings == []


def test_a_server_that_is_away_is_one_sentence(folder: Path) -> None:
    with pytest.raises(Unavailable):
        service.make("postgresql://nobody@127.0.0.1:1/none", folder)
    assert queries.listing(folder) == []


@pytest.mark.postgres
@pytest.mark.parametrize("live", ["postgresql"], indirect=True)
def test_what_a_killed_trial_left_in_a_named_database_goes_and_what_is_of_others_stays(
    live: Database, folder: Path
) -> None:
    backup = service.make(live.url, folder)

    def tried(place: Database) -> restoring.Trial:
        named = databases.url_text(place)
        return restoring.examine(backup.path, live.url, examined, passphrase=None, borrowed=named)

    with databases.fresh("postgresql", migrated=False) as scratch:
        assert tried(scratch).findings == []
        with scratch.engine.begin() as connection:
            connection.execute(text("CREATE TABLE left_over (n INTEGER)"))
        assert tried(scratch).findings == []
        assert places.rows(scratch) == {}
    with pytest.raises(BadInput, match="is not empty"):
        tried(live)
