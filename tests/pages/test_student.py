"""An account says what it stands at and why; what is done to it is one fact, in a dialog of the address."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import queries, service
from school.ledger.models import Entry
from school.students import queries as roll
from school.students import service as students
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text

JAN, MAR, MAY = date(2026, 1, 15), date(2026, 3, 10), date(2026, 5, 4)


@pytest.fixture
def ann(books: Database) -> int:
    """Ann owes 1,000.00 since March and 200.00 in May; she paid 300.00 of a charge of January."""
    with books.writing() as session:
        student = make.student(session, "Ann Abel", admission_no="A-17", guardian="Mrs Abel")
        make.student(session, "Abe Abel", guardian="Mrs Abel")
        make.bill(session, student, (30_000, JAN), on=JAN)
        make.pay(session, student, 30_000, on=date(2026, 1, 20))
        make.bill(session, student, (100_000, MAR), (20_000, MAY), on=MAR)
    return student


@pytest.fixture
def cy(books: Database) -> int:
    """Cy has a credit of 50.00 and no sibling."""
    with books.writing() as session:
        student = make.student(session, "Cy", admission_no="C-1")
        make.pay(session, student, 5_000)
    return student


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


def offered(at: AppTest) -> list[str]:
    return [option for menu in at.get("menu_button") for option in menu.proto.options]


def entries(books: Database) -> int:
    with books.reading() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def balance(books: Database, student_id: int) -> int:
    with books.reading() as session:
        return queries.balance(session, student_id)


def do(at: AppTest, amount: str, **fields: str) -> AppTest:
    """Fills in the open dialog and sends it."""
    at.text_input(key="student.amount").set_value(amount)
    for name, value in fields.items():
        at.get_by_key(f"student.{name}").set_value(value)
    at.button(key="student.record").click().run()
    assert not at.exception
    return at


def test_the_balance_stands_first_and_in_words(open_page: Open, ann: int) -> None:
    at = open_page("student", name="hope", student=str(ann))

    assert not at.exception
    assert at.title[0].value == "Ann Abel"
    assert figures(at) == {
        "Balance": ":orange[owes 1,200.00]",
        "Overdue": "1,000.00",
        "Not yet due": "200.00",
    }


def test_the_statement_runs_to_the_balance(open_page: Open, ann: int) -> None:
    at = open_page("student", name="hope", student=str(ann))

    table = at.dataframe[0].value

    assert list(table["Balance"]) == ["owes 300.00", "settled", "owes 1,000.00", "owes 1,200.00"]
    assert list(table["Credits"]) == ["", "300.00", "", ""]
    assert "Charges of 1,500.00 less credits of 300.00" in text(at)


def test_a_period_begins_with_what_stood_before_it(open_page: Open, ann: int) -> None:
    address = {"student.period": "Other dates", "student.since": "2026-01-18", "student.until": "2026-02-28"}
    at = open_page("student", name="hope", student=str(ann), **address)

    assert list(at.dataframe[0].value["Balance"]) == ["settled"]
    assert "the account owed 300.00" in text(at)


@pytest.mark.parametrize(
    ("view", "cell"),
    [
        ("Open charges", "10 days overdue"),
        ("Receipts", "R-000001"),
        ("Family", "Abe Abel"),
    ],
)
def test_a_view_is_in_the_address(open_page: Open, ann: int, view: str, cell: str) -> None:
    at = open_page("student", name="hope", student=str(ann), **{"student.view": view})

    assert not at.exception
    assert cell in at.dataframe[0].value.to_string()


@pytest.mark.parametrize("wanted", ["", "0", "999", "x", "9" * 40, "-1"])
def test_no_such_student_is_said_kindly(open_page: Open, wanted: str) -> None:
    at = open_page("student", name="hope", student=wanted)

    assert not at.exception
    assert "No student is chosen." in text(at)


def test_what_may_be_done_follows_the_role_and_the_account(open_page: Open, ann: int, cy: int) -> None:
    finance = offered(open_page("student", name="finn", student=str(ann)))
    in_credit = offered(open_page("student", name="finn", student=str(cy)))
    administrator = offered(open_page("student", name="ada", student=str(ann)))
    head = offered(open_page("student", name="hope", student=str(ann)))

    assert finance == ["Charge", "Late fee", "Concession", "Credit note", "Re-allocation", "Write-off"]
    assert in_credit == ["Charge", "Late fee", "Concession", "Credit note", "Refund"]
    assert administrator == ["Opening balance"]
    assert head == []


def test_a_dialog_of_another_role_stays_shut(open_page: Open, ann: int) -> None:
    at = open_page("student", name="hope", student=str(ann), do="concession")

    assert "student.amount" not in [field.key for field in at.text_input]


DEEDS = {
    "charge": ({"account": "MEALS", "memo": "March"}, 121_000),
    "late_fee": ({}, 121_000),
    "concession": ({"reason": "Bursary"}, 119_000),
    "credit_note": ({"account": "TUITION", "reason": "Charged twice"}, 119_000),
    "write_off": ({"reason": "Moved away"}, 119_000),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_finance_does_is_recorded_once_and_said(
    books: Database, open_page: Open, ann: int, deed: str
) -> None:
    fields, after = DEEDS[deed]
    at = open_page("student", name="finn", student=str(ann), do=deed)
    before = entries(books)

    do(at, "10", **fields)

    assert "of USD 10.00 is recorded." in at.success[0].value
    assert balance(books, ann) == after
    assert entries(books) == before + 1
    assert "do" not in at.query_params


def test_the_same_form_sent_again_is_the_same_fact(books: Database, open_page: Open, ann: int) -> None:
    first = open_page("student", name="finn", student=str(ann), do="concession")
    address = {"student": str(ann), "do": "concession", "action": first.query_params["action"]}
    second = open_page("student", name="finn", **address)

    do(first, "10", reason="Bursary")
    do(second, "10", reason="Bursary")

    assert balance(books, ann) == 119_000


def test_a_refund_takes_no_more_than_the_credit(books: Database, open_page: Open, cy: int) -> None:
    at = open_page("student", name="finn", student=str(cy), do="refund")

    do(at, "50.01", tender="CASH", reason="Leaving")
    refused = errors(at)
    do(at, "50", tender="CASH", reason="Leaving")

    assert refused == ["Cy has a credit of 50.00: 50.01 cannot be paid back."]
    assert balance(books, cy) == 0
    assert at.success[0].value == "Refund of USD 50.00 is recorded."
    again = open_page("student", name="finn", student=str(cy), do="refund")
    assert again.info[0].value == "There is no credit on this account to pay back."
    assert "do" not in again.query_params


def test_credit_moves_to_a_sibling(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        bo, di = (make.student(session, name, guardian="Mrs Bell") for name in ("Bo", "Di"))
        make.pay(session, bo, 5_000)
    at = open_page("student", name="finn", student=str(bo), do="transfer")

    do(at, "20", reason="Asked by the mother")

    assert [balance(books, one) for one in (bo, di)] == [-3_000, -2_000]


def test_an_administrator_brings_in_an_opening_balance(books: Database, open_page: Open, cy: int) -> None:
    at = open_page("student", name="ada", student=str(cy), do="opening_balance")

    do(at, "80", sign="owes")

    assert balance(books, cy) == 3_000


@pytest.mark.parametrize(
    ("amount", "reason", "sentence"),
    [
        ("", "Bursary", "Type an amount."),
        ("ten", "Bursary", "“ten” is not an amount like 1,250.00."),
        ("10", "", "Say why: the reason stays in the books."),
    ],
)
def test_a_refusal_keeps_the_dialog_and_what_was_typed(
    books: Database, open_page: Open, ann: int, amount: str, reason: str, sentence: str
) -> None:
    at = open_page("student", name="finn", student=str(ann), do="concession")

    do(at, amount, reason=reason)

    assert errors(at) == [sentence]
    assert at.text_input(key="student.amount").value == amount
    assert at.text_input(key="student.reason").value == reason
    assert balance(books, ann) == 120_000


def test_who_left_takes_no_new_charges_but_a_write_off(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        gone = make.student(session, "Gil", status="left")
        service.opening_balance(
            session, actor=COMMAND_LINE, request_id=make.request_id(), student_id=gone, amount_minor=900
        )

    options = offered(open_page("student", name="finn", student=str(gone)))

    assert options == ["Concession", "Credit note", "Write-off"]


def test_notes_that_another_wrote_meanwhile_are_not_written_over_unseen(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("student", name="ada", student=str(ann), **{"student.view": "Notes"})
    with books.writing() as session:
        students.change_student(session, actor=COMMAND_LINE, student_id=ann, notes="Theirs")
    for said in (["“Theirs”"], []):
        at.text_area(key=f"student.notes.{ann}").set_value("Mine")
        at.button(key="student.keep_notes").click().run()
        assert [quoted for quoted in said if quoted in errors(at)[0]] == said
    assert not errors(at)

    at.text_area(key=f"student.notes.{ann}").set_value("Mine, and more")
    at.button(key="student.keep_notes").click().run()
    with books.reading() as session:
        assert roll.student(session, ann).notes == "Mine, and more"


def test_notes_are_kept_by_who_may_change_students(books: Database, open_page: Open, ann: int) -> None:
    view = {"student.view": "Notes"}
    at = open_page("student", name="ada", student=str(ann), **view)

    at.text_area(key=f"student.notes.{ann}").set_value("Speak with the *mother*")
    at.button(key="student.keep_notes").click().run()
    read = open_page("student", name="hope", student=str(ann), **view)

    assert at.success[0].value == "The notes are kept."
    assert "Speak with the *mother*" in text(read)
