"""Reports agree with one another, with the dashboard, and with other programs that re-add the books."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from school import clock, money
from school.checks import ledger as checks
from school.db import Database
from school.ledger import queries as ledger
from school.ledger.models import STUDENTS_CONTROL
from school.reports import ageing, collections, dashboard, day_book, debtors, exports, movements
from school.reports.exports import naming
from school.students import queries as students
from tests import databases
from tests.ledger import hand_school

UNIT = money.currency("USD")
END = hand_school.END.date()
PERIODS = {
    "the whole story": (date(2026, 1, 1), END),
    "a month": (date(2026, 2, 1), date(2026, 2, 28)),
    "a day": (date(2026, 3, 5), date(2026, 3, 5)),
    "a day without entries": (date(2026, 3, 4), date(2026, 3, 4)),
}
DAYS = [None, date(2026, 1, 31), date(2026, 2, 10), date(2025, 12, 1)]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def told(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The accountant's term: every kind of entry, a refund and a reversed cheque among them."""
    with databases.fresh(request.param) as database, clock.set_to(hand_school.END):
        hand_school.tell(database)
        yield database


@pytest.fixture
def books(told: Database) -> Iterator[Session]:
    with told.reading() as session:
        yield session


def holdings(session: Session, as_at: date) -> dict[str, int]:
    return {row.account: row.amount for row in movements.trial_balance(session, as_at=as_at)}


@pytest.mark.parametrize(("since", "until"), PERIODS.values(), ids=PERIODS)
def test_the_day_book_comes_to_what_the_trial_balance_moved_and_the_tenders_took(
    books: Session, since: date, until: date
) -> None:
    found = day_book.totals(books, since=since, until=until)
    before, after = holdings(books, since - timedelta(days=1)), holdings(books, until)
    taken = movements.takings(books, since=since, until=until)

    assert found.sides.moved == after[STUDENTS_CONTROL] - before[STUDENTS_CONTROL]
    assert found.sides.money_in - found.sides.money_out == sum(row.amount for row in taken)
    moved = {code: after.get(code, 0) - before.get(code, 0) for code in {*before, *after}}
    assert {row.account: -row.amount for row in found.accounts} == {
        code: amount for code, amount in moved.items() if amount and code != STUDENTS_CONTROL
    }


def test_the_rows_of_the_day_book_stand_in_order_and_add_up_to_its_totals(
    books: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_book, "ROWS_AT_ONCE", 4)
    period = {"since": date(2026, 1, 1), "until": END}

    rows = list(day_book.every(books, **period))

    totals = day_book.totals(books, **period)
    assert [(row.date, row.entry_id) for row in rows] == sorted((row.date, row.entry_id) for row in rows)
    assert len(rows) == totals.entries == ledger.last_entry(books)
    assert rows == [row for at in (0, 7, 14) for row in day_book.page(books, **period, limit=7, offset=at)]
    for side in ("charges", "credits", "money_in", "money_out"):
        assert sum(getattr(row.sides, side) for row in rows) == getattr(totals.sides, side)


def test_money_in_and_out_stand_apart_from_what_moves_no_money(books: Session) -> None:
    found = day_book.totals(books, since=date(2026, 2, 1), until=date(2026, 2, 28))
    sides = {(row.kind, row.original): row.sides for row in found.kinds}

    assert sides["payment", None] == day_book.Sides(0, 0, 200_00, 0)
    assert sides["refund", None] == day_book.Sides(0, 0, 0, 50_00)
    assert sides["reversal", "payment"] == day_book.Sides(0, 0, 0, 600_00)
    assert sides["late_fee", None] == day_book.Sides(25_00, 0, 0, 0)
    assert sides["write_off", None] == day_book.Sides(0, 150_00, 0, 0)
    assert sides["transfer", None] == day_book.Sides(0, 0, 0, 0)


@pytest.mark.parametrize("as_at", DAYS)
@pytest.mark.parametrize("by", debtors.BY)
def test_aged_debtors_come_to_the_ageing_and_to_what_students_owe(
    books: Session, by: str, as_at: date | None
) -> None:
    page = debtors.page(books, by=by, as_at=as_at)

    rows = [*debtors.every(books, by=by, order="balance", as_at=as_at, class_id=None)]
    assert page.whole == ageing.ageing(books, as_at=as_at)
    assert page.rows == rows
    assert page.matches == len(rows)
    assert sum(row.balance for row in rows) == holdings(books, as_at or END)[STUDENTS_CONTROL]
    for bucket in (*ageing.BUCKETS, "credit"):
        assert sum(getattr(row, bucket) for row in rows) == getattr(page.whole, bucket)


def test_a_debtor_is_aged_since_the_oldest_open_charge_and_in_the_order_asked_for(books: Session) -> None:
    found = {order: debtors.page(books, by="student", order=order).rows for order in debtors.ORDERS}
    by_number = {row.detail: row for row in found["name"]}

    assert by_number["S003"].since == date(2026, 1, 31)
    assert by_number["S003"].overdue == 1025_00
    assert [row.name for row in found["name"]] == sorted(row.name for row in found["name"])
    assert [row.balance for row in found["balance"]] == sorted(
        (row.balance for row in found["balance"]), reverse=True
    )
    dates = [row.since for row in found["oldest"] if row.since]
    assert dates == sorted(dates)


def test_collections_are_the_dashboards_by_date_and_by_term(books: Session) -> None:
    since, until = date(2026, 1, 1), END
    taken = sum(row.amount for row in movements.takings(books, since=since, until=until))

    for step in ("day", "month"):
        steps = collections.steps(books, since=since, until=until, step=step)
        assert sum(one.collected for one in steps) == taken
    for one in collections.by_term(books, students.terms(books)):
        assert one.term is not None
        figures = dashboard.figures(books, term_id=one.term.id)
        assert (one.billed, one.conceded) == (figures.billed, figures.conceded)
        assert one.collected == figures.collected


def test_what_became_of_the_charges_is_what_is_open_of_them(books: Session) -> None:
    heads = {row.account: row for row in collections.fee_heads(books, since=date(2026, 1, 1), until=END)}
    owed = debtors.page(books, by="class").whole.open_total

    assert sum(row.open for row in heads.values()) == owed
    assert heads["LATE"].charged == heads["LATE"].open == 25_00
    assert heads["TUITION"].charged == 4800_00
    assert heads["TUITION"].taken_off == 100_00
    assert all(row.settled >= 0 for row in heads.values())


def test_the_books_that_agree_here_agree_with_themselves(books: Session) -> None:
    assert checks.verify(books, deep=True) == []


def journal(session: Session, form: str) -> str:
    out = io.StringIO()
    exports.write(session, form, out)
    return out.getvalue()


def by_name(session: Session) -> dict[str, Decimal]:
    """The trial balance in major units, by the names the journals use."""
    names = naming.account_names(ledger.accounts(session)) | {STUDENTS_CONTROL: naming.STUDENTS}
    rows = movements.trial_balance(session, as_at=END)
    return {names[row.account]: money.major(row.amount, UNIT) for row in rows if row.amount}


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
def test_hledger_comes_to_the_same_trial_balance(books: Session, tmp_path: Path) -> None:
    (tmp_path / "books.journal").write_text(journal(books, "hledger"), encoding="utf-8")
    asked = ["balance", "-2", "--flat", "-O", "csv", "-N", "cur:USD"]
    done = subprocess.run(
        ["hledger", "-f", "books.journal", *asked], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    _, *rows = csv.reader(io.StringIO(done.stdout))

    assert {account: Decimal(amount.split()[0]) for account, amount in rows} == by_name(books)


def test_beancount_comes_to_the_same_trial_balance(books: Session) -> None:
    from beancount import loader
    from beancount.core import data

    entries, errors, _ = loader.load_string(journal(books, "beancount"))
    found: dict[str, Decimal] = {}
    for posting in (p for e in entries if isinstance(e, data.Transaction) for p in e.postings):
        account = ":".join(posting.account.split(":")[:2])
        found[account] = found.get(account, Decimal(0)) + posting.units.number

    assert errors == []
    assert {account: amount for account, amount in found.items() if amount} == by_name(books)
