"""Statements leave the screen: one account's as a paper, a class's as a file, a long one page by page."""

from __future__ import annotations

import io
from datetime import date, timedelta
from zipfile import ZipFile

import pytest
from streamlit.testing.v1 import AppTest

from school.db import Database
from school.ledger.service import ChargeItem
from school.ui import statement_run
from tests import make
from tests.documents.example import pages
from tests.documents.example import text as text_of
from tests.pages.conftest import Open
from tests.pages.test_payments import text

TAB = {"reports.view": "Statement run"}
FIRST = date(2026, 1, 5)


@pytest.fixture
def school(books: Database) -> Database:
    """Ann and her brother Ben owe 100.00 and 60.00; Cy of another class owes nothing."""
    with books.writing() as session:
        ann = make.student(session, "Ann", admission_no="A-1", guardian="Mrs Bell")
        ben = make.student(session, "Ben", admission_no="B-1", guardian="Mrs Bell")
        make.student(session, "Cy", admission_no="C-1", class_name="Form 2")
        make.bill(session, ann, (10_000, FIRST), on=FIRST)
        make.bill(session, ben, (6_000, FIRST), on=FIRST)
    return books


def made(at: AppTest) -> bytes:
    at.button(key="reports.statements.make").click().run()
    assert not at.exception
    asked, file = at.session_state[statement_run.FILE]
    assert asked.kind in ("pdf", "zip")
    return bytes(file)


def test_who_owes_gets_a_statement_in_one_file(school: Database, open_page: Open) -> None:
    at = open_page("reports", name="finn", **TAB)

    paper = pages(made(at))

    assert at.metric[0].delta == "2 students, who together owe USD 160.00"
    assert ["Ann" in page.extract_text() for page in paper] == [True, False]
    assert "The file is ready" in at.success[0].value


def test_families_of_everyone_come_as_a_zip(school: Database, open_page: Open) -> None:
    who = {"reports.statements.for": "Families", "reports.statements.who": "Everyone"}
    at = open_page("reports", name="finn", **TAB, **who, **{"reports.statements.as": "A PDF each, zipped"})

    with ZipFile(io.BytesIO(made(at))) as file:
        assert sorted(file.namelist()) == ["C-1 Cy.pdf", "Mrs Bell.pdf"]
        assert "USD 160.00" in text_of(file.read("Mrs Bell.pdf"))


def test_a_file_is_offered_only_for_the_choice_it_was_made_for(school: Database, open_page: Open) -> None:
    at = open_page("reports", name="finn", **TAB)
    made(at)

    at.selectbox(key="reports.statements.who").set_value("Everyone").run()

    assert not at.success
    assert at.metric[0].value == "3"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"reports.statements.class": "Form 2"}, "Nobody gets a statement here."),
        (
            {
                "reports.statements.period": "Other dates",
                "reports.statements.since": "2026-03-02",
                "reports.statements.until": "2026-03-01",
            },
            "Choose a first day that is not after the last.",
        ),
    ],
)
def test_what_cannot_be_printed_is_said_kindly(
    school: Database, open_page: Open, address: dict[str, str], sentence: str
) -> None:
    at = open_page("reports", name="hope", **TAB, **address)

    assert not at.exception
    assert sentence in text(at) + " ".join(one.value for one in at.warning)
    assert "reports.statements.make" not in [button.key for button in at.button]


def test_more_than_a_file_holds_is_said_before_it_is_tried(
    school: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_run, "LETTERS_MAX", 1)

    at = open_page("reports", name="finn", **TAB)

    assert "One file holds up to 1 statements." in text(at)


def test_a_long_account_is_turned_page_by_page(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        ann = make.student(session, "Ann")
        days = [FIRST + timedelta(days=n) for n in range(60)]
        items = [ChargeItem("MEALS", 100, day, memo=f"Day {n}") for n, day in enumerate(days)]
        make.bill(session, ann, *items, on=FIRST)
    at = open_page("student", name="hope", student=str(ann))

    newest = list(at.dataframe[0].value["Balance"])
    at.session_state[f"student.page.{ann}.None.None"] = 1
    at.run()
    oldest = list(at.dataframe[0].value["Balance"])

    assert (newest[0], newest[-1], len(newest)) == ("owes 11.00", "owes 60.00", 50)
    assert (oldest[0], oldest[-1]) == ("owes 1.00", "owes 10.00")
    assert "Charges of 60.00 less credits of 0.00" in text(at)
