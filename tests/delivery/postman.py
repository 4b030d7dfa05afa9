"""A process of its own that delivers what waits, as the server's worker does."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.synchronize import Event as Started
from threading import Event

from school import clock
from school.db import Database
from school.delivery.smtp import Mailbox
from school.delivery.worker import deliver


def deliver_all(url: str, to: Mailbox, now: datetime, ready: Started) -> None:
    database = Database(url)
    with database.reading() as session:
        session.connection()
    ready.wait()
    with clock.set_to(now):
        deliver(database, to, Event())
