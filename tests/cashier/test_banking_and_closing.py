"""Signed money goes to the bank once, and a day is closed once every till is done."""

from __future__ import annotations

import pytest

from school.cashier import queries, service
from school.checks.ledger import verify
from school.errors import PeriodLocked, RuleBroken
from school.ledger import queries as ledger
from school.ledger import service as books
from tests import make
from tests.cashier.conftest import Office, count, reverse, take


def test_a_deposit_takes_signed_counts_once_and_is_numbered(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        kept = take(session, office.finn, office.ann, 40_00, "CHEQUE", reference="CHQ 17", payer="Mrs Otieno")
        reverse(session, office.finn, take(session, office.finn, office.ann, 99_00, "CHEQUE"))
        number = count(session, office.finn, 300_00, counted={"CHEQUE": 40_00})
        take(session, office.bea, office.ben, 5_00)
        unsigned = count(session, office.bea, 5_00)
        service.sign(session, actor=office.bea, cash_up_id=number)
        how = {"actor": office.finn, "request_id": make.request_id(), "bank": "City Bank"}

        with pytest.raises(RuleBroken, match="Cash-up 2 is in another deposit, or not signed"):
            service.deposit(session, account="CASH", cash_up_ids=[number, unsigned], **how)
        slip = service.deposit(session, account="CASH", cash_up_ids=[number], **how)
        again = service.deposit(session, account="CASH", cash_up_ids=[number], **how)
        with pytest.raises(RuleBroken, match="in another deposit"):
            service.deposit(
                session, account="CASH", cash_up_ids=[number], **(how | {"request_id": make.request_id()})
            )

        assert (slip.number, slip.amount, again) == ("D-000001", 300_00, slip)
        assert [(one.name, one.total) for one in queries.bankable(session)] == [("Cheque", 40_00)]
        assert [(c.document, c.payer, c.reference, c.amount) for c in queries.cheques(session, [number])] == [
            (kept.document, "Mrs Otieno", "CHQ 17", 40_00)
        ]


def test_a_day_is_closed_once_every_till_is_counted_and_signed(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        take(session, office.bea, office.ann, 10_00)
        number = count(session, office.finn, 300_00)

        said = "the till of bea is not counted, cash-up 1 of finn is not signed"
        with pytest.raises(RuleBroken, match=said):
            service.close_day(session, actor=office.finn, day=make.TODAY)
        service.sign(session, actor=office.ada, cash_up_id=number)
        service.sign(session, actor=office.ada, cash_up_id=count(session, office.bea, 10_00))
        service.close_day(session, actor=office.finn, day=make.TODAY)

        with pytest.raises(PeriodLocked, match="The books are closed through 20 Mar 2026"):
            take(session, office.finn, office.ann, 1_00)
        closed = queries.close_of(session, make.TODAY)
        assert closed is not None
        assert closed.last_hash == ledger.entry(session, ledger.last_entry(session)).hash
        assert not closed.reopened
        assert verify(session) == []


def test_a_day_opened_again_is_closed_again(office: Office) -> None:
    with office.database.writing() as session:
        service.close_day(session, actor=office.ada, day=make.TODAY)
        with pytest.raises(RuleBroken, match="closed through 20 Mar 2026 already"):
            service.close_day(session, actor=office.ada, day=make.TODAY)
        yesterday = make.TODAY.replace(day=19)
        books.lock_period(session, actor=office.ada, through=yesterday, reason="a payment was forgotten")

        assert [one.reopened for one in queries.closed(session)[0]] == [True]
        service.close_day(session, actor=office.ada, day=make.TODAY)
        assert [one.reopened for one in queries.closed(session)[0]] == [False, True]
