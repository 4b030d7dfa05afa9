"""Figures are ratios of two things measured in one run, on this machine, now; P5 is a speed.

P1  a page at 2,000 students ÷ the same page drawn from constants
P2  the same pages at 5 million lines (128,000 students) ÷ at 2,000 students
P3  one payment committed ÷ a raw INSERT and COMMIT of as many rows
P5  the bills of 20,000 students a second, and how long cashiers wait meanwhile
P6  the books verified whole ÷ their rows read with the driver alone
P7  a thousand statements as one PDF: seconds and memory; a page of 2,000 lines ÷ one of 20
P8  seconds to import a register with opening balances
    a signed-in person's page during 10,000 wrong passwords ÷ before them
P9  cold start to the first usable page ÷ that of `streamlit hello`
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from school import migrations
from school.db import Database
from school.demo import make
from tests import databases
from tests.bench import attack, billing, payments, served, statements, whole

FOLDER = served.ROOT / "var" / "bench"
STUDENTS_A_CLASS = 40


def school_of(students: int) -> Database:
    """A school of this size with three years of books, made once and kept."""
    path = _kept(students)
    database = Database(f"sqlite:///{path}")
    if not path.exists() or not _has_entries(database):
        began = time.perf_counter()
        make.fill(database, students=students, streams=max(3, min(students // 5 // STUDENTS_A_CLASS, 60)))
        print(f"made {students} students in {time.perf_counter() - began:.0f} s")
        database.engine.dispose()  # the write-ahead log, as large as the books, moves into the file
    migrations.migrate(database.url)
    with database.reading() as session:
        lines = session.scalar(text("SELECT count(*) FROM line"))
    print(f"{students} students, {lines} lines")
    return database


def _kept(students: int) -> Path:
    return FOLDER / f"{students}.db"


def _has_entries(database: Database) -> bool:
    with database.reading() as session:
        known = session.scalar(text("SELECT count(*) FROM sqlite_schema WHERE name = 'entry'"))
        return bool(known and session.scalar(text("SELECT max(id) FROM entry")))


def pages(database: Database) -> list[tuple[str, str, str]]:
    """Who visits, which page, with which address."""
    with database.reading() as session:
        student = session.scalar(
            text("SELECT student_id FROM student_balance WHERE balance > 0 ORDER BY 1 LIMIT 1 OFFSET 20")
        )
    return [
        ("finance", "today", ""),
        ("head", "today", ""),
        ("admin", "today", ""),
        ("finance", "students", ""),
        ("finance", "student", f"student={student}"),
        ("finance", "payments", ""),
        ("finance", "payments", f"student={student}"),
        ("head", "dashboard", ""),
        ("head", "entries", ""),
        ("head", "open_charges", ""),
        ("admin", "imports", ""),
        *(("finance", page, "") for page in ("fees", "cashup", "letters", "reports", "approvals")),
        *(("admin", page, "") for page in ("users", "settings", "audit", "health")),
    ]


def rerun_times(app: str, database: Database) -> dict[tuple[str, str, str], float]:
    url = databases.url_text(database)
    with served.serving(app, url) as server:
        taken = {}
        for user, page, query in pages(database):
            token = served.token_of(database, user)
            taken[user, page, "student" if query else ""] = served.rerun_ms(server, page, query, token)
        print(f"{app}: {server.memory_mb():.0f} MB after all pages")
    return taken


def page_ratios(small: Database, large: Database | None) -> None:
    bare = rerun_times("run tests/bench/bare.py", small)
    ours = rerun_times("run app.py", small)
    big = rerun_times("run app.py", large) if large else {}
    print(f"{'ms of processor time a rerun':32}{'bare':>8}{'small':>8}{'large':>8}{'P1':>8}{'P2':>8}")
    for key, base in bare.items():
        row = f"{' '.join(key):32}{base:8.1f}{ours[key]:8.1f}"
        if big:
            row += f"{big[key]:8.1f}"
        row += f"{ours[key] / base:8.2f}" + (f"{big[key] / ours[key]:8.2f}" if big else "")
        print(row)


def payment_ratios() -> None:
    for engine in databases.ENGINES:
        with payments.on_disk(engine) as database:
            make.fill(database, students=600)
            ours, raw = payments.ratio(database)
        print(f"P3 {engine}: payment {ours:.2f} ms ÷ raw {raw:.2f} ms = {ours / raw:.2f}")


async def _first_page(server: served.Server, page: str, token: str) -> None:
    async with served.visit(server, token) as socket_:
        await served.rerun(socket_, page)


def start_ratio(database: Database) -> None:
    """From the command to the end of the first run of the first page, signed in."""
    token = served.token_of(database, "finance")
    taken: dict[str, list[float]] = {"run app.py": [], "hello": []}
    for _ in range(3):
        for app, times in taken.items():
            began = time.perf_counter()
            with served.serving(app, databases.url_text(database)) as server:
                asyncio.run(_first_page(server, "", token if app != "hello" else ""))
                times.append(time.perf_counter() - began)
    ours, hello = min(taken["run app.py"]), min(taken["hello"])
    print(f"P9 cold start: ours {ours:.2f} s ÷ hello {hello:.2f} s = {ours / hello:.2f}")


def attack_ratio(students: int, tries: int) -> None:
    """On a copy: an attack leaves its attempts in the books."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        path = Path(folder) / "attacked.db"
        with sqlite3.connect(_kept(students)) as kept, sqlite3.connect(path) as copy:
            kept.backup(copy)
        database = Database(f"sqlite:///{path}")
        url, token = databases.url_text(database), served.token_of(database, "finance")
        with served.serving("run app.py", url) as server, served.serving("run app.py", url) as beside:
            attack.compare(server, beside, token, "today", tries)


def _billing(chosen: argparse.Namespace) -> None:
    for engine in databases.ENGINES:
        billing.report(engine, chosen.billed)


def _imports(chosen: argparse.Namespace) -> None:
    for engine in databases.ENGINES:
        whole.import_seconds(engine, chosen.imported)


def _statements(chosen: argparse.Namespace) -> None:
    statements.thousand(school_of(chosen.small))
    statements.long_account()


def _pages(chosen: argparse.Namespace) -> None:
    page_ratios(school_of(chosen.small), school_of(chosen.large) if chosen.large else None)


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "payments": lambda _: payment_ratios(),
    "billing": _billing,
    "import": _imports,
    "verify": lambda chosen: whole.verify_ratio(school_of(chosen.large or chosen.small)),
    "statements": _statements,
    "start": lambda chosen: start_ratio(school_of(chosen.small)),
    "attack": lambda chosen: attack_ratio(chosen.small, chosen.tries),
    "pages": _pages,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=int, default=2_000, help="students of the small school")
    parser.add_argument(
        "--large", type=int, default=128_000, help="students of the large school; 0 leaves it out"
    )
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--billed", type=int, default=20_000, help="students of the billing run")
    parser.add_argument("--imported", type=int, default=10_000, help="students of the register")
    parser.add_argument("--tries", type=int, default=10_000, help="wrong passwords of the attack")
    chosen = parser.parse_args()
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    for part, measure in PARTS.items():
        if chosen.only in (None, part):
            measure(chosen)


if __name__ == "__main__":
    main()
