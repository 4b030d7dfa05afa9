"""`python3 -m school test`: every check runs, quick ones first, and one that fails fails the whole.

pytest comes last and its closing line is the last line printed. What failed before it, and what was left out,
is passed to it in `SCHOOL_TEST_NOTES` and printed just above that line, where it is not overlooked.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from school.bootstrap.environment import PYTHON, ROOT

QUICK = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format --check": ["-m", "ruff", "format", "--check", "."],
    "mypy --strict school": ["-m", "mypy", "--strict", "school"],
    "lint-imports": ["-c", "import sys, importlinter.cli as cli; sys.exit(cli.lint_imports_command())"],
    "deptry": ["-m", "deptry", "."],
}


WORKERS_MAX = 4  # each may hold a server, a browser and its databases in memory


@dataclass(frozen=True)
class Options:
    """`pytest` are the arguments handed to it as they are."""

    browser: bool
    pytest: tuple[str, ...]
    coverage: bool = False


def options(arguments: Sequence[str]) -> Options:
    """`--without-browser` and `--coverage` are ours; all else, and whatever follows `--`, is pytest's."""
    parser = argparse.ArgumentParser(
        prog="python3 -m school test",
        usage="%(prog)s [--without-browser] [--coverage] [--] [arguments of pytest]",
        description="Runs ruff, mypy, the import contracts, deptry, and pytest.",
        allow_abbrev=False,
    )
    parser.add_argument("--without-browser", action="store_true", help="leave out what needs Chromium")
    parser.add_argument("--coverage", action="store_true", help="measure which lines the tests run")
    ours, theirs = list(arguments), []
    if "--" in ours:
        cut = ours.index("--")
        ours, theirs = ours[:cut], ours[cut + 1 :]
    known, unknown = parser.parse_known_args(ours)
    return Options(browser=not known.without_browser, coverage=known.coverage, pytest=(*unknown, *theirs))


def run(chosen: Options) -> int:
    """0 where every check passed, else 1. All of them run, so that one run tells all."""
    failed = quick(QUICK)
    notes = [f"FAILED before the tests: {', '.join(failed)}"] if failed else []
    if not chosen.browser:
        notes.append("NOT CHECKED: the pages in a real browser (--without-browser)")
    return 1 if pytest(chosen, notes) or failed else 0


def quick(checks: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of those that failed, with their own output printed; a check that passes prints one line."""
    failed = []
    for name, arguments in checks.items():
        done = subprocess.run(
            [PYTHON, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        print(f"{name}: {'FAILED' if done.returncode else 'passed'}", flush=True)
        if done.returncode:
            print(done.stdout, flush=True)
            failed.append(name)
    return failed


def pytest(chosen: Options, notes: Sequence[str]) -> int:
    command: list[str] = [str(PYTHON), "-m", "pytest"]
    if not chosen.browser:
        command += ["-m", "not browser"]
    if chosen.coverage:
        command += ["--cov", "--cov-report=term"]
    command += chosen.pytest or _side_by_side()
    environment = {**os.environ, "SCHOOL_TEST_NOTES": "\n".join(notes)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _side_by_side() -> list[str]:
    """A file's tests stay together, for they share its servers and browsers.

    Files go in their own order: sorted by how many tests they have, the slowest would come last.
    """
    workers = min((os.cpu_count() or 1) + 1, WORKERS_MAX)
    together = ["--dist", "loadfile", "--no-loadscope-reorder"]
    return ["--numprocesses", str(workers), *together] if workers > 1 else []
