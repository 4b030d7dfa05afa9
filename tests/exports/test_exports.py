"""Other programs accept the whole ledger, re-add it, and come to our balances, whatever people have typed."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from school import clock, money
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service
from school.ledger.models import Entry
from school.ledger.projections import StudentBalance
from school.ledger.queries import AccountFacts
from school.ledger.service import Share, TenderPart
from school.reports import exports
from school.reports.exports import beancount, hledger, naming
from school.students.models import Student
from tests import databases, make
from tests.ledger import hand_school

HOSTILE = [
    'quote " and \\ backslash',
    "first line\nsecond line\r\n2026-01-01 * injected\n  Assets:Cash  1 USD",
    "; a comment, date:2020-01-01 [2020-01-01] | payee",
    '=HYPERLINK("http://x")',
    "Łukasz Ñandú 王小明 محمد 😀 e\u0301",
    "tab\there \x0b \x85 \u2028 end",
    "%3A {curly} (round) [square] #tag ^link !",
]
NUMBERS = [
    "S001",
    "adm/2026/1",
    "2026-01-005",
    "A B",
    "a:b;c",
    'x"y',
    "-u2f-",
    "X-u2f-1",
    "é1",
    "٣٣",
    "A  B",
    "%3A",
]

hledger_installed = pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def hostile(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The accountant's term, and students whose numbers, names, payers and reasons mean harm."""
    with databases.fresh(request.param) as database:
        hand_school.tell(database)
        with clock.set_to(hand_school.END), database.writing() as session:
            for n, number in enumerate(NUMBERS[1:]):
                harm = HOSTILE[n % len(HOSTILE)]
                student_id = make.student(session)
                session.execute(
                    update(Student).where(Student.id == student_id).values(admission_no=number, name=harm)
                )
                make.bill(session, student_id, (1000 + n, make.NOON.date()))
                service.record_payment(
                    session,
                    actor=COMMAND_LINE,
                    request_id=make.request_id(),
                    shares=[Share(student_id, 7)],
                    tenders=[TenderPart("CASH", 7)],
                    payer=harm,
                    reference=harm,
                )
                service.concession(
                    session,
                    actor=COMMAND_LINE,
                    request_id=make.request_id(),
                    student_id=student_id,
                    amount_minor=3,
                    reason=harm,
                )
        yield database


def written(database: Database, form: str) -> str:
    out = io.StringIO()
    with clock.set_to(hand_school.END), database.reading() as session:
        exports.write(session, form, out)
    return out.getvalue()


def balances(session: Session) -> dict[str, Decimal]:
    unit = money.currency("USD")
    rows = session.execute(
        select(Student.admission_no, StudentBalance.balance).join(
            StudentBalance, StudentBalance.student_id == Student.id
        )
    )
    return {number: money.major(balance, unit) for number, balance in rows}


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def bean_check(journal: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "books.beancount").write_text(journal, encoding="utf-8")
    return run(str(Path(sys.executable).with_name("bean-check")), "books.beancount", folder=folder)


def hledger_run(journal: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "books.journal").write_text(journal, encoding="utf-8")
    return run("hledger", "-f", "books.journal", *arguments, folder=folder)


def test_bean_check_accepts_the_books_and_adds_up_every_student(hostile: Database, tmp_path: Path) -> None:
    from beancount import loader
    from beancount.core import data, realization

    journal = written(hostile, "beancount")
    checked = bean_check(journal, tmp_path)
    entries, errors, _ = loader.load_string(journal)

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert errors == []
    accounts = realization.realize([e for e in entries if isinstance(e, data.Transaction)])
    with hostile.reading() as session:
        for number, balance in balances(session).items():
            account = realization.get(accounts, f"{naming.STUDENTS}:{naming.beancount_part(number)}")
            found = account.balance.get_currency_units("USD").number if account is not None else Decimal(0)
            assert found == balance


def test_beancount_keeps_what_was_typed(hostile: Database) -> None:
    from beancount import loader
    from beancount.core import data

    entries, _, _ = loader.load_string(written(hostile, "beancount"))

    numbers = {
        e.meta["admission_no"] for e in entries if isinstance(e, data.Open) and "admission_no" in e.meta
    }
    payers = {e.meta.get("payer") for e in entries if isinstance(e, data.Transaction)}
    assert set(NUMBERS) <= numbers
    assert {" ".join(harm.split()) for harm in HOSTILE[:3]} <= payers


@hledger_installed
def test_hledger_accepts_the_books_and_adds_up_every_student(hostile: Database, tmp_path: Path) -> None:
    journal = written(hostile, "hledger")

    checked = hledger_run(journal, tmp_path, "check", "--strict")
    table = hledger_run(journal, tmp_path, "balance", naming.STUDENTS, "--flat", "--empty", "-O", "csv", "-N")

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    _, *rows = csv.reader(io.StringIO(table.stdout))
    found = {account: Decimal(amount.split()[0]) for account, amount in rows}
    with hostile.reading() as session:
        expected = {
            f"{naming.STUDENTS}:{naming.hledger_part(number)}": balance
            for number, balance in balances(session).items()
        }
    assert found == expected


@hledger_installed
def test_nothing_typed_moves_a_posting_to_another_day_or_makes_an_entry(
    hostile: Database, tmp_path: Path
) -> None:
    journal = written(hostile, "hledger")

    early = hledger_run(journal, tmp_path, "register", "-e", "2026-01-01", "-O", "csv")
    everything = hledger_run(journal, tmp_path, "print", "-O", "csv")

    assert len(early.stdout.splitlines()) <= 1  # the heading
    numbers = {row["txnidx"] for row in csv.DictReader(io.StringIO(everything.stdout))}
    with hostile.reading() as session:
        last = session.scalars(select(func.max(Entry.id))).one()
    assert len(numbers) == last + 1  # every entry, and the closing balances


@pytest.mark.parametrize("form", ["beancount", "hledger"])
def test_a_balance_that_is_a_cent_off_is_refused(hostile: Database, tmp_path: Path, form: str) -> None:
    if form == "hledger" and shutil.which("hledger") is None:
        pytest.skip("hledger is not installed")
    journal = written(hostile, form)

    wrong = journal.replace("1025.00", "1025.01")
    refused = bean_check(wrong, tmp_path) if form == "beancount" else hledger_run(wrong, tmp_path, "check")

    assert wrong != journal
    assert refused.returncode != 0


def test_the_csv_balances_entry_by_entry_and_runs_no_formula(hostile: Database) -> None:
    rows = list(csv.DictReader(io.StringIO(written(hostile, "csv"))))

    entries: defaultdict[str, Decimal] = defaultdict(Decimal)
    students: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        entries[row["entry"]] += Decimal(row["amount"])
        if row["account"] == "1200":
            students[row["admission_no"].removeprefix("'").replace("\\|", "|")] += Decimal(row["amount"])
    assert set(entries.values()) == {Decimal(0)}
    with hostile.reading() as session:
        assert {n: b for n, b in balances(session).items() if b} == {n: b for n, b in students.items() if b}
    text_cells = [value for row in rows for name, value in row.items() if name != "amount"]
    assert not any(value.startswith(("=", "+", "-", "@")) for value in text_cells)


@pytest.mark.parametrize(("currency", "amounts"), [("JPY", ("1000", "-40")), ("KWD", ("10.005", "-0.040"))])
def test_amounts_have_the_decimals_of_their_currency(
    database: Database, tmp_path: Path, currency: str, amounts: tuple[str, str]
) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session, currency=currency)
        student_id = make.student(session, admission_no="S1")
        make.bill(session, student_id, (1000 if currency == "JPY" else 10005, make.TODAY))
        make.pay(session, student_id, 40)

    bean, ledger = written(database, "beancount"), written(database, "hledger")

    for amount in amounts:
        assert f"Assets:Students:S1  {amount} {currency}" in bean
        assert f"Assets:Students:S1  {amount} {currency}" in ledger
    assert bean_check(bean, tmp_path).returncode == 0
    if shutil.which("hledger"):
        assert hledger_run(ledger, tmp_path, "check", "--strict").returncode == 0


@pytest.mark.parametrize("form", ["beancount", "hledger", "csv"])
def test_empty_books_are_written_too(database: Database, tmp_path: Path, form: str) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        make.student(session, admission_no="S1")

    text = written(database, form)

    assert "Assets:Students:S1" in text or form == "csv"
    if form == "beancount":
        assert bean_check(text, tmp_path).returncode == 0
    if form == "hledger" and shutil.which("hledger"):
        assert hledger_run(text, tmp_path, "check", "--strict").returncode == 0


def test_a_number_that_a_journal_takes_is_written_as_it_is() -> None:
    for number in ("S001", "2026-01-005", "ADM-77", "7"):
        assert naming.beancount_part(number) == naming.hledger_part(number) == number


@given(st.text(min_size=1, max_size=8) | st.text("-uX2fa/A ", min_size=1, max_size=8))
def test_every_number_is_found_back_from_its_account(number: str) -> None:
    part = naming.beancount_part(number)

    assert naming.from_beancount_part(part) == number
    assert part[0].isascii()
    assert part[0].isupper() or part[0].isdigit()
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in part)


@given(st.sets(st.text("-uX2fab/ :;%", min_size=1, max_size=6), max_size=8))
def test_no_two_numbers_share_an_account(numbers: set[str]) -> None:
    assert len({naming.beancount_part(number) for number in numbers}) == len(numbers)
    assert len({naming.hledger_part(number) for number in numbers}) == len(numbers)


def test_accounts_have_names_a_reader_knows_and_never_share_one() -> None:
    chart = [
        AccountFacts("CASH", "Cash", "tender", True),
        AccountFacts("BANK", "Bank transfer", "tender", True),
        AccountFacts("STU", "Students", "tender", True),
        AccountFacts("T1", "Tuition", "income", True),
        AccountFacts("T2", "tuition!", "income", True),
        AccountFacts("T3", "学费", "income", True),
        AccountFacts("CONC", "Concessions", "concession", True),
        AccountFacts("OPEN", "Opening balances", "opening", True),
    ]

    assert naming.account_names(chart) == {
        "CASH": "Assets:Cash",
        "BANK": "Assets:BankTransfer",
        "STU": "Assets:Students-STU",
        "T1": "Income:Tuition-T1",
        "T2": "Income:Tuition-T2",
        "T3": "Income:Account-T3",
        "CONC": "Expenses:Concessions",
        "OPEN": "Equity:OpeningBalances",
    }


@given(st.text())
def test_what_is_quoted_stays_on_one_line_and_can_be_read_back(text: str) -> None:
    import json

    line = hledger.quoted(text)

    assert len(line.splitlines()) <= 1
    assert not set(line) & set(":,[];")
    assert json.loads(line) == text
    assert "\n" not in beancount.quoted(text)
