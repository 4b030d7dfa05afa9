"""Two people at the till at once: each is told what happened in a sentence, and nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from school.cashier import queries
from school.cashier import service as cashier
from school.checks.ledger import verify
from school.errors import SchoolError
from school.ledger import queries as ledger
from tests import make
from tests.cashier.conftest import Office, count, take

ROUNDS = 4


def at_once(*works: Callable[[], object]) -> list[str]:
    """What each came to: `done`, or the sentence it was refused with. All begin at the same moment."""
    start = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> str:
        start.wait()
        try:
            work()
        except SchoolError as error:
            return error.sentence
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_a_payment_that_lands_while_a_till_is_counted_is_in_one_count(office: Office) -> None:
    books = office.database

    def pay() -> None:
        with books.writing() as session:
            take(session, office.finn, office.ann, 100)

    def counting() -> None:
        with books.reading() as session:
            opened, till = ledger.last_entry(session), queries.till(session, office.finn.user_id or 0)
        with books.writing() as session:
            count(session, office.finn, till.total, through_entry=opened)

    for _ in range(ROUNDS):
        pay()
        said = at_once(counting, pay)
        assert said[1] == "done"
        assert said[0] == "done" or "came into the till while you counted" in said[0]
    pay()
    counting()

    with books.reading() as session:
        standing = queries.page(session).rows
        assert sum(one.expected for one in standing) == (2 * ROUNDS + 1) * 100
        assert verify(session) == []


def test_a_count_is_signed_and_banked_by_one_of_two(office: Office) -> None:
    books = office.database
    with books.writing() as session:
        take(session, office.finn, office.ann, 100)
        number = count(session, office.finn, 100)

    def signing(who: str) -> Callable[[], None]:
        def sign() -> None:
            with books.writing() as session:
                cashier.sign(session, actor=getattr(office, who), cash_up_id=number)

        return sign

    def banking() -> None:
        with books.writing() as session:
            how = {"request_id": make.request_id(), "account": "CASH", "bank": "City Bank"}
            cashier.deposit(session, actor=office.finn, cash_up_ids=[number], **how)

    signed = sorted(at_once(signing("bea"), signing("ada")))
    banked = sorted(at_once(banking, banking))

    assert signed[1] == "done"
    assert "has signed cash-up 1 already" in signed[0]
    assert banked[1] == "done"
    assert "in another deposit" in banked[0]
    with books.reading() as session:
        assert queries.deposits(session)[1] == 1
        assert verify(session) == []


def test_a_day_is_closed_before_a_payment_or_not_at_all(office: Office) -> None:
    books = office.database

    def pay() -> None:
        with books.writing() as session:
            take(session, office.finn, office.ann, 100)

    def close() -> None:
        with books.writing() as session:
            cashier.close_day(session, actor=office.ada, day=make.TODAY)

    said = at_once(pay, close)

    assert sorted(one == "done" for one in said) == [False, True]
    assert (
        "The books are closed through 20 Mar 2026" in said[0] or "the till of finn is not counted" in said[1]
    )
    with books.reading() as session:
        closed = queries.close_of(session, make.TODAY)
        till = queries.till(session, office.finn.user_id or 0)
        assert (closed is None) == (till.total == 100)


def test_a_till_is_counted_once_by_two_windows(office: Office) -> None:
    books = office.database
    with books.writing() as session:
        take(session, office.finn, office.ann, 100)
        opened = ledger.last_entry(session)

    def counting() -> None:
        with books.writing() as session:
            count(session, office.finn, 100, through_entry=opened)

    said = sorted(at_once(counting, counting))

    assert said == [
        "Nothing came into this till since its last count: there is nothing to count yet.",
        "done",
    ]
    with books.reading() as session:
        assert queries.page(session).matches == 1
