"""A statement tells an account in plain words, row by row, and its balance is right after each."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import queries, service
from school.ledger.service import ChargeItem, Share, TenderPart
from tests import make

Told = tuple[Session, dict[str, int]]


def test_every_row_says_in_words_what_happened(told: Told) -> None:
    session, ids = told

    cy = queries.statement(session, ids["S003"]).rows
    dee = queries.statement(session, ids["S004"]).rows
    ann = queries.statement(session, ids["S001"]).rows

    assert [row.description for row in cy] == [
        "Opening balance · due 30 Nov 2025",
        "Tuition, Term 1 · due 31 Jan 2026",
        "Transport, Term 1 · due 28 Feb 2026",
        "Payment, cheque · R-000002",
        "Payment, mobile money · R-000003",
        "Reversal of R-000002: the cheque bounced",
        "Late fee · due 3 Feb 2026",
        "Write-off: too old to collect",
    ]
    assert [row.description for row in dee] == [
        "Opening balance",
        "Meals, Term 1 · due 31 Jan 2026",
        "Payment, bank transfer · R-000004",
        "Refund, cash · F-000001: overpaid",
        "Transfer, to Ben: her brother's account",
    ]
    assert [row.description for row in ann] == [
        "Tuition, Term 1 · due 31 Jan 2026",
        "Concessions, Term 1",
        "Transport, Term 1 · due 31 Jan 2026",
        "Payment, cash · R-000001",
        "Concession: scholarship",
        "Meals, Term 2 · due 15 Jan 2026",
    ]


def test_the_balance_runs_from_the_opening_to_the_closing(told: Told) -> None:
    session, ids = told

    whole = queries.statement(session, ids["S003"])
    part = queries.statement(session, ids["S003"], since=date(2026, 1, 25), until=date(2026, 2, 3))

    assert [row.balance for row in whole.rows] == [
        150_00,
        1150_00,
        1270_00,
        670_00,
        550_00,
        1150_00,
        1175_00,
        1025_00,
    ]
    assert (whole.opening, whole.closing) == (0, 1025_00)
    assert (part.opening, part.closing) == (1270_00, 1175_00)
    assert [row.balance for row in part.rows] == [670_00, 550_00, 1150_00, 1175_00]


def test_a_reversed_row_and_its_reversal_name_each_other(told: Told) -> None:
    session, ids = told

    rows = {row.entry_id: row for row in queries.statement(session, ids["S003"]).rows}

    assert (rows[8].reversed_by, rows[8].reverses) == (10, None)
    assert (rows[10].reversed_by, rows[10].reverses) == (None, 8)
    assert rows[8].amount + rows[10].amount == 0


def test_a_payment_in_two_tenders_is_one_row_and_a_bill_a_row_a_charge(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        student_id = make.student(session)
        items = [
            ChargeItem("TUITION", 70, make.TODAY),
            ChargeItem("MEALS", 30, make.TODAY, memo="May to July"),
        ]
        make.bill(session, student_id, *items)
        service.record_payment(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            shares=[Share(student_id, 100)],
            tenders=[TenderPart("CASH", 60), TenderPart("CHEQUE", 40)],
        )

        rows = queries.statement(session, student_id).rows

    assert [(row.description, row.amount, row.balance) for row in rows] == [
        ("Tuition, Term 2 · due 20 Mar 2026", 70, 70),
        ("Meals, May to July · due 20 Mar 2026", 30, 100),
        ("Payment, cash, cheque · R-000001", -100, 0),
    ]


def test_the_reversal_of_what_has_no_number_is_named_by_kind_and_date(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        student_id = make.student(session)
        billed = make.bill(session, student_id, (70, make.TODAY))
        service.reverse(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            entry_id=billed.entry_id,
            reason="twice",
        )

        last = queries.statement(session, student_id).rows[-1]

    assert last.description == "Reversal of bill of 20 Mar 2026: twice"


def test_an_account_without_entries_is_an_empty_statement(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        student_id = make.student(session)

        found = queries.statement(session, student_id, since=date(2026, 1, 1))

    assert (found.opening, found.rows, found.closing) == (0, [], 0)
