"""What the accountant wrote by hand is what our own reads say, as at each of three dates.

`expected.json` is what hledger computed from `hand.journal`; nothing of ours made either file.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from school.ledger import queries
from school.reports import ageing, dashboard
from tests.ledger import hand_school

EXPECTED: dict[str, Any] = json.loads((Path(__file__).parent / "example/expected.json").read_text())
BUCKETS = {
    "not due": "not_due",
    "1-30": "days_1_30",
    "31-60": "days_31_60",
    "61-90": "days_61_90",
    "over 90": "over_90",
}
DATES = pytest.mark.parametrize("as_at", sorted(EXPECTED))


Told = tuple[Session, dict[str, int]]


def minor(major: str) -> int:
    return int(Decimal(major) * 100)


@DATES
def test_balances_are_the_accountants(told: Told, as_at: str) -> None:
    session, ids = told
    found = {no: queries.balance(session, i, as_at=date.fromisoformat(as_at)) for no, i in ids.items()}

    assert {no: balance for no, balance in found.items() if balance} == EXPECTED[as_at]["students"]


@DATES
def test_open_charges_and_credits_are_the_accountants(told: Told, as_at: str) -> None:
    head = {code: name for name, code in hand_school.HEADS.items()}
    found: dict[str, int] = {}

    session, ids = told
    for no, student_id in ids.items():
        for item in queries.open_charges(session, student_id, as_at=date.fromisoformat(as_at)):
            found[f"{no}:{item.due_date} {head[item.account]}"] = item.open
        credit = queries.summary(session, student_id, as_at=date.fromisoformat(as_at)).credit
        found |= {f"{no}:credit": -credit} if credit else {}

    assert found == {name: minor(open_) for name, open_ in EXPECTED[as_at]["open_items"].items()}


@DATES
def test_ageing_is_the_accountants(told: Told, as_at: str) -> None:
    expected = EXPECTED[as_at]["aging"]

    session, _ = told
    found = ageing.ageing(session, as_at=date.fromisoformat(as_at))

    assert {name: getattr(found, bucket) for name, bucket in BUCKETS.items()} == {
        name: expected.get(name, 0) for name in BUCKETS
    }
    assert -found.credit == expected.get("credit", 0)


@DATES
def test_the_rows_behind_each_age_add_up_to_it(told: Told, as_at: str) -> None:
    day = date.fromisoformat(as_at)

    session, _ = told
    whole = ageing.ageing(session, as_at=day)
    pages = {bucket: ageing.charges(session, bucket=bucket, as_at=day) for bucket in ageing.BUCKETS}
    overdue = ageing.charges(session, bucket="overdue", as_at=day)
    everything = ageing.charges(session, as_at=day)

    for bucket, page in pages.items():
        assert page.total == getattr(whole, bucket) == sum(row.open for row in page.rows)
        assert {ageing.bucket_of(row.days_overdue) for row in page.rows} <= {bucket}
    assert overdue.total == whole.overdue
    assert everything.total == whole.open_total
    assert everything.matches == len(everything.rows) == sum(page.matches for page in pages.values())


@DATES
def test_the_trial_balance_is_the_accountants(told: Told, as_at: str) -> None:
    expected = {name: minor(amount) for name, amount in EXPECTED[as_at]["trial_balance"].items()}
    codes = hand_school.ACCOUNTS | {"Assets:Students (1200)": "1200"}

    session, _ = told
    rows = dashboard.trial_balance(session, as_at=date.fromisoformat(as_at))

    assert {row.account: row.amount for row in rows} == {
        codes[name]: amount for name, amount in expected.items()
    }
    assert sum(row.amount for row in rows) == 0


@DATES
def test_what_each_tender_took_until_then_is_the_accountants(told: Told, as_at: str) -> None:
    books = EXPECTED[as_at]["trial_balance"]
    expected = {code: minor(books[name]) for name, code in hand_school.ACCOUNTS.items() if name in books}

    session, _ = told
    rows = dashboard.takings(session, since=date(2026, 1, 1), until=date.fromisoformat(as_at))

    found = {row.account: row.amount for row in rows if row.amount}
    assert found == {
        code: expected[code] for code in ("CASH", "CHEQUE", "MOBILE", "BANK") if code in expected
    }


def test_the_cash_up_of_a_day_is_what_came_and_went_that_day(told: Told) -> None:
    session, _ = told
    days = {
        day: {row.account: row.amount for row in dashboard.takings(session, since=day, until=day)}
        for day in (date(2026, 1, 20), date(2026, 2, 3), date(2026, 2, 12))
    }

    assert list(days.values()) == [{"CASH": 1500_00}, {"CHEQUE": -600_00}, {"CASH": -50_00}]


@pytest.mark.parametrize("day", ["2025-12-31", "2026-01-05", "2026-01-28", "2026-02-15", "2026-03-09"])
def test_the_figures_of_a_past_day_agree_with_each_student(told: Told, day: str) -> None:
    as_at = date.fromisoformat(day)

    session, ids = told
    each = [queries.summary(session, student_id, as_at=as_at) for student_id in ids.values()]
    figures = dashboard.figures(session, as_at=as_at)

    assert figures.owed == sum(max(0, one.balance) for one in each)
    assert figures.credit == sum(one.credit for one in each)
    assert figures.due == sum(one.due for one in each)
    assert figures.overdue == sum(one.overdue for one in each)
    assert figures.owing == sum(one.balance > 0 for one in each)
    assert all(one.open_total - one.credit == one.balance for one in each)
