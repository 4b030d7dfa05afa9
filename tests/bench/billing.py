"""P5: how many students are billed a second, and how long cashiers wait meanwhile."""

from __future__ import annotations

import gc
import statistics
import threading
import time
import uuid
from datetime import date

from school import migrations
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.fees import billing, runs, service
from school.fees.bills import Told
from school.ledger import service as ledger
from school.students import queries
from school.students import service as students
from school.students.service import NewStudent
from tests import make
from tests.bench import payments

HEADS = {"TUITION": 100_000, "MEALS": 20_000, "ACTIVITIES": 5_000}
CASHIERS, BETWEEN_S = 3, 0.1


def school(database: Database, students_count: int) -> Told:
    """Students of one class, each to be charged on three fee heads."""
    migrations.migrate(database.url)
    with database.writing() as session:
        make.school(session)
        class_id = queries.classes(session)[0].id
        year_id = queries.years(session)[0].id
        for account, amount in HEADS.items():
            service.set_fee_head(session, actor=COMMAND_LINE, account=account)
            service.set_fee(
                session, actor=COMMAND_LINE, year_id=year_id, account=account, amount_minor=amount
            )
        rows = [
            NewStudent(f"B{n:06}", f"Ann{n:06}", "Bench", class_id=class_id) for n in range(students_count)
        ]
        students.add_students(session, actor=COMMAND_LINE, rows=rows)
        return Told(queries.terms(session)[0].id, date(2026, 3, 20), date(2026, 4, 1))


def measure(engine: str, students_count: int, *, chunk: int = 0) -> tuple[float, list[float]]:
    """Students billed a second, in chunks as the page posts them unless told, and the seconds that each
    payment beside the run took to its commit.
    """
    with payments.on_disk(engine) as database:
        told = school(database, students_count)
        if engine == "postgresql":
            with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ANALYZE student, student_balance, enrolment")  # what is not empty
        waits: list[float] = []
        over = threading.Event()
        cashiers = [
            threading.Thread(target=_pay, args=(database, students_count, n, over, waits))
            for n in range(CASHIERS)
        ]
        for cashier in cashiers:
            cashier.start()
        try:
            taken = _run(database, told, chunk)
        finally:
            over.set()
            for cashier in cashiers:
                cashier.join()
        return students_count / taken, waits


def _run(database: Database, told: Told, chunk: int) -> float:
    gc.collect()
    gc.freeze()  # as the server does once it is warm
    with database.writing() as session:
        run_id = billing.begin(session, actor=COMMAND_LINE, request_id=str(uuid.uuid4()), told=told)
    now, pace, began = None, runs.Pace(), time.perf_counter()
    while now is None or not now.is_finished:
        with database.writing() as session, pace.chunk(session) as size:
            now = billing.go_on(
                session, actor=COMMAND_LINE, run_id=run_id, so_far=now, students_max=chunk or size
            )
    return time.perf_counter() - began


def _pay(database: Database, students_count: int, n: int, over: threading.Event, waits: list[float]) -> None:
    while not over.wait(BETWEEN_S):
        n = (n + 7919) % students_count
        began = time.perf_counter()
        with database.writing() as session:
            ledger.record_payment(
                session,
                actor=COMMAND_LINE,
                request_id=str(uuid.uuid4()),
                shares=[ledger.Share(1 + n, 100)],
                tenders=[ledger.TenderPart("CASH", 100)],
            )
        waits.append(time.perf_counter() - began)


def report(engine: str, students_count: int, *, chunk: int = 0) -> None:
    speed, waits = measure(engine, students_count, chunk=chunk)
    p95 = statistics.quantiles(waits, n=20)[-1] * 1000 if len(waits) > 1 else 0
    print(
        f"P5 {engine}: {students_count} students × {len(HEADS)} lines, {speed:,.0f} students a second; "
        f"{len(waits)} payments beside, p95 {p95:.0f} ms, slowest {max(waits) * 1000:.0f} ms"
    )
