"""A process that goes on with a run and comes to stand amid a chunk: posted, and not yet committed."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.fees import billing, runs
from tests import make

CHUNKS = 3


def bill(url: str, run_id: int, speaks: Connection) -> None:
    database, now = Database(url), None
    with clock.set_to(make.NOON):
        for n in range(CHUNKS):
            with database.writing() as session:
                now = billing.go_on(session, actor=COMMAND_LINE, run_id=run_id, so_far=now, students_max=2)
                _stand(speaks, n)


def take_back(url: str, run_id: int, speaks: Connection) -> None:
    database, now = Database(url), None
    with clock.set_to(make.NOON):
        for n in range(CHUNKS):
            with database.writing() as session:
                now = runs.undo_on(session, actor=COMMAND_LINE, run_id=run_id, so_far=now, entries_max=2)
                _stand(speaks, n)


def _stand(speaks: Connection, n: int) -> None:
    if n == CHUNKS - 1:
        speaks.send("amid a chunk")
        time.sleep(600)
