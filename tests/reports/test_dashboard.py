"""Every figure is what the entries say, today and as at any past day, and agrees with every other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.errors import NotFound
from school.ledger import service
from school.ledger.service import ChargeItem
from school.reports import dashboard
from school.reports.ageing import Ageing, ageing, bucket_of, due_dates_of
from school.students import queries as students
from school.students import service as people
from tests import databases, make

TERM_1, TERM_2 = date(2026, 1, 10), date(2026, 3, 5)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def school(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Two terms: Ann pays some and is let off some, Ben overpays and gets a refund, Cy owes all."""
    with databases.fresh(request.param) as database, clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            ann = make.student(session, "Ann")
            ben = make.student(session, "Ben", class_name="Form 2")
            cy = make.student(session, "Cy", class_name=None)
            for student_id in (ann, ben):
                tuition = ChargeItem("TUITION", 1000, date(2026, 1, 31))
                make.bill(
                    session, student_id, tuition, ChargeItem("MEALS", 200, date(2026, 3, 20)), on=TERM_1
                )
            make.pay(session, ann, 400, on=date(2026, 1, 20))
            make.pay(session, ben, 1500, tender="BANK", on=date(2026, 2, 1))
            make.pay(session, ann, 50, tender="CHEQUE", on=date(2026, 2, 28))  # between the terms
            facts = {"actor": COMMAND_LINE, "session": session}
            service.refund(
                **facts,
                request_id=make.request_id(),
                student_id=ben,
                amount_minor=100,
                tender="BANK",
                reason="overpaid",
                date=date(2026, 2, 2),
            )
            service.concession(
                **facts,
                request_id=make.request_id(),
                student_id=ann,
                amount_minor=150,
                reason="staff",
                date=date(2026, 2, 3),
            )
            make.bill(session, cy, (700, date(2026, 3, 19)), on=TERM_2)
            cheque = make.pay(session, cy, 300, tender="CHEQUE", on=date(2026, 3, 6))
            service.reverse(
                **facts,
                request_id=make.request_id(),
                entry_id=cheque.entry_id,
                reason="bounced",
                date=date(2026, 3, 9),
            )
            service.write_off(
                **facts,
                request_id=make.request_id(),
                student_id=cy,
                amount_minor=10,
                reason="rounding",
                date=date(2026, 3, 10),
            )
        yield database


@pytest.fixture
def books(school: Database) -> Iterator[Session]:
    with school.reading() as session:
        yield session


def term_id(session: Session, name: str) -> int:
    return next(term.id for term in students.terms(session) if term.name == name)


def test_the_key_figures_of_today(books: Session) -> None:
    found = dashboard.figures(books)

    assert found.as_at == make.TODAY
    assert found.term is not None
    assert found.term.name == "Term 2"
    assert (found.owing, found.owed, found.credit) == (2, 600 + 690, 200)
    assert (found.due, found.overdue) == (600 + 690, 400 + 690)
    assert (found.billed, found.conceded, found.written_off, found.collected) == (700, 0, 10, 0)
    assert found.rate_percent == 0


def test_collected_is_money_received_less_reversals_and_refunds_and_counts_the_holidays_after(
    books: Session,
) -> None:
    found = dashboard.figures(books, term_id=term_id(books, "Term 1"))

    assert (found.billed, found.conceded) == (2400, 150)
    assert found.collected == 400 + 1500 - 100 + 50
    assert found.rate_percent == round(100 * 1850 / 2250, 1)


def test_the_key_figures_of_a_past_day_are_those_of_that_evening(books: Session) -> None:
    found = dashboard.figures(books, as_at=date(2026, 2, 1))

    assert found.term is not None
    assert found.term.name == "Term 1"
    assert (found.owing, found.owed, found.credit) == (1, 800, 300)
    assert (found.due, found.overdue) == (600, 600)
    assert (found.billed, found.conceded, found.collected) == (2400, 0, 1900)


def test_before_the_first_entry_and_the_first_term_everything_is_nothing(books: Session) -> None:
    found = dashboard.figures(books, as_at=date(2025, 12, 1))

    assert found.term is None
    assert found.rate_percent is None
    assert (found.owed, found.due, found.credit, found.billed, found.collected) == (0, 0, 0, 0, 0)
    assert dashboard.by_tender(books, as_at=date(2025, 12, 1)) == []


@pytest.mark.parametrize(
    "as_at", [None, date(2026, 3, 20), date(2026, 3, 8), date(2026, 2, 1), date(2026, 1, 10)]
)
def test_classes_tenders_and_fee_heads_add_up_to_the_key_figures(books: Session, as_at: date | None) -> None:
    figures = dashboard.figures(books, as_at=as_at)
    classes = dashboard.by_class(books, as_at=as_at)
    aged = ageing(books, as_at=as_at)
    by_class = [ageing(books, as_at=as_at, class_id=row.class_id) for row in classes]

    assert sum(row.billed for row in classes) == figures.billed
    assert sum(row.conceded for row in classes) == figures.conceded
    assert sum(row.collected for row in classes) == figures.collected
    assert sum(row.outstanding for row in classes) == figures.owed == aged.open_total
    assert sum(row.amount for row in dashboard.by_tender(books, as_at=as_at)) == figures.collected
    assert sum(row.amount for row in dashboard.by_fee_head(books, as_at=as_at)) == figures.billed
    assert aged.overdue == figures.overdue
    assert aged.credit == figures.credit
    for column in ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "credit"):
        assert sum(getattr(one, column) for one in by_class) == getattr(aged, column)


def test_classes_come_youngest_first_and_those_without_a_class_last(books: Session) -> None:
    rows = dashboard.by_class(books, term_id=term_id(books, "Term 1"))

    assert [(row.name, row.students, row.billed, row.collected, row.outstanding) for row in rows] == [
        ("Form 1", 1, 1200, 450, 600),
        ("Form 2", 1, 1200, 1400, 0),
        ("", 1, 0, 0, 690),
    ]
    assert [row.rate_percent for row in rows] == [
        round(100 * 450 / 1050, 1),
        round(100 * 1400 / 1200, 1),
        None,
    ]


def test_months_stand_beside_the_same_months_of_the_year_before(books: Session) -> None:
    rows = dashboard.months(books)

    assert [row.month for row in rows] == [date(2026, month, 1) for month in range(1, 13)]
    assert [(row.billed, row.collected) for row in rows[:4]] == [(2400, 400), (0, 1450), (700, 0), (0, 0)]
    assert {(row.billed_last_year, row.collected_last_year) for row in rows} == {(0, 0)}


def test_months_of_next_year_show_this_year_as_last_year(books: Session) -> None:
    with clock.set_to(make.NOON.replace(year=2027, month=2)):
        rows = dashboard.months(books)

    assert rows[-1].month == date(2027, 2, 1)
    assert {row.month: row.billed_last_year for row in rows if row.billed_last_year} == {
        date(2027, 1, 1): 2400,
    }
    assert {row.month: row.billed for row in rows if row.billed} == {date(2026, 3, 1): 700}


def test_months_know_nothing_of_what_came_after(books: Session) -> None:
    rows = dashboard.months(books, as_at=date(2026, 1, 31))

    assert [(row.billed, row.collected) for row in rows[:3]] == [(2400, 400), (0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("as_at", "expected"),
    [
        (None, [("Cy", 690, 690, date(2026, 3, 19)), ("Ann", 600, 400, date(2026, 1, 31))]),
        (date(2026, 2, 1), [("Ann", 800, 600, date(2026, 1, 31))]),
    ],
)
def test_top_debtors_come_with_what_is_overdue_and_since_when(
    books: Session, as_at: date | None, expected: list[tuple[str, int, int, date]]
) -> None:
    rows = dashboard.top_debtors(books, as_at=as_at)

    assert [(row.name, row.balance, row.overdue, row.oldest_due) for row in rows] == expected
    assert dashboard.top_debtors(books, as_at=as_at, limit=1) == rows[:1]


def test_takings_are_by_tender_and_accounting_date(books: Session) -> None:
    found = dashboard.takings(books, since=date(2026, 2, 1), until=date(2026, 2, 28))

    assert [(row.account, row.name, row.amount) for row in found] == [
        ("BANK", "Bank transfer", 1400),
        ("CHEQUE", "Cheque", 50),
    ]


def test_a_term_that_is_not_there_is_answered_kindly(books: Session) -> None:
    with pytest.raises(NotFound):
        dashboard.figures(books, term_id=99)


def test_a_school_without_terms_or_entries_has_a_dashboard(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        people.make_school(session, actor=COMMAND_LINE, name="New", currency="USD", time_zone="UTC")
        nothing = dict.fromkeys(("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "credit"), 0)

        figures = dashboard.figures(session)

        assert (figures.term, figures.owed, figures.billed, figures.rate_percent) == (None, 0, 0, None)
        assert ageing(session) == Ageing(make.TODAY, **nothing)
        assert dashboard.by_class(session) == dashboard.top_debtors(session) == []
        assert [row.month for row in dashboard.months(session)][-1] == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, "not_due"),
        (0, "not_due"),
        (1, "days_1_30"),
        (30, "days_1_30"),
        (31, "days_31_60"),
        (60, "days_31_60"),
        (61, "days_61_90"),
        (90, "days_61_90"),
        (91, "over_90"),
    ],
)
def test_ages_are_counted_in_days_from_the_due_date_inclusive(days: int, bucket: str) -> None:
    due = date.fromordinal(make.TODAY.toordinal() - days)

    first, last = due_dates_of(bucket, make.TODAY)

    assert bucket_of(days) == bucket
    assert first is None or first <= due
    assert last is None or due <= last
