"""A thousand statements on paper, in a process of their own; and the page of an account of 2,000 lines."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from school import clock, migrations
from school.db import Database
from school.documents.statement import statements_pdf
from school.ledger.service import ChargeItem
from school.reports import recipients, statements
from school.students import queries as students
from tests import databases, make, people
from tests.bench import served

LETTERS = 1_000


def print_thousand(url: str) -> None:
    """What this year brought, for the first thousand; then: seconds, letters, peak megabytes, file size."""
    database = Database(url)
    began = time.perf_counter()
    with database.reading() as session:
        year = students.years(session)[-1]
        ids = recipients.of_students(session).ids[:LETTERS]
        pdf = statements_pdf(statements.student_statements(session, ids, year.starts_on))
    seconds = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.1f} s, {time.process_time():.1f} s of processor time, {most:.0f} MB at most")
    print(f"{len(ids)} statements in {len(pdf) / 2**20:.1f} MB")


def thousand(database: Database) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.statements", databases.url_text(database)],
        capture_output=True,
        text=True,
        check=True,
    )
    print(f"P7 {' · '.join(told.stdout.splitlines())}")


def long_account() -> None:
    """The page of an account of 2,000 lines, all but the newest paid, ÷ that of one of 20."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'long.db'}", create=True)
        migrations.migrate(database.url)
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            short, long = (make.student(session, name) for name in ("Short", "Long"))
            _account(session, short, bills=1)
            _account(session, long, bills=100)
        token = served.token_of(database, "finn")
        taken = {}
        with served.serving("run app.py", databases.url_text(database)) as server:
            for student_id in (short, long, short, long):
                ms = served.rerun_ms(server, "student", f"student={student_id}", token)
                taken[student_id] = min(ms, taken.get(student_id, ms))
        ratio = taken[long] / taken[short]
        print(f"2,000 lines {taken[long]:.1f} ms ÷ 20 lines {taken[short]:.1f} ms = {ratio:.2f}")


def _account(session: Session, student_id: int, *, bills: int) -> None:
    """So many bills of 18 charges, each paid in two payments."""
    for n in range(bills):
        day = clock.now().date() - timedelta(days=3 * (bills - n))
        make.bill(session, student_id, *[ChargeItem("MEALS", 100, day)] * 18, on=day)
        for _ in range(2):
            make.pay(session, student_id, 900, on=day)


if __name__ == "__main__":
    print_thousand(sys.argv[1])
