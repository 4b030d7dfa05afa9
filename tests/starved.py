"""A process that takes payments while its disk gives nothing more, or while its file is not its own.

`starved.py URL STUDENT full|foreign COUNT`: prints as JSON what each payment met, what can still be read, and
whether the program knows that the books take no entries.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from school.db import Database
from school.errors import SchoolError
from school.ledger import queries
from tests import make

NOBODY = 65534


def main(url: str, student_id: int, how: str, count: int) -> None:
    database = Database(url)
    assert database.path
    if how == "full":
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        largest = database.path.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    elif os.geteuid() == 0:  # the superuser may write any file
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    met = [attempt(database, student_id, n) for n in range(count)]
    with database.reading() as session:
        balance = queries.balance(session, student_id)
    told = {"met": met, "balance": balance, "read_only": not database.takes_entries()}
    sys.stdout.write(json.dumps(told))


def attempt(database: Database, student_id: int, n: int) -> str:
    try:
        with database.writing() as session:
            make.pay(session, student_id, 100, request=f"starved-{n}")
    except SchoolError as error:
        return type(error).__name__
    return "recorded"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
