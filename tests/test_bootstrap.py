"""On a bare Python one command installs what the lock says; what stops it is one sentence, and mends itself.

Each test has a clone of its own, a real `.venv`, and a uv that writes down that it was called instead of
downloading: what is installed is uv's affair, when and after what is ours.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from school.bootstrap import gates, programs
from school.bootstrap.trouble import Trouble

ROOT = Path(__file__).resolve().parents[1]
WAIT_SECONDS_MAX = 60

UV = """#!python
import os, pathlib, sys, time
if "--version" not in sys.argv:
    with open(os.environ["UV_CALLS"], "a") as calls:
        calls.write(sys.argv[-1] + "\\n")
    time.sleep(int(os.environ.get("UV_SLEEPS", "0")))
    sys.exit(os.environ.get("UV_FAILS"))
"""
COMMAND_LINE = """
import sys

def main():
    print("handed over:", *sys.argv[1:])
    return 7
"""


def _wheel(folder: Path) -> str:
    """A uv-1.0 that pip installs from `folder`; returns its line in a lock."""
    folder.mkdir()
    path = folder / "uv-1.0-py3-none-any.whl"
    files = {
        "uv-1.0.data/scripts/uv": UV,
        "uv-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: uv\nVersion: 1.0\n",
        "uv-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_urlsafe(text)},{len(text)}\n" for name, text in files.items())
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, "uv-1.0.dist-info/RECORD": record}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            wheel.writestr(entry, text)
    return f"uv==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def _urlsafe(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Clone:
    root: Path
    environment: dict[str, str]

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def installations(self) -> list[str]:
        calls = Path(self.environment["UV_CALLS"])
        return [Path(line).name for line in calls.read_text().splitlines()] if calls.exists() else []

    def start(self, *arguments: str, before: str = "pass", **environment: str) -> subprocess.Popen[str]:
        """`python -m school …` with the line of Python `before` run first."""
        line = f"import runpy, sys; {before}; runpy.run_module('school', run_name='__main__', alter_sys=True)"
        return subprocess.Popen(
            [sys._base_executable, "-c", line, *arguments],  # type: ignore[attr-defined]
            cwd=self.root,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, before: str = "pass", **environment: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        process = self.start(*arguments, before=before, **environment)
        out, err = process.communicate(timeout=WAIT_SECONDS_MAX)
        return process.returncode, out, err


def _clone(folder: Path) -> Clone:
    root = folder / "clone"
    (root / "school").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(ROOT / "school" / name, root / "school")
    shutil.copytree(ROOT / "school" / "bootstrap", root / "school" / "bootstrap")
    (root / "school" / "cli.py").write_text(COMMAND_LINE)
    (root / "requirements.txt").write_text("# the runtime\n")
    (root / "requirements-dev.txt").write_text("# and the tests\n")
    (root / "requirements-installer.txt").write_text(_wheel(folder / "wheels"))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder / "wheels"),
        "UV_CALLS": str(folder / "calls"),
    }
    return Clone(root, environment)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Nothing is installed in it."""
    return _clone(tmp_path)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, tuple[int, str, str]]:
    clone = _clone(tmp_path_factory.mktemp("first"))
    return clone, clone.run("import", "students", "a file.csv")


@pytest.fixture
def finished(first_run: tuple[Clone, tuple[int, str, str]], tmp_path: Path) -> Clone:
    """Everything is installed in it, by one call of uv."""
    shutil.copytree(first_run[0].root.parent, tmp_path / "copy", symlinks=True)
    calls = {"UV_CALLS": str(tmp_path / "copy" / "calls")}
    return Clone(tmp_path / "copy" / "clone", {**first_run[0].environment, **calls})


def test_the_first_command_installs_and_hands_over_with_its_arguments_and_exit_code(
    first_run: tuple[Clone, tuple[int, str, str]],
) -> None:
    clone, (code, out, _) = first_run

    assert (code, out) == (7, "handed over: import students a file.csv\n")
    assert clone.installations == ["requirements.txt"]


def test_the_next_command_installs_nothing_until_the_lock_changes(finished: Clone) -> None:
    kept = finished.venv / "kept"
    kept.touch()

    again, _, said = finished.run("setup")
    (finished.root / "requirements.txt").write_text("# another\n")
    changed, _, _ = finished.run("setup")

    assert (again, said, changed) == (0, "", 0)
    assert finished.installations == ["requirements.txt"] * 2
    assert kept.exists()


def test_an_interrupted_installation_is_made_anew(clone: Clone) -> None:
    process = clone.start("setup", UV_SLEEPS=str(WAIT_SECONDS_MAX))
    while not clone.installations:
        assert process.poll() is None
        time.sleep(0.05)
    half_made = clone.venv / "half made"
    half_made.touch()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    code, _, _ = clone.run("setup")

    assert code == 0
    assert not half_made.exists()


def test_a_venv_whose_python_has_gone_is_made_anew(finished: Clone) -> None:
    python = finished.venv / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.9")

    code, out, _ = finished.run("verify")

    assert (code, out) == (7, "handed over: verify\n")


def test_a_command_given_inside_an_unfinished_venv_leaves_it_and_makes_it_anew(finished: Clone) -> None:
    (finished.venv / "installed").unlink()

    done = subprocess.run(
        [finished.venv / "bin" / "python", "-m", "school", "verify"],
        cwd=finished.root,
        env=finished.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (7, "handed over: verify\n")
    assert "Making " in done.stderr


def test_two_who_start_at_once_install_once(clone: Clone) -> None:
    both = [clone.start("setup", UV_SLEEPS="1") for _ in range(2)]
    said = "".join(process.communicate(timeout=WAIT_SECONDS_MAX)[1] for process in both)

    assert [process.returncode for process in both] == [0, 0]
    assert clone.installations == ["requirements.txt"]
    assert "waiting for them to finish" in said


def test_without_network_pip_is_quoted_and_one_sentence_says_what_to_do(clone: Clone) -> None:
    code, _, said = clone.run("demo", PIP_FIND_LINKS="")

    *_, tool, sentence = said.splitlines()
    assert code == 1
    assert "No matching distribution found for uv==1.0" in tool
    assert sentence.startswith("uv, the installer, could not be installed (“.venv/bin/python -m pip install")
    assert sentence.endswith("run the same command again.")


def test_a_failed_installation_quotes_uv_and_is_not_taken_for_a_finished_one(clone: Clone) -> None:
    code, _, said = clone.run("demo", UV_FAILS="no route to the mirror")

    *_, tool, sentence = said.splitlines()
    assert code == 1
    assert not (clone.venv / "installed").exists()
    assert tool == "  no route to the mirror"
    assert sentence.startswith("The libraries could not be installed (“.venv/bin/uv pip install")


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_without_the_venv_module_one_sentence_names_the_package_and_nothing_is_left(
    clone: Clone, module: str
) -> None:
    code, _, said = clone.run("demo", before=f"sys.modules[{module!r}] = None")

    assert code == 1
    assert said.count("\n") == 1
    assert f"apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv" in said
    assert not clone.venv.exists()


def test_an_older_python_is_told_in_one_sentence(clone: Clone) -> None:
    code, _, said = clone.run("demo", before="sys.version_info = (3, 10); sys.version = '3.10.4 (main)'")

    assert code == 1
    assert said == (
        "The school fee ledger needs Python 3.11 or newer and this is Python 3.10.4: "
        "run it as python3.11 -m school (or a newer one).\n"
    )


def test_a_library_that_has_gone_is_named(finished: Clone) -> None:
    (finished.root / "school" / "cli.py").write_text("import a_library_that_is_not_there\n")

    code, _, said = finished.run("verify")

    assert code == 1
    assert said.startswith("The library a_library_that_is_not_there has gone from ")


def test_setup_takes_no_options(clone: Clone) -> None:
    code, _, said = clone.run("setup", "--please")

    assert (code, said) == (1, "setup takes no options: run python3 -m school setup.\n")


def _program(folder: Path, name: str, script: str = "") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def _programs(folder: Path, *names: str) -> None:
    for name in names:
        _program(folder, name)


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which programs are found."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(programs, "ALSO_IN", str(folder))
    monkeypatch.setenv("SCHOOL_CHROMIUM", "")  # so that what a test sets is taken back
    monkeypatch.delenv("SCHOOL_CHROMIUM")
    return folder


def test_missing_programs_are_named_with_how_to_get_them(only_path: Path) -> None:
    with pytest.raises(Trouble) as trouble:
        programs.provide(browser=True)

    assert str(trouble.value) == (
        "The tests need chromium, hledger, nginx-light and openssl, not found here: install with your "
        "system's package manager (on Debian: sudo apt-get install chromium hledger nginx-light openssl), "
        "or name a Chromium in SCHOOL_CHROMIUM, "
        "or leave the browser out with --without-browser."
    )


def test_without_the_browser_chromium_is_not_asked_for(only_path: Path) -> None:
    _programs(only_path, "hledger", "nginx", "openssl")

    programs.provide(browser=False)

    assert "SCHOOL_CHROMIUM" not in os.environ


def test_the_chromium_found_is_told_to_the_tests(only_path: Path) -> None:
    _programs(only_path, "hledger", "nginx", "openssl")
    browser = _program(only_path, "google-chrome")

    programs.provide(browser=True)

    assert os.environ["SCHOOL_CHROMIUM"] == str(browser)


def test_a_chromium_named_and_not_there_is_said(only_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOL_CHROMIUM", "/nowhere/chromium")

    with pytest.raises(Trouble, match="SCHOOL_CHROMIUM names /nowhere/chromium, which is no program here"):
        programs.provide(browser=True)


def test_root_has_missing_programs_installed(only_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _programs(only_path, "chromium", "nginx", "openssl")
    _program(only_path, "apt-get", f'case "$*" in *install*hledger) /bin/cp $0 {only_path}/hledger;; esac')

    programs.provide(browser=True)

    assert shutil.which("hledger") == str(only_path / "hledger")


def test_a_failed_apt_get_is_quoted(
    only_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _program(only_path, "apt-get", "echo no such mirror; exit 100")

    with pytest.raises(
        Trouble, match=r"^apt-get update failed with the lines above\. The tests need hledger"
    ):
        programs.provide(browser=False)

    assert capsys.readouterr().err.endswith("  no such mirror\n")


@pytest.mark.parametrize(
    ("given", "in_chromium", "pytest_gets"),
    [
        ("", True, ()),
        ("--without-browser", False, ()),
        ("-k payments tests/ledger", True, ("-k", "payments", "tests/ledger")),
        ("-x --without-browser -- -k head", False, ("-x", "-k", "head")),
        ("-- --without-browser", True, ("--without-browser",)),
    ],
)
def test_what_is_not_ours_is_handed_to_pytest(
    given: str, in_chromium: bool, pytest_gets: tuple[str, ...]
) -> None:
    assert gates.options(given.split()) == gates.Options(browser=in_chromium, pytest=pytest_gets)


def test_a_failing_check_is_shown_and_the_later_ones_still_run(capsys: pytest.CaptureFixture[str]) -> None:
    checks = {
        "first": ["-c", "print('its reason'); raise SystemExit(1)"],
        "second": ["-c", "print('its chatter')"],
    }

    failed = gates.quick(checks)

    assert failed == ["first"]
    assert capsys.readouterr().out == "first: FAILED\nits reason\n\nsecond: passed\n"


def test_what_failed_before_the_tests_stands_above_their_closing_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "equal_locks", "tests/house/test_files.py"],
        cwd=ROOT,
        env={**os.environ, "SCHOOL_TEST_NOTES": "FAILED before the tests: deptry"},
        capture_output=True,
        text=True,
        check=False,
    )

    *_, note, closing = done.stdout.splitlines()
    assert note == "FAILED before the tests: deptry"
    assert closing.startswith("1 passed, ")
