"""Mistakes mended in the open: a cheque that bounced, a receipt that pays another charge, credit kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from school import clock
from school.access.rules import COMMAND_LINE
from school.checks.ledger import verify
from school.db import Database
from school.errors import NotFound, RuleBroken, TooMuch
from school.ledger import queries, service
from school.ledger.models import Entry, FeeHead
from school.ledger.service import ChargeItem, Posted
from school.students import policies
from school.students import service as students
from tests import databases, make

JAN, MAR, MAY = date(2026, 1, 15), date(2026, 3, 10), date(2026, 5, 4)


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """Ann (1) owes 100.00 of tuition since January and 80.00 of transport since March; she paid 100.00."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            ann = make.student(session, "Ann")
            make.bill(session, ann, (100_00, JAN), ChargeItem("TRANSPORT", 80_00, MAR), on=JAN)
            make.pay(session, ann, 100_00, tender="CHEQUE", on=MAR)
            policies.change_policies(session, actor=COMMAND_LINE, values={policies.BOUNCED_CHEQUE_FEE: 25_00})
        yield database


def bounce(books: Database, *, request: str | None = None, fee: int = 25_00, entry: int = 2) -> Posted:
    with books.writing() as session:
        return service.bounce(
            session,
            actor=COMMAND_LINE,
            request_id=request or make.request_id(),
            entry_id=entry,
            reason="returned unpaid",
            fee_minor=fee,
        )


def move(books: Database, amount: int, pays: int, *, receipt: str = "R-000001", request: str = "") -> Posted:
    with books.writing() as session:
        return service.reallocate(
            session,
            actor=COMMAND_LINE,
            request_id=request or make.request_id(),
            student_id=1,
            receipt=receipt,
            pays=pays,
            amount_minor=amount,
            reason="asked by the father",
        )


def still_open(books: Database, student_id: int = 1) -> dict[str, int]:
    with books.reading() as session:
        assert verify(session) == []
        return {c.account: c.open for c in queries.open_charges(session, student_id)}


def told(books: Database) -> list[str]:
    with books.reading() as session:
        return [row.description for row in queries.statement(session, 1).rows]


def test_a_bounced_cheque_and_its_fee_are_one_fact(books: Database) -> None:
    first = bounce(books, request="the same press")
    again = bounce(books, request="the same press")

    assert (again.entry_id, again.already) == (first.entry_id, True)
    assert still_open(books) == {"TUITION": 100_00, "TRANSPORT": 80_00, "BOUNCED": 25_00}
    assert told(books)[-2:] == [
        "Reversal of R-000001: returned unpaid",
        "Bounced cheque fee, R-000001 · due 20 Mar 2026",
    ]


def test_without_its_fee_a_payment_does_not_bounce(books: Database) -> None:
    with pytest.raises(RuleBroken, match=r"The fee for a bounced cheque is 25\.00 by now"):
        bounce(books, fee=20_00)
    with pytest.raises(NotFound):
        bounce(books, entry=1)
    with books.writing() as session:
        students.change_student(session, actor=COMMAND_LINE, student_id=1, status="left")
    with pytest.raises(RuleBroken, match="takes no new charges"):
        bounce(books)

    with books.reading() as session:
        assert queries.last_entry(session) == 2


def test_a_receipt_pays_another_charge_and_nothing_else_changes(books: Database) -> None:
    with books.reading() as session:
        before = queries.receipt(session, 2)

    move(books, 60_00, 2)

    assert still_open(books) == {"TUITION": 60_00, "TRANSPORT": 20_00}
    assert told(books)[-1] == "Re-allocation of R-000001 to Transport, Term 1: asked by the father"
    with books.reading() as session:
        assert queries.receipt(session, 2) == before
        assert queries.balance(session, 1) == 80_00
        assert {one.pays: one.amount for one in queries.holdings(session, 1, "R-000001")} == {
            None: 40_00,
            2: 60_00,
        }


def test_the_same_press_moves_once_and_no_more_than_there_is(books: Database) -> None:
    move(books, 60_00, 2, request="the same press")
    assert move(books, 60_00, 2, request="the same press").already

    for amount, sentence in (
        (40_01, r"Only 40\.00 of R-000001 can be moved there"),
        (30_00, r"Only 20\.00 of this charge is not paid by name"),
    ):
        with pytest.raises(TooMuch, match=sentence):
            move(books, amount, 2)
    with pytest.raises(NotFound):
        move(books, 1, 2, receipt="R-000009")
    with pytest.raises(RuleBroken):
        move(books, 1, 99)


def test_reversing_the_receipt_takes_the_move_back_as_well(books: Database) -> None:
    move(books, 60_00, 2)
    move(books, 10_00, 1)

    bounce(books)

    assert still_open(books) == {"TUITION": 100_00, "TRANSPORT": 80_00, "BOUNCED": 25_00}
    with books.reading() as session:
        assert queries.holdings(session, 1, "R-000001") == []


def test_a_move_that_was_moved_on_is_taken_back_in_turn(books: Database) -> None:
    first = move(books, 60_00, 2)
    second = move(books, 100_00, 1)

    with pytest.raises(RuleBroken, match="Part of it was re-allocated"):
        reverse(books, first.entry_id)
    reverse(books, second.entry_id)
    reverse(books, first.entry_id)

    assert still_open(books) == {"TRANSPORT": 80_00}


def reverse(books: Database, entry_id: int) -> None:
    with books.writing() as session:
        service.reverse(
            session, actor=COMMAND_LINE, request_id=make.request_id(), entry_id=entry_id, reason="mistaken"
        )


def test_credit_of_a_head_that_is_not_refundable_stays_for_the_next_charge(books: Database) -> None:
    with books.writing() as session:
        session.execute(insert(FeeHead), [{"account": "TRANSPORT", "refundable": False}])
        make.pay(session, 1, 90_00)
        service.credit_note(
            session,
            actor=COMMAND_LINE,
            request_id=make.request_id(),
            student_id=1,
            amount_minor=80_00,
            account="TRANSPORT",
            reason="no bus",
        )

    def refund(amount: int) -> None:
        with books.writing() as session:
            service.refund(
                session,
                actor=COMMAND_LINE,
                request_id=make.request_id(),
                student_id=1,
                amount_minor=amount,
                tender="CASH",
                reason="left",
            )

    with pytest.raises(TooMuch) as refused:
        refund(10_01)
    refund(10_00)

    assert refused.value.sentence == (
        "Ann has a credit of 90.00, of which 10.00 can be paid back or moved: "
        "the rest came from fee heads that are not refundable."
    )
    with books.reading() as session:
        assert queries.refundable(session, 1) == queries.Credit(80_00, 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["bill", "pay", "move", "reverse"]), st.integers(0, 40), st.integers(1, 60)),
    min_size=4,
    max_size=12,
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_whatever_is_moved_and_reversed_every_charge_is_open_by_what_nobody_paid(
    steps: list[tuple[str, int, int]],
) -> None:
    with clock.set_to(make.NOON), databases.fresh("sqlite") as database:
        with database.writing() as session:
            make.school(session)
            make.student(session, "Ann")
        for what, n, amount in steps:
            with database.writing() as session:
                act(session, what, n, amount)
        with database.reading() as session:
            assert verify(session) == []
            charges = queries.open_charges(session, 1)
            balance = queries.balance(session, 1)
            assert all(0 < charge.open <= charge.amount for charge in charges)
            assert sum(charge.open for charge in charges) - max(0, -balance) == balance


def act(session, what: str, n: int, amount: int) -> None:  # type: ignore[no-untyped-def]
    charges = queries.open_charges(session, 1)
    receipts = [one.document for one in queries.recent_receipts(session, student_id=1)]
    if what == "bill":
        make.bill(session, 1, (amount, [JAN, MAR, MAY][n % 3]))
    elif what == "pay":
        pins = [None, *(charge.line_id for charge in charges)]
        make.pay(session, 1, amount, pays=pins[n % len(pins)])
    elif what == "move" and charges and receipts:
        try:
            service.reallocate(
                session,
                actor=COMMAND_LINE,
                request_id=make.request_id(),
                student_id=1,
                receipt=receipts[n % len(receipts)],
                pays=charges[n % len(charges)].line_id,
                amount_minor=amount,
                reason="why",
            )
        except (TooMuch, NotFound):
            return
    elif what == "reverse":
        ids = session.scalars(select(Entry.id).where(Entry.kind.in_(("payment", "transfer")))).all()
        if ids:
            try:
                service.reverse(
                    session,
                    actor=COMMAND_LINE,
                    request_id=make.request_id(),
                    entry_id=ids[n % len(ids)],
                    reason="why",
                )
            except RuleBroken:
                session.rollback()
