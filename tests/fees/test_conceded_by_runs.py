"""Billing runs give what schemes forgive: once, pinned to its charge, and after a later grant the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import select

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.fees import grants, options, schemes
from school.fees.conceding import Rate
from school.fees.register import register
from school.ledger import queries as ledger
from school.ledger.models import Entry, Line
from tests import make
from tests.fees import structure


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            structure.fees(session)
        yield database


def conceded(books: Database) -> dict[str, int]:
    with books.reading() as session:
        found = register(session, since=date(2026, 1, 1), until=make.TODAY)
        return {cost.name: cost.amount for cost in found}


def owed(books: Database, student_id: int) -> int:
    with books.reading() as session:
        return ledger.balance(session, student_id)


def scheme(books: Database, name: str, kind: str, *rates: Rate) -> str:
    with books.writing() as session:
        return schemes.add_scheme(
            session, actor=COMMAND_LINE, name=name, kind=kind, rates=rates, needs_approval=False
        )


def grant(books: Database, student_id: int, code: str, **own: int) -> int:
    with books.writing() as session:
        asked = grants.request(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=student_id,
            scheme=code,
            reason="board decision",
            valid_from=make.TODAY,
            **own,
        )
    return asked.grant_id


def test_a_sibling_is_forgiven_on_the_bill_itself_each_part_pinned_to_its_charge(books: Database) -> None:
    scheme(books, "Siblings", "sibling", Rate("TUITION", share_bp=10_00, ordinal=2))
    with books.writing() as session:
        old = make.student(session, "Old", class_name="Form 2", guardian="Gil")
        young = make.student(session, "Young", class_name="Form 1", guardian="Gil")

    structure.run(books)
    structure.run(books)

    assert (owed(books, old), owed(books, young)) == (1000_00, 900_00)
    assert conceded(books) == {"Siblings": 100_00}
    with books.reading() as session:
        rows = session.execute(
            select(Entry.kind, Line.amount, Line.pays)
            .join(Line, Line.entry_id == Entry.id)
            .where(Line.account == "SIBLINGS")
            .order_by(Line.id)
        ).all()
        opens = [one.open for one in ledger.open_charges(session, young)]
    assert [(row.kind, row.amount) for row in rows] == [("bill", -50_00), ("bill", -30_00), ("bill", -20_00)]
    assert opens == [450_00, 270_00, 180_00]


def test_a_grant_in_mid_term_gives_the_difference_once_and_its_end_takes_nothing_back(
    books: Database,
) -> None:
    staff = scheme(books, "Staff", "staff", Rate(None, share_bp=50_00))
    with books.writing() as session:
        ann = make.student(session, "Ann")
    structure.run(books)
    granted = grant(books, ann, staff)

    structure.run(books)
    structure.run(books)
    assert (owed(books, ann), conceded(books)) == (500_00, {"Staff": 500_00})

    with books.writing() as session:
        grants.end(session, actor=COMMAND_LINE, grant_id=granted, on=date(2026, 1, 1), reason="a mistake")
    structure.run(books)
    assert owed(books, ann) == 500_00


def test_an_amount_for_every_fee_is_not_given_again_when_a_fee_is_added(books: Database) -> None:
    bursary = scheme(books, "Bursary", "bursary")
    with books.writing() as session:
        ann = make.student(session, "Ann")
    grant(books, ann, bursary, amount_minor=300_00)
    structure.run(books)
    with books.writing() as session:
        options.choose_option(
            session, actor=COMMAND_LINE, student_id=ann, account="MEALS", from_on=date(2026, 1, 1)
        )

    structure.run(books)

    assert (owed(books, ann), conceded(books)) == (900_00, {"Bursary": 300_00})
