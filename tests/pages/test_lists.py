"""Lists are filtered by their address and paged; their totals are of all that match, and every row opens."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import queries, service
from school.money import currency
from school.reports import roster
from school.ui import links, roster_view, tables
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text

JAN, MAR = date(2026, 1, 15), date(2026, 3, 10)


@pytest.fixture
def school(books: Database) -> Database:
    """Ann of Form 1 owes 100.00, Ben of Form 2 owes 40.00 after paying 10.00, Cy left with 3.00 in credit."""
    with books.writing() as session:
        ann = make.student(session, "Ann", admission_no="A-1", guardian="Mrs Abel")
        ben = make.student(session, "Ben", admission_no="B-1", class_name="Form 2")
        cy = make.student(session, "Cy", admission_no="C-1", class_name="Form 2", status="left")
        make.bill(session, ann, (10_000, JAN), on=JAN)
        make.bill(session, ben, (5_000, MAR), on=MAR)
        make.pay(session, ben, 1_000, on=MAR)
        make.pay(session, cy, 300)
    return books


def column(at: AppTest, heading: str) -> list[str]:
    return list(at.dataframe[0].value[heading]) if at.dataframe else []


def in_all(at: AppTest) -> tuple[str, str]:
    metric = at.metric[0]
    return str(metric.value), str(metric.delta)


def test_students_stand_with_what_they_owe(school: Database, open_page: Open) -> None:
    at = open_page("students", name="hope")

    assert not at.exception
    assert column(at, "Student") == ["Ann", "Ben", "Cy"]
    assert column(at, "Balance") == ["owes 100.00", "owes 40.00", "in credit 3.00"]
    assert "**3 students** :orange[owe 140.00], :green[3.00 in credit]" in text(at)


FILTERS = {
    "a name": ({"students.search": "be"}, ["Ben"]),
    "a guardian": ({"students.search": "abel"}, ["Ann"]),
    "a class": ({"students.class": "Form 2"}, ["Ben", "Cy"]),
    "a status": ({"students.status": "Left"}, ["Cy"]),
    "who owes": ({"students.owing": "Owing"}, ["Ann", "Ben"]),
    "an order": ({"students.order": "Most owed first"}, ["Ann", "Ben", "Cy"]),
    "what is not there": ({"students.class": "Form 9", "students.order": "Best"}, ["Ann", "Ben", "Cy"]),
    "nobody": ({"students.search": "zed"}, []),
}


@pytest.mark.parametrize(("address", "names"), FILTERS.values(), ids=FILTERS)
def test_students_are_filtered_by_the_address(
    school: Database, open_page: Open, address: dict[str, str], names: list[str]
) -> None:
    at = open_page("students", name="hope", **address)

    assert not at.exception
    assert column(at, "Student") == names


def test_totals_are_of_all_pages(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        for number in range(tables.ROWS_PER_PAGE + 2):
            student = make.student(session, f"Student {number:03}")
            make.bill(session, student, (100, MAR), on=MAR)
    at = open_page("students", name="hope")

    at.get_by_key("students.page").set_value(2).run()

    assert column(at, "Student") == ["Student 050", "Student 051"]
    assert "**52 students** :orange[owe 52.00]" in text(at)


def test_a_filter_begins_at_the_first_page(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        for number in range(tables.ROWS_PER_PAGE + 2):
            make.student(session, f"Student {number:03}")
    at = open_page("students", name="hope")
    at.get_by_key("students.page").set_value(2).run()

    at.text_input(key="students.search").set_value("student").run()

    assert len(column(at, "Student")) == tables.ROWS_PER_PAGE


def test_an_empty_school_says_what_comes_next(books: Database, open_page: Open) -> None:
    at = open_page("students", name="ada")

    assert "There are no students yet." in text(at)
    assert "Import students" in [link.label for link in at.page_link]


def test_the_file_of_students_runs_no_formula(books: Database) -> None:
    with books.writing() as session:
        make.student(session, "=HYPERLINK(1)", admission_no="A-1", guardian="@Mrs Abel")
        make.pay(session, make.student(session, "Ben", admission_no="B-1"), 4_050)
    with books.reading() as session:
        rows = roster.page(session).rows

    lines = roster_view.csv_file(rows, currency("USD")).decode("utf-8-sig").splitlines()

    assert lines[0] == "admission_no,name,class,status,guardian,phone,balance_usd"
    assert lines[1].startswith("A-1,'=HYPERLINK(1),Form 1,enrolled,'@Mrs Abel,")
    assert lines[2] == "B-1,Ben,Form 1,enrolled,,,-40.50"


def test_entries_add_up_to_their_figure(school: Database, open_page: Open) -> None:
    at = open_page("entries", name="hope")

    assert not at.exception
    assert in_all(at) == ("USD 137.00", "4 entries; more is owed")
    assert column(at, "Entry") == ["R-000002", "R-000001", "Bill", "Bill"]


ENTRIES = {
    "a kind": ({"kind": "payment"}, "USD 13.00"),
    "a tender": ({"account": "Cash", "since": date(2026, 3, 20)}, "USD 3.00"),
    "all tenders": ({"account_type": "tender"}, "USD 13.00"),
    "a period": ({"until": date(2026, 2, 1)}, "USD 100.00"),
    "a class": ({"class_name": "Form 1"}, "USD 100.00"),
    "a term": ({"term": "Term 1 2026"}, "USD 100.00"),
    "a class in a term": ({"class_name": "Form 2", "term": "Term 2 2026", "kind": "bill"}, "USD 50.00"),
}


@pytest.mark.parametrize(("asked", "total"), ENTRIES.values(), ids=ENTRIES)
def test_a_link_to_entries_leads_to_rows_that_add_up(
    school: Database, open_page: Open, asked: dict[str, object], total: str
) -> None:
    at = open_page("entries", name="hope", **links.entries(**asked))

    assert not at.exception
    assert in_all(at)[0] == total


def test_entries_of_one_student_are_let_go_by_a_button(school: Database, open_page: Open) -> None:
    with school.reading() as session:
        ben = queries.entries(session, kind="payment").rows[1]
    with school.reading() as session:
        student_id = queries.entry(session, ben.entry_id).lines[0].student_id
    at = open_page("entries", name="hope", **links.entries(student_id=student_id))
    one = in_all(at)

    at.button(key="entries.all_of_student").click().run()

    assert one == ("USD 40.00", "2 entries; more is owed")
    assert in_all(at)[0] == "USD 137.00"


def test_no_entry_is_said_kindly(books: Database, open_page: Open) -> None:
    at = open_page("entries", name="hope", **{"entries.kind": "Refund", "student": "999"})

    assert not at.exception
    assert "No entry matches." in text(at)


def test_an_entry_says_who_recorded_it_and_why(school: Database, open_page: Open) -> None:
    with school.writing() as session:
        student_id = queries.entries(session, kind="bill").rows[0].entry_id
        posted = service.concession(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=queries.entry(session, student_id).lines[0].student_id,
            amount_minor=500,
            reason="Bursary [2026]",
        )
    at = open_page("entry", name="hope", entry=str(posted.entry_id))

    assert not at.exception
    assert at.title[0].value == "Concession of Mar 20\\, 2026"
    assert "USD 5.00** less is owed by Ben." in text(at)
    assert "Bursary \\[2026\\]" in at.table[0].value.to_string()
    assert column(at, "Credits") == ["5.00"]


@pytest.mark.parametrize("wanted", ["", "0", "999", "R-000001", "9" * 40])
def test_no_such_entry_is_said_kindly(books: Database, open_page: Open, wanted: str) -> None:
    at = open_page("entry", name="hope", entry=wanted)

    assert not at.exception
    assert "There is no entry" in text(at)


def receipt_of_ben(school: Database) -> int:
    with school.reading() as session:
        return queries.receipt_by_document(session, "R-000001").entry_id


def test_a_receipt_is_reversed_with_a_reason(school: Database, open_page: Open) -> None:
    entry_id = receipt_of_ben(school)
    at = open_page("entry", name="finn", entry=str(entry_id))

    at.button(key="entry.reverse").click().run()
    refused = errors(at)
    at.text_input(key="entry.reason").set_value("Cheque came back").run()
    at.button(key="entry.reverse").click().run()

    assert refused == ["Say why: the reason stays in the books."]
    assert [message.value for message in at.success] == ["Receipt R\\-000001 is reversed."]
    assert errors(at) == ["Reversed on 20 Mar 2026\\: Cheque came back"]
    assert "entry.reverse" not in [button.key for button in at.button]


def test_a_receipt_reversed_in_another_tab_is_refused_kindly(school: Database, open_page: Open) -> None:
    entry_id = receipt_of_ben(school)
    first = open_page("entry", name="finn", entry=str(entry_id))
    second = open_page("entry", name="finn", entry=str(entry_id))
    for at in (first, second):
        at.text_input(key="entry.reason").set_value("Cheque came back").run()

    first.button(key="entry.reverse").click().run()
    second.button(key="entry.reverse").click().run()

    assert not second.exception
    with school.reading() as session:
        assert queries.entries(session, kind="reversal").matches == 1


def test_who_may_not_reverse_is_not_asked(school: Database, open_page: Open) -> None:
    at = open_page("entry", name="hope", entry=str(receipt_of_ben(school)))

    assert "Receipt R-000001" in text(at)
    assert "entry.reverse" not in [button.key for button in at.button]
