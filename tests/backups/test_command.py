"""What `backup` and `restore` print leads on to the next step; every refusal is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from school import cli
from school.db import Database
from school.db import database as program_database
from school.settings import settings
from tests import databases

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    live_sqlite: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    def command(*words: str) -> tuple[int, str, str]:
        code = cli.main(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    monkeypatch.setenv("SCHOOL_DATABASE_URL", databases.url_text(live_sqlite))
    for kept in (settings, program_database):
        kept.cache_clear()
    yield command
    program_database().engine.dispose()
    program_database.cache_clear()


def test_a_backup_is_made_listed_tried_and_restored(run: Run, live_sqlite: Database, tmp_path: Path) -> None:
    books = Path(str(live_sqlite.url.database))
    of = "Hill School as of 20 March 2026, 15:00:00 (Africa/Nairobi), 9 entries, check code "

    made = run("backup", "--untried")[1]
    assert made.startswith(f"Made {books.parent / 'backups' / 'books-20260320T120000Z-entry9-'}")
    assert of in made
    assert "Made by hand, not tried." in run("backup", "--list")[1]

    assert "every entry was recomputed, and they agree" in run("backup", "--verify", "newest")[1]
    assert "Made by hand, tried 2026-03-20 15:00." in run("backup", "--list")[1]

    place = tmp_path / "restored.db"
    told = run("restore", "newest", "--into", str(place))[1]
    assert told.startswith(f"Restored {of}")
    assert told.endswith(f"SCHOOL_DATABASE_URL=sqlite:///{place} python3 -m school run\n")
    assert place.is_file()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["backup", "--verify", "newest"], "There is no backup in"),
        (["backup", "--verify", "none.zip"], "There is no backup at none.zip"),
        (["backup", "--scheduled"], "SCHOOL_BACKUP_AT"),
        (["restore", "newest"], "--into"),
        (["export", "--format", "hledger", "--after", "3"], "use --after with --format csv"),
    ],
)
def test_a_refusal_is_one_sentence(run: Run, words: list[str], sentence: str) -> None:
    code, out, err = run(*words)

    assert (code, out) == (1, "")
    assert sentence in err
    assert err.count("\n") == 1
