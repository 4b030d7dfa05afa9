"""What papers say is what the books say, for any period, any student and any family."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.errors import BadDate, NotFound
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.models import Entry
from school.ledger.service import ChargeItem
from school.reports import recipients, statements
from school.students import queries as students
from tests import make
from tests.ledger import hand_school

Told = tuple[Session, dict[str, int]]
DAYS = st.dates(date(2025, 12, 20), date(2026, 3, 25))
EVENING = hand_school.END.date()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(since=st.none() | DAYS, days=st.integers(0, 60))
def test_a_statement_of_any_period_leads_from_balance_to_balance(
    told: Told, since: date | None, days: int
) -> None:
    """That a statement adds up, and what is open to its balance, the facts themselves refuse to break."""
    session, ids = told
    until = (since or date(2026, 1, 1)) + timedelta(days=days)

    found = list(statements.student_statements(session, list(ids.values()), since, until))

    as_at = min(until, EVENING)
    for student_id, facts in zip(ids.values(), found, strict=True):
        (student,) = facts.students
        assert facts.as_at == as_at
        assert student.closing_minor == ledger.balance(session, student_id, as_at=as_at)
        before = since and ledger.balance(session, student_id, as_at=since - timedelta(days=1))
        assert student.opening_minor == (before or 0)
        assert len(student.movements) == len(
            ledger.statement(session, student_id, since=since, until=until).rows
        )


def test_a_statement_says_due_dates_apart_from_its_words(told: Told) -> None:
    session, ids = told

    (facts,) = statements.student_statements(session, [ids["S003"]])

    rows = [(row.description, row.due) for row in facts.students[0].movements]
    assert rows[1] == ("Tuition, Term 1", date(2026, 1, 31))
    assert rows[3] == ("Payment, cheque · R-000002 (reversed)", None)
    assert [(charge.due, charge.open_minor) for charge in facts.students[0].open_charges] == [
        (date(2026, 1, 31), 1000_00),
        (date(2026, 2, 3), 25_00),
    ]
    assert facts.ageing.days_31_60 == 1025_00


def test_a_family_is_one_statement_of_all_its_children(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        ann, ben = (make.student(session, name, guardian="Mrs Bell") for name in ("Ann", "Ben"))
        make.student(session, "Gone", guardian="Mrs Bell", status="left")
        make.bill(session, ann, (700, make.TODAY))
        make.pay(session, ben, 200)
        family = family_of(session, ann)

        facts = statements.family_statement(session, family)

        assert [one.name for one in facts.students] == ["Ann", "Ben"]
        assert (facts.to, facts.balance_minor) == ("Mrs Bell", 500)
        assert (facts.ageing.not_due, facts.ageing.credit) == (700, 200)
        with pytest.raises(NotFound):
            statements.family_statement(session, 99)


def family_of(session: Session, student_id: int) -> int:
    return students.student(session, student_id).family_id


def test_a_period_that_ends_before_it_begins_is_refused(told: Told) -> None:
    session, ids = told

    with pytest.raises(BadDate):
        list(statements.student_statements(session, [ids["S001"]], date(2026, 2, 2), date(2026, 2, 1)))


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    yield asked
    event.remove(session.connection(), "before_cursor_execute", note)


def test_five_statements_are_read_with_the_queries_of_one(told: Told) -> None:
    session, ids = told
    every = list(ids.values())

    list(statements.student_statements(session, every[:1], date(2026, 1, 2)))  # what a reader reads once

    with counted(session) as one:
        list(statements.student_statements(session, every[3:4], date(2026, 1, 2)))
    with counted(session) as five:
        list(statements.student_statements(session, every, date(2026, 1, 2)))

    assert len(five) == len(one)


@pytest.mark.parametrize("since", [None, date(2026, 1, 25)])
def test_pages_put_together_are_the_statement(told: Told, since: date | None) -> None:
    session, ids = told
    for student_id in ids.values():
        whole = ledger.statement(session, student_id, since=since)
        last = ledger.statement_page(session, student_id, since=since, per_page=3)

        pages = [
            ledger.statement_page(session, student_id, since=since, per_page=3, page=number)
            for number in range(1, last.pages + 1)
        ]

        assert [row for page in pages for row in page.rows] == whole.rows
        assert pages[-1] == last
        assert (pages[0].opening, pages[0].closing) == (whole.opening, whole.closing)
        for page in pages:
            assert page.brought + sum(row.amount for row in page.rows) == page.rows[-1].balance
            assert page.opening + page.charges - page.credits == page.closing


def test_a_page_past_the_end_is_the_newest_and_an_empty_account_has_one_page(told: Told) -> None:
    session, ids = told
    newest = ledger.statement_page(session, ids["S003"], per_page=3)

    assert ledger.statement_page(session, ids["S003"], per_page=3, page=99) == newest
    assert ledger.statement_page(session, ids["S003"], since=EVENING).pages == 1


def test_an_invoice_is_the_bill_and_the_account_right_after_it(told: Told) -> None:
    session, _ = told
    bills = list(session.scalars(select(Entry.id).where(Entry.kind == "bill").order_by(Entry.id)))

    found = {(facts.admission_no, facts.number): facts for facts in statements.invoices(session, bills)}

    first, second = (facts for (no, _), facts in found.items() if no == "S001")
    tuition, transport = first.charges
    assert (tuition.description, tuition.amount_minor) == ("Tuition, Term 1", 1000_00)
    assert [less.amount_minor for less in tuition.concessions] == [100_00]
    assert (transport.net_minor, first.total_minor, first.before_minor) == (200_00, 1100_00, 0)
    assert [part.amount_minor for part in first.instalments] == [1100_00]
    assert (second.total_minor, second.before_minor, second.instalments) == (30_00, -50_00, ())
    cy = next(facts for (no, _), facts in found.items() if no == "S003")
    assert [(part.due, part.amount_minor) for part in cy.instalments] == [
        (date(2025, 11, 30), 150_00),
        (date(2026, 1, 31), 1000_00),
        (date(2026, 2, 28), 120_00),
    ]
    assert len(found) == len(bills)


def test_a_reversed_bill_is_an_invoice_that_says_so(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        billed = make.bill(session, make.student(session), ChargeItem("MEALS", 70, make.TODAY))
        service.reverse(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            entry_id=billed.entry_id,
            reason="twice",
        )

        (facts,) = statements.invoices(session, [billed.entry_id])

    assert facts.reversed_by == "Reversed on 20 Mar 2026: twice"


def test_a_reminder_lists_what_is_overdue_on_the_day_and_nothing_else(told: Told) -> None:
    session, ids = told
    families = [family_of(session, student_id) for student_id in ids.values()]

    now = {facts.students[0].name: facts for facts in statements.reminders(session, families, 2)}
    then = list(statements.reminders(session, families, 1, date(2026, 2, 1)))

    assert {name: facts.total_minor for name, facts in now.items()} == {
        "Ben": 410_00,
        "Cy": 1025_00,
        "Eve": 166_67,
    }
    assert [charge.days for charge in now["Cy"].students[0].overdue] == [43, 40]
    assert (now["Cy"].stage, now["Cy"].pay_by) == (2, EVENING + timedelta(days=10))
    assert "Eve" not in {facts.students[0].name for facts in then}


def test_who_gets_a_statement_is_who_is_here_or_owes(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        ann = make.student(session, "Ann", class_name="Form 2", guardian="Mrs Bell")
        ben = make.student(session, "Ben", guardian="Mrs Bell")
        make.student(session, "Gone", status="left")
        cy = make.student(session, "Cy")
        make.bill(session, ann, (700, make.TODAY))
        make.pay(session, ben, 900)

        everyone = recipients.of_students(session)
        owing = recipients.of_students(session, only_owing=True)
        families = recipients.of_families(session)

    assert (everyone.ids, everyone.balance) == ([ben, cy, ann], -200)
    assert (owing.ids, owing.balance) == ([ann], 700)
    assert len(families.ids) == 2


def test_a_family_in_credit_as_a_whole_does_not_owe(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        ann, ben = (make.student(session, name, guardian="Mrs Bell") for name in ("Ann", "Ben"))
        make.bill(session, ann, (700, make.TODAY))
        make.pay(session, ben, 900)

        assert recipients.of_families(session, only_owing=True).ids == []
