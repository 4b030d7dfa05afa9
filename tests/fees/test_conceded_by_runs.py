"""Billing runs give what schemes forgive: once, pinned to its charge, and after a later grant the rest."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.errors import RuleBroken
from school.fees import at_once, grants, options, runs, schemes
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


def given_at_once(books: Database, grant_id: int) -> list[tuple[str, int]]:
    with books.writing() as session:
        given = at_once.give(session, actor=COMMAND_LINE, grant_id=grant_id)
    return [(gift.term.name, gift.amount) for gift in given]


def rows_of(books: Database, student_id: int) -> list[tuple[object, ...]]:
    """What was conceded to a student, each with the due date of what it pays."""
    charge = aliased(Line)
    with books.reading() as session:
        rows = session.execute(
            select(Entry.kind, Line.account, Line.amount, charge.account, charge.due_date, Line.term_id)
            .join(Line, Line.entry_id == Entry.id)
            .join(charge, charge.id == Line.pays)
            .where(Line.student_id == student_id)
            .order_by(Line.id)
        )
        return [tuple(row) for row in rows]


def test_a_grant_given_at_once_posts_what_the_next_run_would_and_is_not_given_again(books: Database) -> None:
    staff = scheme(books, "Staff", "staff", Rate(None, share_bp=50_00))
    with books.writing() as session:
        ann, ben = (make.student(session, name) for name in ("Ann", "Ben"))
    structure.run(books)
    with books.writing() as session:
        for one in (ann, ben):
            options.choose_option(
                session, actor=COMMAND_LINE, student_id=one, account="MEALS", from_on=date(2026, 1, 1)
            )
    at_once_granted = grant(books, ann, staff)
    with books.reading() as session:
        promised = [(gift.term.name, gift.amount) for gift in at_once.gifts(session, at_once_granted)]

    given = [given_at_once(books, at_once_granted) for _ in range(2)]
    before_meals = owed(books, ann)
    grant(books, ben, staff)
    structure.run(books)

    assert promised == given[0] == [("Term 2", 500_00)]
    assert given[1] == []
    assert before_meals == 500_00
    assert owed(books, ann) == owed(books, ben) == 600_00
    assert sorted(map(str, rows_of(books, ann))) == sorted(map(str, rows_of(books, ben)))
    with books.reading() as session:
        assert verify(session) == []


def test_a_grant_is_given_at_once_by_one_of_two_and_taken_back_as_a_run_is(books: Database) -> None:
    staff = scheme(books, "Staff", "staff", Rate(None, share_bp=50_00))
    with books.writing() as session:
        ann = make.student(session, "Ann")
    structure.run(books)
    granted = grant(books, ann, staff)
    waits = structure.begin(books)
    with pytest.raises(RuleBroken, match="it goes on first"):
        given_at_once(books, granted)
    with books.writing() as session:
        runs.undo(session, actor=COMMAND_LINE, run_id=waits, reason="not now")

    start = Barrier(2)

    def press(_: int) -> list[tuple[str, int]]:
        start.wait()
        return given_at_once(books, granted)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(press, range(2)))
    assert sorted(outcomes) == [[], [("Term 2", 500_00)]]
    assert owed(books, ann) == 500_00

    with books.reading() as session:
        last = runs.runs(session, kind="billing")[0]
    structure.undo(books, last.id)
    assert (owed(books, ann), given_at_once(books, granted)) == (1000_00, [("Term 2", 500_00)])


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
