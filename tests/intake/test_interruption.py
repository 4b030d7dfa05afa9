"""An import is killed at any moment: all of it is in the books, or none, and the next one completes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from school.checks.ledger import verify
from school.db import Database
from school.ledger.models import Entry
from school.students.models import Student
from tests import databases, make
from tests.intake import files

ROOT = Path(__file__).resolve().parents[2]
REGISTER = files.EXAMPLES / "riverside_register.csv"
STUDENTS, OPENINGS = 620, 349
SCRIPT = """
import sys
from school.intake.importing import import_students
data = open(sys.argv[1], "rb").read()
print("begun", flush=True)
print(import_students(data, "register.csv", apply=True)["good"], flush=True)
"""


def start(database: Database) -> subprocess.Popen[str]:
    """An import in a process of its own, which says when it begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(REGISTER)],
        cwd=ROOT,
        env={**os.environ, "SCHOOL_DATABASE_URL": databases.url_text(database)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def held(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        assert verify(session) == []
        return (
            session.scalar(select(func.count()).select_from(Student)) or 0,
            session.scalar(select(func.count()).select_from(Entry)) or 0,
        )


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.8])
def test_a_killed_import_leaves_all_or_nothing_and_the_next_completes_it(
    database: Database, seconds: float
) -> None:
    with database.writing() as session:
        make.school(session, currency="GBP")
    process = start(database)

    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()

    assert held(database) in ((0, 0), (STUDENTS, OPENINGS))

    start(database).communicate()

    assert held(database) == (STUDENTS, OPENINGS)
