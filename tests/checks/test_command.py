"""Scripts lean on the exit code of `check` and on its JSON; people read the same as sentences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from school import cli
from school.db import Database
from school.settings import settings
from tests.checks import places

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """`check` on an installation whose books are in order; (exit code, standard output)."""
    place = places.in_order(sqlite_database, tmp_path)
    for name in ("database_url", "backup_folder"):
        monkeypatch.setenv(f"SCHOOL_{name.upper()}", str(getattr(place.settings, name)))
    monkeypatch.setenv("HOME", str(place.home))

    def command(*words: str, **environment: str) -> tuple[int, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        code = cli.main(["check", *words])
        printed = capsys.readouterr()
        assert printed.err == ""
        return code, printed.out

    yield command
    settings.cache_clear()


def test_the_exit_code_is_that_of_the_worst(run: Run) -> None:
    assert run()[0] == 0
    assert run(SCHOOL_ADRESS="127.0.0.1")[0] == 1
    assert run("--deploy")[0] == 2


def test_people_read_the_worst_first_with_why_and_what_to_do(run: Run) -> None:
    _, said = run("--deploy", SCHOOL_ADRESS="127.0.0.1")

    assert said.startswith("Found: 2 errors, 1 warning, ")
    assert said.index("ERROR  https") < said.index("WARNING  unknown_settings") < said.index("NOTE  ")
    assert said.count("  Why:  ") == said.count("  Mend: ") > 3
    assert max(map(len, said.splitlines())) <= 100


def test_scripts_read_the_same_as_json(run: Run) -> None:
    _, printed = run("--deploy", "--deep", "--json")

    found = {finding["check"]: finding for finding in json.loads(printed)}
    assert set(found["https"]) == {"check", "severity", "message", "why", "mend"}
    assert (found["https"]["severity"], found["backups_readable"]["severity"]) == ("error", "note")


def test_settings_that_cannot_be_used_are_findings_too_and_stay_secret(run: Run) -> None:
    code, printed = run("--json", SCHOOL_PORT="12x", SCHOOL_LOG_LEVEL="loud")

    found = json.loads(printed)
    assert code == 2
    assert [finding["message"].split()[0] for finding in found] == ["SCHOOL_LOG_LEVEL", "SCHOOL_PORT"]
    assert "12x" not in printed
    code, printed = run(
        "--json", SCHOOL_PORT="8501", SCHOOL_LOG_LEVEL="info", SCHOOL_DATABASE_URL="mysql://a:pw@b/c"
    )
    assert code == 2
    assert "pw" not in printed


@pytest.mark.parametrize("given", ["a.example, b.example", '["a.example", "b.example"]'])
def test_host_names_are_written_with_commas_or_as_json(given: str, run: Run) -> None:
    run(SCHOOL_ALLOWED_HOSTS=given)

    assert settings().allowed_hosts == ["a.example", "b.example"]
