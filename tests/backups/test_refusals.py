"""A backup that is not what it was is refused by its name, in one sentence, and nothing is left of it."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from school.backups import queries, restoring, service
from school.db import Database
from school.errors import BadFile, BadInput, RuleBroken, SchoolError
from school.ledger import guards
from school.settings import settings
from tests import databases, make
from tests.backups import places
from tests.backups.conftest import pg_dump
from tests.backups.places import examined, rewritten

CHANGED = "was changed or damaged after it was made"


def restored(backup: Path, tmp_path: Path, passphrase: str | None = None) -> list[str]:
    return list(restoring.restore(backup, str(tmp_path / "new.db"), examined, passphrase=passphrase).findings)


def refused(backup: Path, tmp_path: Path, passphrase: str | None = None) -> str:
    """The sentence it is refused with; nothing is restored."""
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SchoolError) as answer:
        restored(backup, tmp_path, passphrase)
    assert sorted(tmp_path.iterdir()) == before
    assert backup.name in answer.value.sentence
    return answer.value.sentence


def saying(**changed: Any) -> Callable[[bytes], bytes]:
    return lambda said: json.dumps(json.loads(said) | changed).encode()


def _cut_off(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-200])


def _bit_flipped(backup: Path) -> None:
    held = bytearray(backup.read_bytes())
    held[len(held) // 2] ^= 1
    backup.write_bytes(held)


def _another_content(backup: Path) -> None:
    def another(held: bytes) -> bytes:
        return gzip.compress(gzip.decompress(held).replace(b"Student 3", b"Student 4"))

    rewritten(backup, books=another)


def _empty(backup: Path) -> None:
    backup.write_bytes(b"")


def _another_thing(backup: Path) -> None:
    with zipfile.ZipFile(backup, "w") as other:
        other.writestr("holiday.jpg", b"x")


def _nonsense(backup: Path) -> None:
    rewritten(backup, manifest=saying(made_at="yesterday"))


def _of_no_hash(backup: Path) -> None:
    rewritten(backup, manifest=saying(last_hash="ab", counts={"student": "many"}))


def _of_a_newer_format(backup: Path) -> None:
    rewritten(backup, manifest=saying(format=2, program="9.0"))


def _of_a_newer_revision(backup: Path) -> None:
    rewritten(backup, manifest=saying(revision="0099", program="9.0"))


BAD = {
    "cut off": (_cut_off, "cut off or damaged"),
    "with one bit flipped": (_bit_flipped, CHANGED),
    "with other books": (_another_content, CHANGED),
    "that is empty": (_empty, "is not a backup"),
    "that is another zip": (_another_thing, "is not a backup"),
    "whose words make no sense": (_nonsense, "says of itself is damaged"),
    "with a hash that is none": (_of_no_hash, "says of itself is damaged"),
    "of a newer format": (_of_a_newer_format, r"a newer program \(9.0\)"),
    "of a newer revision": (
        _of_a_newer_revision,
        r"a newer program \(9.0, revision 0099; this one knows up to",
    ),
}


@pytest.mark.parametrize(("harm", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_backup_is_refused(
    live_sqlite: Database, folder: Path, tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    backup = service.make(live_sqlite.url, folder).path
    harm(backup)

    with pytest.raises(BadFile, match=sentence):
        restoring.examine(backup, live_sqlite.url, examined, passphrase=None)
    refused(backup, tmp_path)


def test_books_that_are_not_those_the_backup_tells_of_are_left_nowhere(
    live: Database, folder: Path, tmp_path: Path
) -> None:
    backup = service.make(live.url, folder).path
    rewritten(backup, manifest=saying(last_entry=8, counts={"student": 7}))

    with places.new(live.url.get_backend_name(), tmp_path) as place:
        trial = restoring.restore(backup, place, examined, passphrase=None)

        assert "Its last entry is 9, and it says 8." in trial.findings
        assert "Its table student has 8 rows, and it says 7." in trial.findings
        if live.is_sqlite:
            assert list(Path(place).parent.iterdir()) == []
        else:
            with places.opened(place) as left:
                assert places.rows(left) == {}


def test_books_whose_entries_were_changed_are_found_out(live: Database, folder: Path, tmp_path: Path) -> None:
    with live.engine.begin() as connection:
        if live.is_sqlite:
            guards.remove(connection)
        else:
            connection.execute(text("ALTER TABLE entry DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE entry SET actor = 'another' WHERE id = 3"))
    backup = service.make(live.url, folder)

    trial = restoring.examine(backup.path, live.url, examined, passphrase=None)

    service.remember_trial(backup, trial.findings)
    assert any("What is there is not what was sealed: entry 3" in found for found in trial.findings)
    assert any("has lost or changed rules" in found for found in trial.findings)
    newest = queries.newest(folder)
    assert newest
    assert newest.verified_at is None


def test_nothing_that_is_there_is_ever_overwritten(live: Database, folder: Path, tmp_path: Path) -> None:
    backup = service.make(live.url, folder).path
    before = places.rows(live)
    if live.is_sqlite:
        (tmp_path / "new.db-wal").write_bytes(b"of somebody")
        with pytest.raises(BadInput, match=r"There is something at .*new\.db-wal already"):
            restored(backup, tmp_path)

    with pytest.raises(BadInput, match=r"There is something at|is not empty"):
        restoring.restore(backup, databases.url_text(live), examined, passphrase=None)

    assert places.rows(live) == before


def test_books_of_one_engine_are_not_put_into_the_other(live: Database, folder: Path) -> None:
    backup = service.make(live.url, folder).path
    other = "postgresql://nobody@127.0.0.1:1/none" if live.is_sqlite else "sqlite:///new.db"

    with pytest.raises(BadInput, match=r"These books are of (SQLite|PostgreSQL): name"):
        restoring.restore(backup, other, examined, passphrase=None)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts a script in the place of pg_dump."""

    def use(script: str) -> None:
        tool = tmp_path / "bin" / "pg_dump"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("SCHOOL_PG_DUMP", str(tool))
        settings.cache_clear()

    return use


@pytest.mark.postgres
def test_a_pg_dump_that_is_too_old_fails_or_is_missing_is_one_sentence(
    postgresql_database: Database, folder: Path, told: Callable[[str], None], tmp_path: Path
) -> None:
    live = postgresql_database.url
    told("echo 'pg_dump (PostgreSQL) 9.6.24'")
    with pytest.raises(
        RuleBroken, match=r"and the newest pg_dump here is of 9, which cannot read it: install"
    ):
        service.make(live, folder)

    told(
        '[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" || { echo half; echo no luck >&2; exit 1; }'
    )
    with pytest.raises(SchoolError, match=r"pg_dump made no backup\. It says: no luck"):
        service.make(live, folder)

    (tmp_path / "bin" / "pg_dump").unlink()
    with pytest.raises(RuleBroken, match="pg_dump was not found: install"):
        service.make(live, folder)
    assert queries.listing(folder) == []


@pytest.mark.postgres
def test_a_password_is_on_no_command_line(
    postgresql_database: Database, folder: Path, told: Callable[[str], None], tmp_path: Path
) -> None:
    with postgresql_database.writing() as session:
        make.school(session)
    seen = tmp_path / "seen"
    told(f'echo "$@" >> {seen}; echo "password $PGPASSWORD" >> {seen}; exec {pg_dump()} "$@"')

    service.make(postgresql_database.url.set(password="maple-otter-quilt"), folder)

    words, kept = seen.read_text().strip().splitlines()[-2:]
    assert "--dbname=" in words
    assert "maple" not in words
    assert kept == "password maple-otter-quilt"
