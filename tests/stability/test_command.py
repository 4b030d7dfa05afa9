"""The command leaves the live books alone, exits 0 when all is clean, and 1 when a fault was planted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from school.bootstrap.programs import chromium
from school.db import Database
from school.settings import ROOT
from school.stability import interruptions
from tests.databases import url_text
from tests.interruptions import held
from tests.stability.conftest import fingerprint
from tests.stability.test_planted import planted

CASES = {"sign-in", "pages as finance", "payment", "one form in two tabs", *interruptions.KILLS}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """So that the copies of other tests, run beside these, are not taken for copies left behind.

    Its name is short: Chromium opens a socket in it, whose path has a limit.
    """
    with tempfile.TemporaryDirectory(prefix="s") as short:
        monkeypatch.setenv("TMPDIR", short)
        yield Path(short)


def stability(database: Database, *words: str, program: Path = ROOT) -> subprocess.Popen[str]:
    start = "import sys; from school.cli import main; sys.exit(main())"
    environment = {**os.environ, "SCHOOL_DATABASE_URL": url_text(database), "PYTHONPATH": str(program)}
    return subprocess.Popen(
        [sys.executable, "-c", start, "stability", *words],
        cwd=program,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out, err


def copies(live: Database) -> set[str]:
    found = {path.name for path in Path(os.environ["TMPDIR"]).glob("school-stability-*")}
    if not live.is_sqlite:
        with live.engine.connect() as connection:
            names = connection.exec_driver_sql("SELECT datname FROM pg_database").scalars()
            found |= {name for name in names if name.startswith(f"{live.url.database}_stability_")}
    return found


@pytest.mark.postgres
def test_a_sound_program_is_clean_and_the_live_books_are_the_same(
    live_postgresql: Database, folder: Path
) -> None:
    """With two processes; with one a kill is tried in test_planted."""
    live = live_postgresql
    before, there = fingerprint(live), copies(live)

    process = stability(live, "--json", "--seconds", "10", "--seed", "11", "--processes", "2")
    held.until(lambda: bool(list(folder.glob("school-stability-*/server-2.log"))), every_s=0.1)
    code, out, err = ended(process)

    assert code == 0, out + err
    seen: dict[str, Any] = json.loads(out)
    assert (seen["clean"], seen["seed"], seen["processes"], seen["verify"]) == (True, 11, 2, [])
    by_name = {case["case"]: case for case in seen["cases"]}
    assert by_name.keys() >= CASES
    if chromium():
        assert seen["browser"].startswith("tried in Chromium")
        assert "in Chromium" in by_name
    paid = [case for case in seen["cases"] if case["recorded_once"] is not None]
    assert all(case["recorded_once"] == case["tried"] > 0 for case in paid)
    assert fingerprint(live) == before
    assert copies(live) == there


def test_a_planted_fault_is_named_and_the_exit_is_1(live_sqlite: Database, tmp_path: Path) -> None:
    program = planted(
        tmp_path / "program",
        "school/ui/payment_desk.py",
        "actor_id=actor.user_id, limit=RECENT_MAX",
        "limit=RECENT_MAX",
    )
    before = fingerprint(live_sqlite)

    code, out, _ = ended(stability(live_sqlite, "--seconds", "1", program=program))

    assert code == 1
    assert "is listed as a receipt of" in out
    assert "NOT clean" in out.splitlines()[-1]
    assert fingerprint(live_sqlite) == before


def test_who_ends_it_early_leaves_no_copy_behind(live: Database) -> None:
    there = copies(live)
    process = stability(live)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Working on a copy")
    assert copies(live) != there

    process.send_signal(signal.SIGTERM)
    code, _, err = ended(process)

    assert (code, err.strip()) == (1, "Stopped.")
    assert copies(live) == there


def test_a_school_that_was_never_set_up_is_told_so(sqlite_database: Database) -> None:
    code, out, err = ended(stability(sqlite_database, "--json"))

    assert (code, out) == (1, "")
    assert err == "The school is not set up yet, so there is nothing to try.\n"
