"""Behind every figure stand entries, and they add up to it; an entry shows all its lines."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.errors import NotFound
from school.ledger import queries, service
from school.reports import dashboard
from school.students import queries as students
from tests import make

Told = tuple[Session, dict[str, int]]


def test_without_a_filter_there_is_every_entry_latest_date_first(told: Told) -> None:
    session, _ = told

    page = queries.entries(session)

    assert page.matches == len(page.rows) == 19
    assert [(row.date, row.entry_id) for row in page.rows] == sorted(
        ((row.date, row.entry_id) for row in page.rows), reverse=True
    )
    assert page.total == sum(row.amount for row in page.rows) == 2815_00


def test_pages_follow_one_another_and_carry_the_totals_of_all_matches(told: Told) -> None:
    session, _ = told

    whole = queries.entries(session, kind="payment")
    parts = [queries.entries(session, kind="payment", limit=2, offset=offset) for offset in (0, 2, 4)]

    assert [row for part in parts for row in part.rows] == whole.rows
    assert {(part.matches, part.total) for part in parts} == {(5, whole.total)}


def test_rows_show_only_the_part_of_an_entry_that_matches(told: Told) -> None:
    session, ids = told

    page = queries.entries(session, student_id=ids["S002"], kind="payment")

    assert [(row.students, row.accounts, row.amount) for row in page.rows] == [("Ben", "Cash", -400_00)]
    assert (page.matches, page.total) == (1, -400_00)


@pytest.mark.parametrize(
    "filters",
    [
        {"account": "CASH"},
        {"account": ["CASH", "BANK"], "since": date(2026, 2, 1)},
        {"account_type": "income", "until": date(2026, 2, 28)},
        {"since": date(2026, 1, 20), "until": date(2026, 1, 25)},
        {"kind": "reversal"},
        {"class_id": 1, "account_type": "tender"},
        {"class_id": 0},
        {"term_id": 1, "account": "TUITION"},
        {"term_id": 0},
        {"actor_id": 7},
    ],
)
def test_the_rows_of_any_filter_add_up_to_its_total(told: Told, filters: dict[str, object]) -> None:
    session, _ = told

    page = queries.entries(session, **filters)  # type: ignore[arg-type]

    assert page.matches == len(page.rows)
    assert page.total == sum(row.amount for row in page.rows)


def test_each_figure_of_a_term_is_the_sum_of_its_rows(told: Told) -> None:
    session, _ = told

    for term in students.terms(session)[:2]:
        figures = dashboard.figures(session, term_id=term.id)
        rows = {
            type_: queries.entries(session, term_id=term.id, account_type=type_)
            for type_ in ("income", "tender", "concession", "bad_debt")
        }

        assert rows["income"].total == figures.billed
        assert -rows["tender"].total == figures.collected
        assert -rows["concession"].total == figures.conceded
        assert -rows["bad_debt"].total == figures.written_off
        for tender in dashboard.by_tender(session, term_id=term.id):
            assert -queries.entries(session, term_id=term.id, account=tender.account).total == tender.amount
        for row in dashboard.by_class(session, term_id=term.id):
            of_class = queries.entries(session, term_id=term.id, class_id=row.class_id, account_type="income")
            assert of_class.total == row.billed


def test_an_entry_shows_its_lines_as_they_were_posted(told: Told) -> None:
    session, ids = told

    bill, cheque, bounced = (queries.entry(session, number) for number in (3, 8, 10))

    assert [(line.account_name, line.amount, line.due_date) for line in bill.lines] == [
        ("Tuition", 1000_00, date(2026, 1, 31)),
        ("Concessions", -100_00, None),
        ("Transport", 200_00, date(2026, 1, 31)),
    ]
    assert bill.lines[1].pays == bill.lines[0].line_id
    assert {line.student_id for line in bill.lines} == {ids["S001"]}
    assert (bill.lines[0].class_name, bill.lines[0].term_name) == ("Form 1", "Term 1")
    assert (cheque.document, cheque.reversed_by, bounced.reverses) == ("R-000002", 10, 8)
    assert bounced.reason == "the cheque bounced"
    assert bill.total == sum(line.amount for line in bill.lines)


def test_an_entry_that_is_not_there_is_answered_kindly(told: Told) -> None:
    session, _ = told

    with pytest.raises(NotFound):
        queries.entry(session, 20)


def test_the_chart_of_accounts_is_listed_whole_or_by_type(told: Told) -> None:
    session, _ = told

    everything, tenders = queries.accounts(session), queries.accounts(session, type="tender")

    assert [account.code for account in tenders] == ["CASH", "BANK", "CARD", "MOBILE", "CHEQUE"]
    assert set(tenders) < set(everything)


def test_the_books_are_open_until_a_period_is_locked(told: Told) -> None:
    session, _ = told

    assert queries.locked_through(session) is None


def test_the_newest_lock_is_the_one_that_holds(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        for through in (date(2026, 2, 28), date(2026, 1, 31)):
            service.lock_period(session, actor=COMMAND_LINE, through=through, reason="month end")

        assert queries.locked_through(session) == date(2026, 1, 31)
