"""Everyone installs the same files from anywhere: the repository names no host, and nobody's machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.house import breaches

ROOT = Path(__file__).resolve().parents[2]
LOCK = "streamlit==1.67.0 \\\n    --hash=sha256:00\n    # via school\n"


def test_no_committed_file_names_a_registry_or_somebodys_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    committed = listed.stdout.rstrip("\0").split("\0")

    assert len(committed) > 20
    assert list(breaches.named_machines(ROOT, committed)) == []


@pytest.mark.parametrize(
    "text",
    [
        "https://py" + "pi.org/simple",
        "https://files.python" + "hosted.org/packages/ab",
        "--index" + "-url http://mirror",
        "see /ro" + "ot/notes.txt",
        "cd /ho" + "me/ann/school",
        "/wo" + "rk/notes",
        "C:" + "\\Users\\ann",
    ],
)
def test_a_file_is_caught_that_says(text: str, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(f"first line\n{text}\n")

    found = list(breaches.named_machines(tmp_path, ["notes.md"]))

    assert len(found) == 1
    assert found[0].startswith("notes.md:2 ")


@pytest.mark.parametrize(
    "parts", [("https://docs.example.org", "work", "plan"), ("a", "root", "of"), ("the home", "ann folder")]
)
def test_a_file_may_say(parts: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("/".join(parts))

    assert list(breaches.named_machines(tmp_path, ["notes.md"])) == []


def test_no_lock_names_where_to_download() -> None:
    assert list(breaches.hosts_in_locks(ROOT)) == []


@pytest.mark.parametrize(
    "line", ["--extra-index" + "-url x", "-i x", "uv @ https://x/uv.whl", "--trusted-host x"]
)
def test_a_lock_is_caught_that_says(line: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"{LOCK}{line}\n")

    assert list(breaches.hosts_in_locks(tmp_path)) == [f"requirements.txt:4 names where to download: {line}"]


def test_the_locks_hold_what_pyproject_asks() -> None:
    assert list(breaches.locks_that_disagree(ROOT)) == []


def _project(tree: Path, runtime: str, development: str) -> None:
    (tree / "pyproject.toml").write_text(
        "[project]\ndependencies = [\"streamlit==1.67.0; sys_platform != 'win32'\"]\n"
        "[dependency-groups]\ndev = []\ninstaller = []\n"
    )
    (tree / "requirements.txt").write_text(runtime)
    (tree / "requirements-dev.txt").write_text(development)
    (tree / "requirements-installer.txt").write_text("")


def test_equal_locks_disagree_with_nothing(tmp_path: Path) -> None:
    _project(tmp_path, LOCK, LOCK)

    assert list(breaches.locks_that_disagree(tmp_path)) == []


@pytest.mark.parametrize(
    ("runtime", "development", "named"),
    [
        pytest.param("", LOCK, "requirements.txt", id="that lacks a library"),
        pytest.param(LOCK.replace("1.67", "1.66"), LOCK, "requirements.txt", id="of another version"),
        pytest.param(LOCK.replace("--hash", "#"), LOCK, "requirements.txt", id="without a hash"),
        pytest.param(
            LOCK + LOCK.replace("streamlit", "toml"), LOCK, "requirements-dev.txt", id="of the tests alone"
        ),
    ],
)
def test_a_lock_is_caught(runtime: str, development: str, named: str, tmp_path: Path) -> None:
    _project(tmp_path, runtime, development)

    found = list(breaches.locks_that_disagree(tmp_path))

    assert found
    assert any(breach.startswith(f"{named} ") for breach in found)
