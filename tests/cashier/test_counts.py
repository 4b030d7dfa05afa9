"""A till is counted against the books, and signed by somebody else."""

from __future__ import annotations

import pytest

from school.cashier import queries, service
from school.errors import BadInput, NotAllowed, RuleBroken
from school.ledger import queries as ledger
from school.ledger import service as books
from tests import make
from tests.cashier.conftest import Office, count, reverse, take


def test_a_till_is_what_its_cashier_received_less_what_they_paid_back(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        wrong = take(session, office.finn, office.ben, 50_00, "CARD")
        take(session, office.bea, office.ben, 20_00)
        reverse(session, office.bea, wrong)

        till = queries.till(session, office.finn.user_id or 0)
        hers = queries.till(session, office.bea.user_id or 0)
        behind = ledger.entries(
            session,
            actor_id=office.finn.user_id,
            account_type="tender",
            after=till.after_entry,
            through=till.through_entry - 1,
        )

    assert [(one.name, one.amount) for one in till.tenders] == [("Cash", 300_00), ("Card", 50_00)]
    assert [(one.name, one.amount) for one in hers.tenders] == [("Cash", 20_00), ("Card", -50_00)]
    assert (behind.matches, behind.total) == (till.entries, -till.total)


def test_a_count_is_signed_by_another_and_the_next_begins_where_it_ended(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        number = count(session, office.finn, 300_00)
        take(session, office.finn, office.ann, 7_00)
        with pytest.raises(NotAllowed, match="Who counted does not sign"):
            service.sign(session, actor=office.finn, cash_up_id=number)
        service.sign(session, actor=office.bea, cash_up_id=number)
        service.sign(session, actor=office.bea, cash_up_id=number)
        with pytest.raises(RuleBroken, match="bea has signed cash-up 1 already"):
            service.sign(session, actor=office.ada, cash_up_id=number)

        found = queries.count(session, number)
        assert (found.expected, found.counted, found.signed_by) == (300_00, 300_00, "bea")
        assert queries.till(session, office.finn.user_id or 0).total == 7_00


def test_a_variance_needs_a_reason_and_every_tender_a_count(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        take(session, office.finn, office.ann, 40_00, "CARD")

        with pytest.raises(BadInput, match="Say what you counted as Card"):
            count(session, office.finn, 300_00)
        with pytest.raises(BadInput, match=r"Cash is 1.00 short: say why"):
            count(session, office.finn, 299_00, counted={"CARD": 40_00})
        number = count(session, office.finn, 299_00, counted={"CARD": 40_00}, reason="gave change twice")

        assert queries.count(session, number).reason == "gave change twice"


def test_the_float_stays_in_the_till(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)

        number = count(session, office.finn, 350_00, cash_float=50_00)

        assert queries.count(session, number).counted == 300_00


def test_a_count_is_made_again_until_it_is_signed(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        first = count(session, office.finn, 290_00, reason="miscounted")
        take(session, office.finn, office.ann, 5_00)
        again = count(session, office.finn, 305_00, replaces=first)

        found = queries.count(session, again)
        assert (found.expected, found.replaces) == (305_00, first)
        with pytest.raises(RuleBroken, match="sign cash-up 2 instead"):
            service.sign(session, actor=office.bea, cash_up_id=first)
        service.sign(session, actor=office.bea, cash_up_id=again)
        with pytest.raises(RuleBroken, match="bea has signed this count already"):
            count(session, office.finn, 305_00, replaces=again)


def test_what_comes_while_counting_is_named_and_left_to_the_next_count(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        opened = ledger.last_entry(session)
        late = take(session, office.finn, office.ann, 8_00)
        take(session, office.bea, office.ann, 9_00)

        with pytest.raises(RuleBroken, match=f"{late.document} came into the till"):
            count(session, office.finn, 300_00, through_entry=opened)
        seen = ledger.last_entry(session)
        number = count(session, office.finn, 300_00, through_entry=opened, seen_entry=seen)

        assert queries.count(session, number).expected == 300_00
        assert queries.till(session, office.finn.user_id or 0).total == 8_00


def test_one_form_is_one_count(office: Office) -> None:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00)
        how = {"request_id": make.request_id(), "through_entry": ledger.last_entry(session)}

        first = count(session, office.finn, 300_00, **how)

        assert count(session, office.finn, 300_00, **how) == first
        with pytest.raises(RuleBroken, match="was used for cash-up 1 already"):
            count(session, office.finn, 200_00, **how)
        with pytest.raises(RuleBroken, match="Nothing came into this till"):
            count(session, office.finn)


def test_counting_begins_after_the_period_that_was_closed_before(office: Office) -> None:
    yesterday = make.TODAY.replace(day=19)
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300_00, date=yesterday)
        books.lock_period(session, actor=office.ada, through=yesterday, reason="counted on paper")
        take(session, office.finn, office.ann, 20_00)

        till = queries.till(session, office.finn.user_id or 0)
        count(session, office.finn, 20_00)

    assert (till.total, till.entries) == (20_00, 1)
