"""What every test run shares."""

from __future__ import annotations

import os

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What failed or was left out before pytest began stands just above its closing line."""
    for note in os.environ.get("SCHOOL_TEST_NOTES", "").splitlines():
        terminalreporter.write_line(note, red=True, bold=True)
