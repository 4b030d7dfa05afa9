"""A large school moved to PostgreSQL: seconds of each step, memory, and what came of it.

python -m tests.bench.moving --students 200000 --to postgresql://postgres@localhost/empty
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from school import migrations
from school.columns import moment_text
from school.db import Database
from school.ledger import guards, projecting
from school.ledger.bulk import CHUNK, Prepared, Writer
from school.ledger.models import Entry, Line
from school.ledger.rules import NewLine
from school.moving.move import move
from tests import make

BILLED, PAID = date(2026, 1, 5), date(2026, 2, 3)
DUE = date(2026, 1, 31)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=200_000)
    parser.add_argument("--to", required=True)
    parser.add_argument("--books", type=Path, help="keep the school in this file, or take it from there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.books or Path(folder) / "large.db"
        if not path.exists():
            fill(path, asked.students)
        print(f"{path.stat().st_size:,} bytes")
        last = [time.monotonic()]

        def hear(sentence: str) -> None:
            print(f"{time.monotonic() - last[0]:8.1f} s  {sentence}", flush=True)
            last[0] = time.monotonic()

        moved = move(f"sqlite:///{path}", asked.to, say=hear)
        hear("done")
    largest = sorted(moved.sums.items(), key=lambda item: -item[1].rows)[:8]
    print(f"{moved.rows:,} rows in {moved.seconds} s; {', '.join(f'{n} {s.rows:,}' for n, s in largest)}")
    print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def fill(path: Path, students: int) -> None:
    """Two bills, three payments and a family each."""
    migrations.migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        make.school(session)
        connection = session.connection()
        guards.remove(connection)
        driver: Any = connection.connection.driver_connection
        _people(driver, students)
        writer, entries = Writer(), _entries(students)
        while chunk := list(islice(entries, CHUNK)):
            for model, rows in zip((Line, Entry), writer.rows(chunk), strict=True):
                _add(driver, model.__tablename__, rows)
        projecting.rebuild(session)
    database.engine.dispose()


def _people(driver: Any, students: int) -> None:
    ids = range(1, students + 1)
    folk: dict[str, Callable[[int], dict[str, Any]]] = {
        "family": lambda n: {"name": f"Family {n}"},
        "guardian": lambda n: {"family_id": n, "name": f"Élodie Ng {n}", "folded": f"elodie ng {n}"},
        "student": lambda n: {
            "admission_no": f"N{n:07}",
            "name": f"Zoë{n} Ñandú",
            "sort_name": f"nandu zoe{n}",
            "class_id": 1 + n % 2,
            "family_id": n,
        },
    }
    for table, row in folk.items():
        _add(driver, table, [{"id": n, **row(n)} for n in ids])
    _add(driver, "student_guardian", [{"student_id": n, "guardian_id": n, "position": 1} for n in ids])
    words = [{"word": word, "student_id": n} for n in ids for word in ("nandu", f"zoe{n}")]
    _add(driver, "student_word", words)


def _entries(students: int) -> Iterator[Prepared]:
    request = 0
    for round_ in range(5):
        for n in range(1, students + 1):
            request += 1
            bill = round_ in (0, 2)
            lines = (
                [NewLine(n, "TUITION", 50_000 + n % 7, DUE, class_id=1 + n % 2, term_id=1),
                 NewLine(n, "TUITION", 20_000, DUE, class_id=1 + n % 2, term_id=1)]
                if bill
                else [NewLine(n, "CASH", -(10_000 + n % 11), class_id=1 + n % 2, term_id=1)]
            )  # fmt: skip
            kind, day = ("bill", BILLED) if bill else ("payment", PAID)
            yield Prepared(kind, day, make.NOON, None, "bench", f"bench-{request:08}", lines)


def _add(driver: Any, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    marks = ", ".join("?" * len(names))
    plain = ([_plain(row[name]) for name in names] for row in rows)
    driver.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", plain)


def _plain(value: Any) -> Any:
    """As SQLite keeps it."""
    if isinstance(value, datetime):
        return moment_text(value)
    return value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    main()
