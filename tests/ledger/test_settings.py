"""What the school decides about its books counts from then on, and changes nothing that was posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from school import clock
from school.access.rules import COMMAND_LINE
from school.audit import events
from school.audit import queries as audit
from school.checks import ledger as checks
from school.db import Database
from school.errors import BadDate, BadInput, RuleBroken
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.queries import SeriesFacts
from school.students import calendar, classes, queries
from school.students.calendar import TermAsked
from tests import make


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """Receipts R-000001 and R-000002, the latter with a credit of 10.00 left."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            make.student(session, "Ann", admission_no="Ann")
            make.pay(session, 1, 500)
            make.pay(session, 1, 500)
        yield database


def number(database: Database, series: str, kind: str = "payment") -> None:
    with database.writing() as session:
        service.number_documents(session, actor=COMMAND_LINE, kind=kind, series=series)


def pay(database: Database) -> str | None:
    with database.writing() as session:
        return make.pay(session, 1, 100).document


def refund(database: Database) -> str | None:
    with database.writing() as session:
        return service.refund(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=1,
            amount_minor=100,
            tender="CASH",
            reason="left",
        ).document


def test_each_letters_count_without_a_gap_and_go_on_where_they_were_left(books: Database) -> None:
    number(books, "r27")
    handed_out = [pay(books), pay(books), refund(books)]
    number(books, "R")
    handed_out += [pay(books)]
    number(books, "R27")
    handed_out += [pay(books)]

    assert handed_out == ["R27-000001", "R27-000002", "F-000001", "R-000003", "R27-000003"]
    with books.reading() as session:
        assert ledger.receipt_by_document(session, "r27-2").document == "R27-000002"
        assert ledger.receipt_by_document(session, "r3").document == "R-000003"
        assert ledger.series(session) == [
            SeriesFacts("payment", "R27", 3, present=True),
            SeriesFacts("payment", "R", 3, present=False),
            SeriesFacts("refund", "F", 1, present=True),
        ]
        assert checks.verify(session) == []
        changed = audit.latest(session, events.SERIES_CHANGED, "series:payment")
    assert changed is not None
    assert (changed.before, changed.after) == ({"series": "R"}, {"series": "R27"})


def test_letters_that_would_be_misread_are_refused(books: Database) -> None:
    for series in ("", "27R", "R-1", "RECEIPT", "Ж", "R 1"):
        with pytest.raises(BadInput, match="1 to 6 letters"):
            number(books, series)


def test_letters_of_receipts_never_number_refunds(books: Database) -> None:
    number(books, "X")
    pay(books)
    number(books, "Y")

    for series, whose in (("R", "receipts"), ("X", "receipts"), ("Y", "receipts"), ("D", "deposit slips")):
        with pytest.raises(BadInput, match=f"numbers {whose}"):
            number(books, series, kind="refund")


def test_a_tender_out_of_use_takes_no_money_and_keeps_its_name_in_the_books(books: Database) -> None:
    with books.writing() as session:
        service.change_account(session, actor=COMMAND_LINE, code="CASH", name="Coins", active=False)

    with pytest.raises(BadInput, match="Coins is no longer in use"):
        pay(books)
    with books.reading() as session:
        assert ledger.receipt_by_document(session, "R-1").tenders[0][1] == "Coins"
        changed = audit.latest(session, events.ACCOUNT_CHANGED, "account:CASH")
    assert changed is not None
    assert (changed.before, changed.after) == (
        {"name": "Cash", "active": True},
        {"name": "Coins", "active": False},
    )


def test_what_the_books_need_stays_in_use_and_no_name_is_used_twice(books: Database) -> None:
    for code, changes, said in (
        ("CASH", {"name": "card"}, "There is an account card already"),
        ("OPEN", {"active": False}, "is needed by the books"),
        ("LATE", {"active": False}, "is needed by the books"),
    ):
        with pytest.raises((BadInput, RuleBroken), match=said), books.writing() as session:
            service.change_account(session, actor=COMMAND_LINE, code=code, **changes)  # type: ignore[arg-type]


def test_the_last_tender_stays_in_use(books: Database) -> None:
    with books.writing() as session:
        for code in ("BANK", "CARD", "MOBILE", "CHEQUE"):
            service.change_account(session, actor=COMMAND_LINE, code=code, active=False)

    with pytest.raises(RuleBroken, match="last tender"), books.writing() as session:
        service.change_account(session, actor=COMMAND_LINE, code="CASH", active=False)


def change_year(database: Database, **days: date) -> None:
    """Gives terms of 2026 another first day."""
    with database.writing() as session:
        year = queries.years(session)[0]
        terms = [
            TermAsked(t.id, t.name, days.get(t.name.replace(" ", ""), t.starts_on), t.ends_on)
            for t in queries.terms(session)
        ]
        calendar.change_year(
            session,
            actor=COMMAND_LINE,
            year_id=year.id,
            name="The year",
            starts_on=year.starts_on,
            ends_on=year.ends_on,
            terms=terms,
        )


def test_a_term_moves_its_first_day_only_over_days_without_entries(books: Database) -> None:
    change_year(books, Term3=date(2026, 8, 24), Term2=date(2026, 3, 9))

    with pytest.raises(BadDate, match="Term 2 keeps its first day"):
        change_year(books, Term2=date(2026, 3, 21))

    with books.reading() as session:
        assert [t.starts_on.isoformat() for t in queries.terms(session)][1:] == ["2026-03-09", "2026-08-24"]
        changed = audit.latest(session, events.YEAR_CHANGED, "year:1")
    assert changed is not None
    assert changed.before is not None
    assert changed.before["Term 3"] == ["2026-09-01", "2026-12-18"]


def test_the_currency_stays_from_the_first_entry_on(books: Database) -> None:
    with pytest.raises(RuleBroken, match="stays USD"), books.writing() as session:
        calendar.change_currency(session, actor=COMMAND_LINE, currency="JPY")


def test_classes_are_put_in_another_order_and_each_move_is_audited(books: Database) -> None:
    with books.writing() as session:
        last = queries.classes(session)[-1]
        classes.change_class(session, actor=COMMAND_LINE, class_id=last.id, name="Form 9", after=0)

    with books.reading() as session:
        assert [c.name for c in queries.classes(session)] == ["Form 9", "Form 1"]
        changed = audit.latest(session, events.CLASS_CHANGED, f"class:{last.id}")
    assert changed is not None
    assert changed.after == {"name": "Form 9", "position": 1}
