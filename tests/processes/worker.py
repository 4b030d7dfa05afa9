"""What a process of its own does in these tests, from the moment all of them are ready."""

from __future__ import annotations

import threading
from multiprocessing import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from school import clock, migrations
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service as ledger
from school.ledger.service import Share, TenderPart
from tests import make

AMOUNT = 5_00


def migrate(url: str, ready: Barrier, said: Queue[Any]) -> None:
    ready.wait()
    try:
        migrations.migrate(url)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is for the test to tell
        said.put(repr(error))
    else:
        said.put(None)


def pay(url: str, students: list[int], names: list[list[str]], ready: Barrier, said: Queue[Any]) -> None:
    """A cashier for each list of request ids, all at once; says the ids and the receipts, or what failed."""
    database = Database(url)
    answers: list[Any] = []

    def cashier(number: int) -> None:
        for name in names[number]:
            try:
                with database.writing() as session:
                    posted = ledger.record_payment(
                        session,
                        actor=COMMAND_LINE,
                        request_id=name,
                        shares=[Share(students[number % len(students)], AMOUNT)],
                        tenders=[TenderPart("CASH", AMOUNT)],
                    )
                answers.append((name, posted.document))
            except Exception as error:  # noqa: BLE001 - as above
                answers.append((name, repr(error)))

    with database.reading() as session:
        session.connection()
    ready.wait()
    threads = [threading.Thread(target=cashier, args=(number,)) for number in range(len(names))]
    with clock.set_to(make.NOON):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    database.engine.dispose()
    said.put(answers)
