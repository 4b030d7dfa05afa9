"""What watching costs: each piece alone, beside what it is around. `python3 -m tests.bench.observed`."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from school import log
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.demo import make
from school.ledger import service, telling
from school.ledger.service import Share, TenderPart
from school.monitoring import exposition
from school.ui import observed
from tests.bench import payments
from tests.pages import opening

ROUNDS = 20
PAYMENTS_A_ROUND = 25
OFTEN = 5_000


def payment(database: Database) -> tuple[float, float]:
    """Processor milliseconds of a payment that nobody counts or tells of, and of one as it is; in turn."""
    quiet = patch.multiple(telling, entry_posted=lambda *_: None)
    before, now = [], []
    for _ in range(ROUNDS):
        with quiet:
            before.append(_paid(database, service.record_payment.__wrapped__))  # type: ignore[attr-defined]
        now.append(_paid(database, service.record_payment))
    return min(before), min(now)


def _paid(database: Database, record: Callable[..., object]) -> float:
    began = time.process_time()
    for n in range(PAYMENTS_A_ROUND):
        with database.writing() as session:
            record(
                session,
                actor=COMMAND_LINE,
                request_id=str(uuid.uuid4()),
                shares=[Share(1 + n, 100)],
                tenders=[TenderPart("CASH", 100)],
            )
    return (time.process_time() - began) / PAYMENTS_A_ROUND * 1000


def run() -> float:
    """Microseconds around one run of a page."""
    began = time.process_time()
    for _ in range(OFTEN):
        with observed.run() as seen:
            seen.page = "today"
    return (time.process_time() - began) / OFTEN * 1e6


def request() -> float:
    """Microseconds around one request."""

    async def answer(_scope: object, _receive: object, send: Callable[..., object]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[misc]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[misc]

    async def nothing(*_: object) -> None:
        return None

    async def many(app: Callable[..., object]) -> float:
        began = time.process_time()
        for _ in range(OFTEN):
            await app({"type": "http", "path": "/", "headers": []}, nothing, nothing)  # type: ignore[misc]
        return (time.process_time() - began) / OFTEN * 1e6

    return asyncio.run(many(observed.Observed(answer))) - asyncio.run(many(answer))  # type: ignore[arg-type]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, payments.on_disk("sqlite") as database:
        os.environ["SCHOOL_LOG_FILE"] = str(Path(folder) / "school.log")
        make.fill(database, students=300)
        with opening.program_on(database):
            log.start()
            before, now = payment(database)
            print(f"a payment: {before:.3f} ms untold, {now:.3f} ms told, ratio {now / before:.3f}")
            print(f"around a run of a page: {run():.0f} µs; around a request: {request():.0f} µs")
            exposition.everything("")
            began = time.process_time()
            exposition.everything("")
            print(f"/metrics, the books read moments ago: {(time.process_time() - began) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
