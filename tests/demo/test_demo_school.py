"""The demo school looks like life, its books agree, and other programs add them up to the same balances."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from school import clock
from school.checks.ledger import verify
from school.db import Database
from school.demo import make
from school.errors import RuleBroken
from school.ledger import bulk
from school.reports import exports
from tests import databases

NOVEMBER = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with databases.fresh(request.param, tmp_path_factory.mktemp("demo")) as database:
        with clock.set_to(NOVEMBER):
            make.fill(database)
        yield database


def counted(database: Database, statement: str) -> dict[str, int]:
    with database.reading() as session:
        return {str(name): int(count) for name, count in session.execute(text(statement))}


def test_its_books_agree(demo: Database) -> None:
    with demo.reading() as session:
        assert verify(session) == []


def test_it_is_a_school_of_six_hundred_in_fifteen_classes_and_nine_terms(demo: Database) -> None:
    statuses = counted(demo, "SELECT status, count(*) FROM student GROUP BY status")
    classes = counted(
        demo, "SELECT class_id, count(*) FROM student WHERE status = 'enrolled' GROUP BY class_id"
    )
    terms = counted(demo, "SELECT term_id, count(*) FROM line WHERE term_id IS NOT NULL GROUP BY term_id")

    assert statuses["enrolled"] == 600
    assert statuses["left"] > 30
    assert len(classes) == 15
    assert all(20 <= count <= 60 for count in classes.values())
    assert len(terms) == 9


def test_it_holds_what_a_bursar_meets(demo: Database) -> None:
    kinds = counted(demo, "SELECT kind, count(*) FROM entry GROUP BY kind")
    owing = counted(
        demo,
        "SELECT CASE WHEN balance > 0 THEN 'owes' WHEN balance < 0 THEN 'credit' ELSE 'settled' END, count(*)"
        " FROM student_balance GROUP BY 1",
    )
    families = counted(demo, "SELECT family_id, count(*) FROM student GROUP BY family_id")
    tenders = counted(
        demo,
        "SELECT account, count(*) FROM line JOIN account ON code = account"
        " WHERE type = 'tender' GROUP BY account",
    )

    assert min(kinds[kind] for kind in ("opening", "late_fee", "reversal")) >= 5
    assert min(kinds[kind] for kind in ("bill", "payment", "concession")) > 1_000
    assert min(owing.values()) > 20
    assert Counter(families.values())[2] > 50
    assert len(tenders) == 5
    decided = counted(demo, "SELECT coalesce(decision, 'waits'), count(*) FROM approval GROUP BY 1")
    assert decided == {"approved": 1, "refused": 1, "waits": 1}
    shares = counted(demo, "SELECT share_bp, count(*) FROM family_payer GROUP BY 1")
    assert shares["6000"] == shares["4000"] > 5


def test_nothing_in_it_is_dated_after_today(demo: Database) -> None:
    with demo.reading() as session:
        last_day, last_moment = session.execute(text("SELECT max(date), max(at) FROM entry")).one()

    assert str(last_day) <= "2026-11-23"
    assert last_moment <= "2026-11-23T09:00:00.000000Z"


def test_the_same_day_gives_the_same_school(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with databases.fresh("sqlite", tmp_path / name) as database, clock.set_to(NOVEMBER):
            make.fill(database, students=40)
            with database.reading() as session:
                hashes.append(session.scalar(text("SELECT hash FROM entry ORDER BY id DESC LIMIT 1")))

    assert hashes[0] == hashes[1]


def test_nothing_is_loaded_past_the_guards_into_books_with_entries(demo: Database) -> None:
    with pytest.raises(RuleBroken, match="entries already"), demo.writing() as session:
        bulk.load(session, [])


def test_every_start_has_its_own_passwords(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"

    first, second = (make.demo_school(path, say=lambda _: None) for _ in range(2))

    assert [user.name for user in first] == [user.name for user in second]
    assert not {user.password for user in first} & {user.password for user in second}


def test_hledger_and_beancount_add_up_every_student_s_balance_as_we_do(
    demo: Database, tmp_path: Path
) -> None:
    ours = {
        no: balance
        for no, balance in counted(
            demo, "SELECT admission_no, balance FROM student JOIN student_balance ON student_id = id"
        ).items()
        if balance
    }
    for form in ("hledger", "beancount"):
        with (tmp_path / f"books.{form}").open("w", encoding="utf-8") as stream, demo.reading() as session:
            exports.write(session, form, stream)

    checked = subprocess.run(
        [
            shutil.which("bean-check") or Path(sys.executable).with_name("bean-check"),
            tmp_path / "books.beancount",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    balances = subprocess.run(
        [
            "hledger",
            "-f",
            tmp_path / "books.hledger",
            "balance",
            "Assets:Students",
            "--flat",
            "-N",
            "-O",
            "csv",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    rows = list(csv.reader(io.StringIO(balances.stdout)))[1:]
    theirs = {name.rpartition(":")[2]: round(float(amount.split()[0]) * 100) for name, amount in rows}
    assert theirs == ours
