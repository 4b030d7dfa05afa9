"""The slip for the bank and the sheet of a cash-up say what was counted, and what was expected."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from school.documents.deposit import (
    CashUpFacts,
    CashUpTender,
    Cheque,
    Coin,
    DepositFacts,
    DepositPart,
    cash_up_pdf,
    deposit_pdf,
)
from tests.documents.example import keeps_the_standards, text
from tests.documents.letters import HEAD

DAY = date(2026, 3, 20)
DEPOSIT = DepositFacts(
    head=HEAD,
    number="D-000012",
    date=DAY,
    bank="KCB, Nairobi",
    tender="Cash",
    parts=(DepositPart("12 Finn", DAY, 300_000), DepositPart("13 Peter", DAY, 50_000)),
    total_minor=350_000,
    prepared_by="Finn",
    coins=(Coin(100_000, 3), Coin(5_000, 10)),
    cheques=(Cheque("000417", "Grace Wanjiru", 1_000),),
)
CASH_UP = CashUpFacts(
    head=HEAD,
    number="12",
    date=DAY,
    cashier="Finn",
    entries="entries 120 to 164",
    tenders=(CashUpTender("Cash", 300_000, 299_500), CashUpTender("M-Pesa", 80_000, 80_000)),
    coins=(Coin(100_000, 2),),
    reason="A coin fell behind the desk",
    counted_by="Finn",
    counted_at=datetime(2026, 3, 20, 13, tzinfo=UTC),
    signed_by="Ada",
    signed_at=datetime(2026, 3, 20, 14, tzinfo=UTC),
    hash="ab12",
)


def test_a_slip_says_how_much_of_what_and_from_which_counts() -> None:
    pdf = deposit_pdf(DEPOSIT)

    said = text(pdf)
    for fact in (
        "D-000012",
        "KCB, Nairobi",
        "KES 3,500.00",
        "1,000.00 3 3,000.00",
        "000417 Grace Wanjiru 10.00",
        "13 Peter 20 Mar 2026 500.00",
        "Deposited 3,500.00",
    ):
        assert fact in said
    assert keeps_the_standards(pdf)
    assert deposit_pdf(DEPOSIT) == pdf


def test_a_slip_whose_parts_do_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="D-000012"):
        replace(DEPOSIT, total_minor=350_001)


def test_a_sheet_says_what_was_expected_counted_and_why_they_differ() -> None:
    pdf = cash_up_pdf(CASH_UP)

    said = text(pdf)
    for fact in (
        "Short",
        "KES 5.00",
        "Cash 3,000.00 2,995.00 5.00 short",
        "M-Pesa 800.00 800.00 0.00",
        "Together 3,800.00 3,795.00 5.00 short",
        "A coin fell behind the desk",
        "Finn, 20 Mar 2026, 16:00",
        "Ada, 20 Mar 2026, 17:00",
        "The books end with ab12",
    ):
        assert fact in said
    assert keeps_the_standards(pdf)


def test_short_in_one_tender_and_over_in_another_by_the_same_is_not_called_right() -> None:
    cancelling = (CashUpTender("Cash", 300_000, 299_500), CashUpTender("M-Pesa", 80_000, 80_500))

    said = text(cash_up_pdf(replace(CASH_UP, tenders=cancelling)))

    assert "Differs by tender" in said
    assert "No variance" not in said


def test_a_till_that_is_right_has_no_variance() -> None:
    right = (CashUpTender("Cash", 300_000, 300_000),)

    said = text(cash_up_pdf(replace(CASH_UP, tenders=right, reason="", signed_by="", signed_at=None)))

    assert "No variance" in said
    assert "Reason" not in said
