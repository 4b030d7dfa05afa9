"""P6: the books verified whole, beside reading their rows with the driver alone. P8: a register imported."""

from __future__ import annotations

import time

from sqlalchemy import text

from school import migrations
from school.access.rules import COMMAND_LINE
from school.checks import ledger as checks
from school.db import Database
from school.intake import importing, tables
from school.ledger.models import Entry, Line
from tests import make
from tests.bench import payments
from tests.intake import files

ROWS_AT_ONCE = 5_000


def verify_ratio(database: Database) -> None:
    """Both in one run, one after the other twice; the better of each counts."""
    ours, raw = [], []
    for _ in range(2):
        raw.append(_read(database))
        began = time.process_time()
        with database.reading() as session:
            found = checks.verify(session)
        ours.append(time.process_time() - began)
        assert not found, found
    print(
        f"P6 verify {min(ours):.1f} s ÷ read {min(raw):.1f} s of processor time = {min(ours) / min(raw):.2f}"
    )


def _read(database: Database) -> float:
    """Seconds of processor time to read every column of every entry and line."""
    began = time.process_time()
    with database.reading() as session:
        driver = session.connection().connection.driver_connection
        for model in (Entry, Line):
            cursor = driver.cursor()  # type: ignore[union-attr]
            cursor.execute(f"SELECT * FROM {model.__table__.name} ORDER BY id")
            while cursor.fetchmany(ROWS_AT_ONCE):
                pass
    return time.process_time() - began


def import_seconds(engine: str, students: int) -> None:
    """A register of so many students with their opening balances, from the file to the commit."""
    rows = [
        (f"N{n:05}", f"Ann{n}", "Bench", f"Form {n % 4 + 1}", f"Mary{n} Bench", f"07{n:08}", "", f"{n}.50")
        for n in range(students)
    ]
    data = files.register(*rows)
    with payments.on_disk(engine) as database:
        migrations.migrate(database.url)
        with database.writing() as session:
            make.school(session)
        began, busy = time.perf_counter(), time.process_time()
        table = tables.read(data, "register.csv")
        with database.writing() as session:
            done = importing.apply(session, actor=COMMAND_LINE, table=table)
        took, used = time.perf_counter() - began, time.process_time() - busy
        with database.reading() as session:
            count = session.scalar(text("SELECT count(*) FROM student_balance"))
    print(f"P8 {engine}: {done.good} rows, {count} balances in {took:.1f} s ({used:.1f} s of ours)")
