"""A process that takes payments one after the other until it is killed, and says which it has committed."""

from __future__ import annotations

import itertools
from multiprocessing.connection import Connection

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service as ledger
from school.ledger.service import Share, TenderPart
from tests import make

SHARE = 5_00


def take_payments(url: str, students: tuple[int, int], name: str, acknowledge: Connection) -> None:
    """A payment for both students under `name-0`, `name-1`, …, each acknowledged after its commit."""
    database = Database(url)
    with clock.set_to(make.NOON):
        for n in itertools.count():
            request = f"{name}-{n:05d}"
            with database.writing() as session:
                ledger.record_payment(
                    session,
                    actor=COMMAND_LINE,
                    request_id=request,
                    shares=[Share(student, SHARE) for student in students],
                    tenders=[TenderPart("CASH", 2 * SHARE)],
                )
            acknowledge.send(request)
