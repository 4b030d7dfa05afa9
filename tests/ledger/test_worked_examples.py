"""Thirteen small stories with known answers come out right, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from school import clock, money
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.errors import TooMuch
from school.fees.rules import late_fee, part_of, sibling_concessions
from school.ledger import queries
from school.ledger import service as ledger
from school.ledger.service import ChargeItem, Share, TenderPart
from school.reports.ageing import ageing
from tests import make

TODAY = make.TODAY
DUE = (date(2026, 2, 1), date(2026, 2, 15), date(2026, 3, 1))


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
        yield database


def post(session: Session, fact: Callable[..., ledger.Posted], **values: Any) -> ledger.Posted:
    return fact(session, actor=COMMAND_LINE, request_id=make.request_id(), **values)


def opens(session: Session, student_id: int, *, as_at: date | None = None) -> list[int]:
    """What is open of the charges that still are, oldest due first."""
    return [charge.open for charge in queries.open_charges(session, student_id, as_at=as_at)]


def test_1_a_charge_a_receipt_and_a_concession(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(session, ann, (10_000_00, TODAY))
        make.pay(session, ann, 2_500_00)
        post(session, ledger.concession, student_id=ann, amount_minor=2_000_00, reason="bursary")

        assert queries.balance(session, ann) == 5_500_00


def test_2_a_payment_settles_the_oldest_due_first_and_a_credit_note_leaves_a_credit(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(session, ann, *zip((30_00, 50_00, 20_00), DUE, strict=True))
        make.pay(session, ann, 40_00)

        assert opens(session, ann) == [40_00, 20_00]

        post(
            session,
            ledger.credit_note,
            student_id=ann,
            amount_minor=100_00,
            account="TUITION",
            reason="left early",
        )
        account = queries.summary(session, ann)

        assert (account.balance, account.open_total, account.credit) == (-40_00, 0, 40_00)


def test_3_two_credits_in_turn(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(session, ann, *zip((60_00, 100_00, 40_00), DUE, strict=True))
        make.pay(session, ann, 40_00)

        assert opens(session, ann) == [20_00, 100_00, 40_00]

        post(session, ledger.concession, student_id=ann, amount_minor=100_00, reason="bursary")

        assert opens(session, ann) == [20_00, 40_00]


def test_4_a_bounced_payment_leaves_the_bill_as_it_was(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(
            session,
            ann,
            ChargeItem("TUITION", 1_000_00, TODAY, concession_minor=100_00),
            ChargeItem("TRANSPORT", 200_00, TODAY),
        )
        paid = make.pay(session, ann, 600_00)
        post(session, ledger.reverse, entry_id=paid.entry_id, reason="bounced")

        assert queries.balance(session, ann) == 1_100_00
        charges = [(charge.account, charge.open) for charge in queries.open_charges(session, ann)]
        assert charges == [("TUITION", 900_00), ("TRANSPORT", 200_00)]


def test_5_the_same_credit_is_not_refunded_twice(books: Database) -> None:
    refund = {"amount_minor": 500_00, "tender": "CASH", "reason": "left"}
    with books.writing() as session:
        ann = make.student(session)
        make.pay(session, ann, 500_00)
        post(session, ledger.refund, student_id=ann, **refund)

    with (
        pytest.raises(TooMuch, match=r"has a credit of 0\.00: 500\.00 cannot be paid back"),
        books.writing() as session,
    ):
        post(session, ledger.refund, student_id=ann, **refund)

    with books.reading() as session:
        assert queries.balance(session, ann) == 0


def test_6_a_payment_of_tomorrow_is_not_there_today(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(session, ann, (100_00, TODAY))
    tomorrow = TODAY + timedelta(days=1)
    with clock.set_to(make.NOON + timedelta(days=1)), books.writing() as session:
        make.pay(session, ann, 100_00, on=tomorrow)

        assert queries.balance(session, ann, as_at=TODAY) == 100_00
        assert opens(session, ann, as_at=TODAY) == [100_00]
        assert queries.balance(session, ann, as_at=tomorrow) == 0


@pytest.mark.parametrize(("days_late", "bucket"), [(-1, "not_due"), (30, "days_1_30"), (31, "days_31_60")])
def test_7_ageing_counts_from_the_due_date(books: Database, days_late: int, bucket: str) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(session, ann, (100_00, TODAY - timedelta(days=days_late)))

        aged = ageing(session)

    assert getattr(aged, bucket) == aged.open_total == 100_00


def test_8_instalments_of_three_fee_heads_over_twelve_months_lose_no_cent(books: Database) -> None:
    months = [date(2026, month, 1) for month in range(1, 13)]
    with books.writing() as session:
        ann = make.student(session)
        for head in ("TUITION", "TRANSPORT", "MEALS"):
            parts = money.split(1_000_00, [1] * 12)
            items = [ChargeItem(head, part, due) for part, due in zip(parts, months, strict=True)]
            make.bill(session, ann, *items)

        charges = queries.open_charges(session, ann)

    assert sum(charge.open for charge in charges) == 3_000_00
    assert {charge.open for charge in charges} <= {83_33, 83_34}


def test_9_shares_and_percentages() -> None:
    assert money.split(100_000_00, [30, 30, 40]) == [30_000_00, 30_000_00, 40_000_00]
    assert 2_000_00 - part_of(2_000_00, 20_00) + 2_000_00 - part_of(2_000_00, 50_00) == 2_600_00


def test_10_sibling_concessions_are_computed_on_tuition_only(books: Database) -> None:
    tuition, transport = [1_000_00, 1_000_00, 1_000_00], 200_00
    granted = sibling_concessions(tuition, basis_points=(0, 10_00, 20_00), basis_points_max=30_00)
    balances = []
    with books.writing() as session:
        for name, billed, part in zip(("Ann", "Ben", "Cy"), tuition, granted, strict=True):
            child = make.student(session, name, guardian="Mrs Otieno")
            make.bill(
                session,
                child,
                ChargeItem("TUITION", billed, TODAY, concession_minor=part),
                ChargeItem("TRANSPORT", transport, TODAY),
            )
            balances.append(queries.balance(session, child))

    assert balances == [1_200_00, 1_100_00, 1_000_00]


def test_11_one_family_payment_is_one_receipt(books: Database) -> None:
    with books.writing() as session:
        children = [make.student(session, name, guardian="Mrs Otieno") for name in ("Ann", "Ben", "Cy")]
        for child, owed in zip(children, (500_00, 300_00, 200_00), strict=True):
            make.bill(session, child, (owed, TODAY))
        shares = [Share(child, part) for child, part in zip(children, (500_00, 300_00, 100_00), strict=True)]
        posted = post(session, ledger.record_payment, shares=shares, tenders=[TenderPart("BANK", 900_00)])
        receipt = queries.receipt(session, posted.entry_id)

        assert posted.document == "R-000001"
        assert [(student.student_id, student.paid) for student in receipt.students] == [
            (children[0], 500_00),
            (children[1], 300_00),
            (children[2], 100_00),
        ]
        assert [queries.balance(session, child) for child in children] == [0, 0, 100_00]


@pytest.mark.parametrize(("code", "typed", "minor"), [("KWD", "10.005", 10_005), ("JPY", "1,000", 1_000)])
def test_12_every_currency_keeps_its_own_digits(
    database: Database, code: str, typed: str, minor: int
) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session, currency=code)
        ann = make.student(session)
        make.bill(session, ann, (money.parse(typed, money.currency(code)), TODAY))
        balance = queries.balance(session, ann)

    assert balance == minor
    assert money.show(balance, money.currency(code)) == typed


def test_13_a_late_fee_with_interest(books: Database) -> None:
    with books.writing() as session:
        ann = make.student(session)
        make.bill(session, ann, (100_00, TODAY - timedelta(days=15)))
        charge = queries.open_charges(session, ann)[0]
        fee = late_fee(charge.open, charge.days_overdue, flat_minor=10_00, basis_points_a_year=10_00)
        post(session, ledger.late_fee, student_id=ann, amount_minor=fee.total)

        assert fee.interest == 41
        assert queries.balance(session, ann) == 110_41
