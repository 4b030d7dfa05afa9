"""A line of the log is one JSON object that says where and for whom, as ids; one process writes one file."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from school import log
from school.settings import ROOT, settings

NOBODY = ("Ann Abel", "ann@example.org")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this process logs until the test is over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setenv("SCHOOL_LOG_FILE", str(tmp_path / "school.log"))
    settings.cache_clear()
    yield tmp_path / "school.log"
    for handler in root.handlers:
        if isinstance(handler, log.PrivateFile):
            handler.close()
    root.handlers[:], root.level = handlers, level
    for held in log._held.values():
        held.close()
    log._held.clear()
    settings.cache_clear()


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def fail(name: str, address: str) -> None:
    try:
        raise KeyError(name)
    except KeyError as error:
        raise ValueError(address) from error


def test_a_trace_has_places_and_kinds_and_not_what_somebody_typed(file: Path) -> None:
    log.start()
    name, address = NOBODY
    try:
        fail(name, address)
    except ValueError:
        logging.getLogger("school.test").exception("incident", extra={"incident": "ABC123"})

    (line,) = lines(file)
    assert line["at"].endswith("+00:00")
    assert (line["level"], line["logger"], line["incident"]) == ("ERROR", "school.test", "ABC123")
    assert line["exc_info"].index("KeyError") < line["exc_info"].index("ValueError")
    assert "test_log.py" in line["exc_info"]
    assert "in fail" in line["exc_info"]
    assert not [said for said in NOBODY if said in file.read_text()]


def test_what_a_fault_says_is_told_only_where_the_level_is_debug(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOL_LOG_LEVEL", "DEBUG")
    settings.cache_clear()
    log.start()
    try:
        int("12.5o")
    except ValueError:
        logging.getLogger("school.test").exception("incident")

    assert "12.5o" in lines(file)[-1]["exc_info"]


def test_a_line_tells_of_the_request_it_was_written_in(file: Path) -> None:
    log.start()
    reset = log.about.set({"request": "of this moment"})
    logging.getLogger("school.test").info("within")
    log.about.reset(reset)
    logging.getLogger("school.test").info("after")

    within, after = lines(file)
    assert within["request"] == "of this moment"
    assert "request" not in after


ANOTHER = "from school import log; import logging; log.start(); logging.getLogger('school.x').info('mine')"


def test_two_processes_never_write_one_file(file: Path) -> None:
    log.start()
    logging.getLogger("school.test").info("ours")
    subprocess.run([sys.executable, "-c", ANOTHER], cwd=ROOT, check=True, env={**_environment(file)})

    assert [line["message"] for line in lines(file)] == ["ours"]
    assert [line["message"] for line in lines(file.with_name("school.2.log"))] == ["mine"]
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def _environment(file: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "SCHOOL_LOG_FILE": str(file), "PATH": ""}


def test_a_file_that_cannot_be_written_is_told_on_stderr(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "blocked").write_text("a file where a folder is wanted")
    monkeypatch.setenv("SCHOOL_LOG_FILE", str(tmp_path / "blocked" / "school.log"))
    settings.cache_clear()

    log.start()

    assert "cannot be written" in capsys.readouterr().err
