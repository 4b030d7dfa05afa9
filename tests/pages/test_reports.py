"""Every report stands on its tab for each role it is for, its rows lead on, and its files say the same."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from school.access.models import User
from school.access.rules import COMMAND_LINE, FINANCE, Actor
from school.db import Database
from school.errors import SignInNeeded
from school.ledger import service as ledger
from school.ui.reporting import aged_debtors, files
from tests import make, people
from tests.documents.example import text as text_of
from tests.pages.conftest import Open
from tests.pages.test_payments import text

ROLES = ("ada", "finn", "hope")
YEAR = {f"reports.{tab}.period": "2026" for tab in ("day_book", "collections", "concessions", "corrections")}
KEY_FIGURES = {
    "Day book": {"Taken, USD": "40.00", "Charges": "160.00", "Credits": "15.00", "Owed more": "105.00"},
    "Aged debtors": {"Owed, USD": "105.00", "Overdue": "50.00", "In credit": "0.00"},
    "Collections": {"Collected, USD": "40.00", "Billed": "155.00"},
    "Concessions": {"Conceded, USD": "5.00", "Share of what was billed": "3%"},
    "Corrections": {"Write-off": "10.00"},
    "Trial balance": {"Debits and credits": "USD 160.00"},
}

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # readers are tried on both


@pytest.fixture
def school(books: Database) -> Database:
    """Ann of Form 1 is billed 100.00 in March, pays 40.00 and is forgiven 5.00; Ben of Form 2 owes 60.00
    since January, of which 10.00 is written off.
    """
    with books.writing() as session:
        ann = make.student(session, "Ann", admission_no="A-1", guardian="Mrs Abel")
        ben = make.student(session, "Ben", admission_no="B-1", class_name="Form 2", guardian="Mr Bell")
        make.bill(session, ben, (6_000, date(2026, 1, 15)), on=date(2026, 1, 10))
        make.bill(session, ann, (10_000, date(2026, 6, 1)), on=date(2026, 3, 3))
        make.pay(session, ann, 4_000)
        ledger.write_off(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=ben,
            amount_minor=1_000,
            reason="moved abroad",
        )
        ledger.concession(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=ann,
            amount_minor=500,
            reason="staff child",
        )
    return books


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


def rows(at: AppTest, *headings: str, table: int = 0) -> list[tuple[str, ...]]:
    frame = at.dataframe[table].value
    return list(zip(*(frame[heading] for heading in headings), strict=True))


def turn_to(at: AppTest, tab: str) -> AppTest:
    at.query_params["reports.view"] = tab
    return at.run()


@pytest.mark.parametrize("name", ROLES)
def test_every_role_reads_every_report(school: Database, open_page: Open, name: str) -> None:
    at = open_page("reports", name=name, **YEAR)

    for tab, expected in KEY_FIGURES.items():
        turn_to(at, tab)
        assert not at.exception
        assert figures(at) == expected
        assert [button.label for button in at.get("download_button")] == ["CSV", "Excel", "PDF"]


def test_an_empty_school_is_told_kindly_that_there_is_nothing(books: Database, open_page: Open) -> None:
    at = open_page("reports", name="hope")

    for tab in KEY_FIGURES:
        turn_to(at, tab)
        assert not at.exception
        assert len(at.info) == 1
        assert not at.dataframe


def test_a_period_that_ends_before_it_begins_is_refused_in_a_sentence(
    school: Database, open_page: Open
) -> None:
    other = {"period": "Other dates", "since": "2026-03-20", "until": "2026-03-01"}
    address = {
        f"reports.{tab}.{name}": value for tab in ("day_book", "collections") for name, value in other.items()
    }
    at = open_page("reports", name="finn", **address)

    for tab in ("Day book", "Collections"):
        turn_to(at, tab)
        assert not at.exception
        assert "ends before" in at.warning[0].value
        assert not at.metric


@pytest.mark.parametrize(
    "nonsense",
    [
        {"period": "Other dates", "since": "9999-12-31", "until": "31 February"},
        {"period": "Other dates", "since": "0001-01-01", "until": "2026-03-20"},
        {"period": "Term 9"},
    ],
)
def test_a_period_that_is_none_is_today(school: Database, open_page: Open, nonsense: dict[str, str]) -> None:
    at = open_page("reports", name="finn", **{f"reports.day_book.{name}": v for name, v in nonsense.items()})

    assert not at.exception
    assert figures(at)["Taken, USD"] == "40.00"


def test_the_day_book_says_who_did_what_for_whom_in_order(school: Database, open_page: Open) -> None:
    at = open_page("reports", name="finn", **YEAR)

    assert rows(at, "No.", "What", "For", "Account", "Charges", "Credits", "In") == [
        ("1", "Bill", "Ben", "Tuition", "60.00", "", ""),
        ("2", "Bill", "Ann", "Tuition", "100.00", "", ""),
        ("3", "Payment · R-000001", "Ann", "Cash", "", "", "40.00"),
        ("4", "Write-off", "Ben", "Bad debts", "", "10.00", ""),
        ("5", "Concession", "Ann", "Concessions", "", "5.00", ""),
    ]
    assert ("Tuition", "", "160.00") in rows(at, "Account", "Debit", "Credit", table=2)


def test_a_day_without_entries_offers_the_last_that_has_some(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        make.pay(session, make.student(session), 4_000, on=date(2026, 3, 13))
    at = open_page("reports", name="finn")
    assert "Nothing was entered" in at.info[0].value

    at.button(key="reports.day_book.last_day").click().run()

    assert not at.exception
    assert figures(at)["Taken, USD"] == "40.00"


AGED = {
    "Student": [("All 2 students", "owes 105.00"), ("Ann", "owes 55.00"), ("Ben", "owes 50.00")],
    "Family": [("All 2 families", "owes 105.00"), ("Mrs Abel", "owes 55.00"), ("Mr Bell", "owes 50.00")],
    "Class": [("All 2 classes", "owes 105.00"), ("Form 1", "owes 55.00"), ("Form 2", "owes 50.00")],
}


def test_aged_debtors_stand_by_student_family_and_class_under_what_all_owe(
    school: Database, open_page: Open
) -> None:
    at = open_page("reports", name="hope", **{"reports.view": "Aged debtors"})

    for by, expected in AGED.items():
        at.selectbox(key="reports.debtors.by").set_value(by).run()
        assert not at.exception
        assert rows(at, by, "Balance") == expected


def test_aged_debtors_of_a_past_day_are_those_of_that_evening(school: Database, open_page: Open) -> None:
    at = open_page(
        "reports", name="hope", **{"reports.view": "Aged debtors", "reports.debtors.as_at": "2026-03-04"}
    )

    assert figures(at) == {"Owed, USD": "160.00", "Overdue": "60.00", "In credit": "0.00"}
    assert rows(at, "Student", "31–60 days") == [("All 2 students", "60.00"), ("Ann", ""), ("Ben", "60.00")]


def test_a_scheme_opens_who_was_given_how_much_and_why(school: Database, open_page: Open) -> None:
    at = open_page("reports", name="hope", **YEAR, **{"reports.view": "Concessions"})
    assert rows(at, "Scheme", "Cost", "Students") == [("Concessions", "5.00", "1")]

    at.selectbox(key="reports.concessions.scheme").set_value("Concessions").run()

    assert figures(at)["Concessions, USD"] == "5.00"
    assert rows(at, "Student", "Amount", "Reason") == [("Ann", "5.00", "staff child")]


def test_collections_stand_beside_what_was_billed_and_what_became_of_it(
    school: Database, open_page: Open
) -> None:
    at = open_page("reports", name="hope", **YEAR, **{"reports.view": "Collections"})
    months = rows(at, "Month", "Collected", "Cash", "Billed", "Conceded")
    assert months == [
        ("January 2026", "0.00", "", "60.00", ""),
        ("March 2026", "40.00", "40.00", "100.00", "5.00"),
    ]
    assert rows(at, "Fee head", "Charged", "Open", table=1) == [("Tuition", "160.00", "105.00")]

    at.selectbox(key="reports.collections.step").set_value("Term").run()

    assert rows(at, "Term", "Collected") == [("Term 1 2026", "0.00"), ("Term 2 2026", "40.00")]


def actor_of(database: Database, name: str) -> Actor:
    with database.writing() as session:
        return people.signed_in(session, session.scalars(select(User.id).where(User.name == name)).one())


def test_a_file_is_made_of_all_rows_and_only_for_who_may_read_reports(
    school: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = aged_debtors.Asked("student", "name", make.TODAY, None, None, None)
    report, hope = aged_debtors.report(asked, 2), actor_of(school, "hope")

    lines = files.csv_file(report, hope).decode("utf-8-sig").splitlines()
    said = text_of(files.pdf_file(report, hope, "en", "Hope"))

    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["Ann", "A-1", "Form 1", "55.00"],
        ["Ben", "B-1", "Form 2", "50.00"],
    ]
    assert files.xlsx_file(report, hope).startswith(b"PK")
    assert "105.00" in said
    assert "Hill School" in said
    nobody = Actor(hope.user_id, "hope", "", "no such sign-in", frozenset({FINANCE}))
    for made in (files.csv_file, files.xlsx_file):
        with pytest.raises(SignInNeeded):
            made(report, nobody)


def test_what_is_too_long_for_paper_is_not_offered_as_paper(
    school: Database, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROWS_MAX", 1)
    at = open_page("reports", name="hope", **YEAR)

    disabled = {button.label: button.proto.disabled for button in at.get("download_button")}
    assert disabled == {"CSV": False, "Excel": False, "PDF": True}
    assert "too many for paper" in text(at)
