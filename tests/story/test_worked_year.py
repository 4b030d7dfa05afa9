"""The worked year comes to what was reckoned by hand, on every screen, paper and export, on both engines."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data, realization
from pypdf import PdfReader
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from school import clock
from school.checks.ledger import verify
from school.db import Database
from school.documents.statement import statement_pdf
from school.ledger import queries as ledger
from school.ledger.projections import StudentBalance
from school.reports import dashboard, debtors, exports, movements, statements
from school.reports.exports import naming
from school.students import payers, queries
from tests.exports.test_exports import hledger_run
from tests.pages import opening
from tests.story import school_year
from tests.story.school_year import COLE, COSTS, ENDS, PARTS, TERMS, Year, noon

LAST_DAY = {name: last for name, _, last in TERMS}


def test_every_term_ends_as_it_was_reckoned_wherever_one_looks(database: Database, tmp_path: Path) -> None:
    year = school_year.opened(database)
    with opening.program_on(database):
        for term, told in PARTS.items():
            told(year)
            with clock.set_to(noon(LAST_DAY[term])):
                in_the_books(year, term)
                on_paper(year, term)
                by_other_programs(year, term, tmp_path)
                on_the_screens(year, term)
        with clock.set_to(noon(LAST_DAY["Term 3"])):
            by_scheme(year)


def in_the_books(year: Year, term: str) -> None:
    ends = ENDS[term]
    with year.database.reading() as session:
        held = {row.student_id: row.balance for row in session.scalars(select(StudentBalance))}
        figures = dashboard.figures(session)
        owing = debtors.page(session, by="student", limit=50)
        accounts = {one.account: one.amount for one in movements.trial_balance(session)}
        cole = queries.student(session, year.ids["Eve"]).family_id
        standings = ledger.payer_standings(session, [year.ids["Eve"]], payers.payers(session, cole))
        findings = verify(session)
    assert {name: held[student_id] for name, student_id in year.ids.items()} == ends
    assert (figures.owed, figures.credit) == (owed(ends), credit(ends))
    assert {row.name: row.balance for row in owing.rows} == {n: b for n, b in ends.items() if b}
    assert (accounts["1200"], sum(accounts.values())) == (sum(ends.values()), 0)
    assert tuple(one.owes for one in standings) == COLE[term]
    assert findings == []


def owed(ends: dict[str, int]) -> int:
    return sum(balance for balance in ends.values() if balance > 0)


def credit(ends: dict[str, int]) -> int:
    return -sum(balance for balance in ends.values() if balance < 0)


def written(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02}"


def in_words(balance: int) -> str:
    if balance == 0:
        return "settled"
    return f"{'owes' if balance > 0 else 'in credit'} {written(abs(balance))}"


def on_paper(year: Year, term: str) -> None:
    """The statement of the term begins where the last one ended, and that of a family holds its children."""
    first = next(begins for name, begins, _ in TERMS if name == term)
    earlier = ENDS.get(f"Term {int(term[-1]) - 1}", {})
    with year.database.reading() as session:
        found = list(statements.student_statements(session, list(year.ids.values()), first))
        abel = statements.family_statement(
            session, queries.student(session, year.ids["Ann"]).family_id, first
        )
    for name, facts in zip(year.ids, found, strict=True):
        (student,) = facts.students
        assert student.opening_minor == earlier.get(name, 0)
        text = text_of(statement_pdf(facts))
        assert ends_a_line(text, f"Brought forward {on_account(earlier.get(name, 0))}")
        assert ends_a_line(text, f"Carried forward {on_account(ENDS[term][name])}")
    assert abel.balance_minor == sum(ENDS[term][name] for name in ("Ann", "Ben", "Cid"))
    assert all(f"{name} Y-{name}" in text_of(statement_pdf(abel)) for name in ("Ann", "Ben", "Cid"))


def on_account(balance: int) -> str:
    return written(balance) if balance >= 0 else f"{written(-balance)} credit"


def ends_a_line(text: str, words: str) -> bool:
    return any(line.endswith(words) for line in text.splitlines())


def text_of(paper: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)


def by_other_programs(year: Year, term: str, folder: Path) -> None:
    expected = {f"Y-{name}": Decimal(written(b).replace(",", "")) for name, b in ENDS[term].items()}
    assert by_beancount(as_text(year, "beancount"), expected) == expected
    if shutil.which("hledger"):
        found = by_hledger(as_text(year, "hledger"), folder)
        assert found == {f"{naming.STUDENTS}:{naming.hledger_part(n)}": b for n, b in expected.items()}


def as_text(year: Year, form: str) -> str:
    out = io.StringIO()
    with year.database.reading() as session:
        exports.write(session, form, out)
    return out.getvalue()


def by_beancount(journal: str, expected: dict[str, Decimal]) -> dict[str, Decimal]:
    entries, errors, _ = loader.load_string(journal)
    assert errors == []
    accounts = realization.realize([e for e in entries if isinstance(e, data.Transaction)])
    found = {}
    for number in expected:
        account = realization.get(accounts, f"{naming.STUDENTS}:{naming.beancount_part(number)}")
        found[number] = (
            account.balance.get_currency_units("USD").number if account is not None else Decimal(0)
        )
    return found


def by_hledger(journal: str, folder: Path) -> dict[str, Decimal]:
    table = hledger_run(journal, folder, "balance", naming.STUDENTS, "--flat", "--empty", "-O", "csv", "-N")
    _, *rows = csv.reader(io.StringIO(table.stdout))
    return {account: Decimal(amount.split()[0]) for account, amount in rows}


def on_the_screens(year: Year, term: str) -> None:
    ends = ENDS[term]
    listed = table_of(shown(year, "students"))
    assert {row["Student"]: row["Balance"] for row in listed} == {n: in_words(b) for n, b in ends.items()}
    for name, student_id in year.ids.items():
        account = shown(year, "student", student=str(student_id))
        assert bare(metric(account, "Balance")) == in_words(ends[name])
        assert table_of(account)[-1]["Balance"] == in_words(ends[name])
    family = shown(year, "family", family="1")
    assert bare(metric(family, "Family balance")) == in_words(ends["Ann"] + ends["Ben"] + ends["Cid"])
    figures = shown(year, "dashboard")
    assert (metric(figures, "Owed"), metric(figures, "Credit")) == (
        written(owed(ends)),
        written(credit(ends)),
    )
    aged = shown(year, "reports", **{"reports.view": "Aged debtors"})
    assert metric(aged, "Owed, USD") == written(owed(ends))
    trial = table_of(shown(year, "reports", **{"reports.view": "Trial balance"}))
    students = next(row for row in trial if row["Code"] == "1200")
    assert students["Debit"] == written(sum(ends.values()))


def shown(year: Year, page: str, **address: str) -> AppTest:
    at = opening.opened(year.database, page, name="finn", **address)
    assert not at.exception
    return at


def table_of(at: AppTest) -> list[dict[str, str]]:
    return [dict(row) for row in at.dataframe[0].value.to_dict("records")]


def metric(at: AppTest, label: str) -> str:
    return str(next(one.value for one in at.metric if one.label == label))


def bare(text: str) -> str:
    """`:orange[owes 40.00]` without its colour."""
    return text.partition("[")[2].rstrip("]") if text.startswith(":") else text


def by_scheme(year: Year) -> None:
    with year.database.reading() as session:
        accounts = {one.account: one.amount for one in movements.trial_balance(session)}
    assert {code: accounts[code] for code in COSTS} == COSTS


def test_the_year_turns_with_its_arrears_and_without_its_leavers(database: Database) -> None:
    year = school_year.opened(database)
    for told in PARTS.values():
        told(year)

    plan = school_year.turn(year)

    with clock.set_to(noon(dt.date(2027, 1, 4))), database.reading() as session:
        held = {name: queries.student(session, student_id) for name, student_id in year.ids.items()}
        abel = statements.family_statement(session, held["Cid"].family_id, since=dt.date(2027, 1, 1))
    assert (plan.moved, plan.left) == (5, 1)
    assert {name: one.class_name for name, one in held.items() if one.status == "enrolled"} == {
        "Ben": "Form 3",
        "Cid": "Form 2",
        "Dan": "Form 2",
        "Eve": "Form 3",
        "Flo": "Form 2",
    }
    assert (held["Ann"].status, held["Ann"].left_on) == ("left", dt.date(2026, 12, 31))
    brought = {student.name: student.opening_minor for student in abel.students}
    assert brought["Cid"] == ENDS["Term 3"]["Cid"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_cent_in_another_place_is_noticed(database: Database) -> None:
    year = school_year.opened(database)
    PARTS["Term 1"](year)
    year.pays(school_year.on(4, 20), "CASH", "Mrs Abel", Ben=1)

    with pytest.raises(AssertionError), clock.set_to(noon(school_year.on(4, 20))):
        in_the_books(year, "Term 1")
