"""The term an accountant wrote by hand comes out the same: balances, open charges and trial balance.

`expected.json` is what hledger computed from `hand.journal`; nothing of ours made either file.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from school.db import Database
from school.ledger.models import Entry, Line
from school.ledger.projections import DayTotal, OpenItem, StudentBalance
from tests.ledger import hand_school

EXPECTED: dict[str, Any] = json.loads((Path(__file__).parent / "example/expected.json").read_text())
LAST = "2026-03-15"


def minor(major: str) -> int:
    return int(Decimal(major) * 100)


def test_every_balance_is_the_accountants(database: Database) -> None:
    ids = hand_school.tell(database)

    with database.reading() as session:
        rows = session.execute(select(StudentBalance.student_id, StudentBalance.balance)).all()

    balances = {no: dict(map(tuple, rows))[id_] for no, id_ in ids.items()}
    assert {no: balance for no, balance in balances.items() if balance} == EXPECTED[LAST]["students"]


def test_every_open_charge_is_the_accountants(database: Database) -> None:
    ids = hand_school.tell(database)
    number = {id_: no for no, id_ in ids.items()}
    head = {code: name for name, code in hand_school.HEADS.items()}

    with database.reading() as session:
        rows = session.execute(
            select(OpenItem.student_id, OpenItem.due_date, Line.account, OpenItem.open).join(
                Line, Line.id == OpenItem.line_id
            )
        ).all()

    found = {f"{number[row.student_id]}:{row.due_date} {head[row.account]}": row.open for row in rows}
    wanted = {name: minor(open_) for name, open_ in EXPECTED[LAST]["open_items"].items()}
    assert found == {name: open_ for name, open_ in wanted.items() if open_ > 0}


@pytest.mark.parametrize("as_at", sorted(EXPECTED))
def test_the_trial_balance_is_the_accountants(database: Database, as_at: str) -> None:
    hand_school.tell(database)
    totals: dict[str, int] = {}

    with database.reading() as session:
        for row in session.execute(
            select(DayTotal).where(DayTotal.date <= date.fromisoformat(as_at))
        ).scalars():
            totals[row.account] = totals.get(row.account, 0) - row.amount  # the account's side of each line

    expected = {name: minor(amount) for name, amount in EXPECTED[as_at]["trial_balance"].items()}
    students = expected.pop("Assets:Students (1200)")
    found = {name: totals.get(code, 0) for name, code in hand_school.ACCOUNTS.items()}
    assert {name: amount for name, amount in found.items() if amount} == expected
    assert -sum(totals.values()) == students
    assert totals.get("CLEAR", 0) == 0


def test_the_story_has_nineteen_entries_and_six_documents(database: Database) -> None:
    hand_school.tell(database)

    with database.reading() as session:
        documents = session.execute(
            select(Entry.series, Entry.no).where(Entry.series.is_not(None)).order_by(Entry.id)
        ).all()
        last = session.scalars(select(Entry.id).order_by(Entry.id.desc())).first()

    assert last == 19
    assert [f"{series}-{no}" for series, no in documents] == ["R-1", "R-2", "R-3", "R-4", "F-1", "R-5"]
