"""Thirty-two cashiers at once: every fact is recorded exactly once, and numbered without a gap."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from sqlalchemy import select

from school import clock
from school.access import service as access
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE
from school.checks.ledger import verify
from school.db import Database, one_writer
from school.errors import AlreadyReversed, SignInNeeded, TooMuch
from school.ledger import queries
from school.ledger import service as ledger
from school.ledger.models import Entry
from school.ledger.service import Posted, Share, TenderPart
from school.students import service as students
from tests import make, people

CASHIERS = 32
PAYMENTS = 8  # by each cashier
STUDENTS = 10

T = TypeVar("T")


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """Ten students (1 to 10) who owe 500.00 each; the last of them has paid 600.00."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            for n in range(STUDENTS):
                make.bill(session, make.student(session, f"Student {n}"), (500_00, make.TODAY))
            make.pay(session, STUDENTS, 600_00)
        yield database


def at_once(work: Callable[[int], T]) -> list[T]:
    """What every cashier's work came to; all begin at the same moment. Raises what any of them raised."""
    start = threading.Barrier(CASHIERS)

    def begin(cashier: int) -> T:
        start.wait()
        return work(cashier)

    with ThreadPoolExecutor(CASHIERS) as pool:
        return list(pool.map(begin, range(CASHIERS)))


def test_every_payment_is_there_once_without_a_gap(books: Database) -> None:
    def pay(cashier: int) -> list[tuple[Posted, int, int]]:
        paid = []
        for n in range(PAYMENTS):
            student, amount = 1 + (cashier * 3 + n) % STUDENTS, 100 + cashier
            with books.writing() as session:
                posted = make.pay(session, student, amount, request=f"cashier-{cashier:02d}-{n:02d}")
            paid.append((posted, student, amount))
        return paid

    paid = [one for cashier in at_once(pay) for one in cashier]

    owed = Counter(dict.fromkeys(range(1, STUDENTS + 1), 500_00))
    owed.subtract({STUDENTS: 600_00})
    for _, student, amount in paid:
        owed[student] -= amount
    numbers = sorted(posted.no for posted, _, _ in paid if posted.no is not None)
    assert numbers == list(range(2, 2 + CASHIERS * PAYMENTS))
    with books.reading() as session:
        assert {student: queries.balance(session, student) for student in owed} == dict(owed)
        assert list(session.scalars(select(Entry.id).order_by(Entry.id))) == list(
            range(1, STUDENTS + 2 + CASHIERS * PAYMENTS)
        )
        assert verify(session) == []


def test_one_form_sent_by_thirty_two_windows_is_one_payment(books: Database) -> None:
    def pay(_: int) -> Posted:
        with books.writing() as session:
            return make.pay(session, 1, 100_00, request="the-same-form")

    posted = at_once(pay)

    assert len({one.document for one in posted}) == 1
    assert sum(not one.already for one in posted) == 1
    with books.reading() as session:
        assert queries.balance(session, 1) == 400_00


def test_one_payment_is_reversed_by_one_of_them(books: Database) -> None:
    def bounce(cashier: int) -> bool:
        try:
            with books.writing() as session:
                ledger.reverse(
                    session,
                    actor=COMMAND_LINE,
                    request_id=f"bounce-{cashier}",
                    entry_id=STUDENTS + 1,
                    reason="bounced",
                )
        except AlreadyReversed:
            return False
        return True

    assert sum(at_once(bounce)) == 1
    with books.reading() as session:
        assert queries.balance(session, STUDENTS) == 500_00


def test_one_credit_is_refunded_once(books: Database) -> None:
    def refund(cashier: int) -> bool:
        try:
            with books.writing() as session:
                ledger.refund(
                    session,
                    actor=COMMAND_LINE,
                    request_id=f"refund-{cashier}",
                    student_id=STUDENTS,
                    amount_minor=70_00,
                    tender="CASH",
                    reason="overpaid",
                )
        except TooMuch:
            return False
        return True

    assert sum(at_once(refund)) == 1
    with books.reading() as session:
        assert queries.balance(session, STUDENTS) == -30_00


def test_totals_by_class_hold_while_students_move_and_families_pay(books: Database) -> None:
    """Families in opposite orders, and students who change class, would deadlock without one writer."""

    def work(cashier: int) -> None:
        for n in range(4):
            pair = [1 + (cashier + n) % STUDENTS, 1 + (cashier + n + 5) % STUDENTS]
            with books.writing() as session:
                if cashier % 4 == 0:
                    students.change_student(
                        session,
                        actor=COMMAND_LINE,
                        student_id=pair[0],
                        class_id=1 + n % 2,
                        notes=f"moved {n}",
                    )
                    continue
                ledger.record_payment(
                    session,
                    actor=COMMAND_LINE,
                    request_id=f"family-{cashier:02d}-{n:02d}",
                    shares=[Share(student, 5_00) for student in pair],
                    tenders=[TenderPart("CASH", 6_00), TenderPart("CARD", 4_00)],
                )

    at_once(work)

    with books.reading() as session:
        assert verify(session) == []


def test_who_reads_meanwhile_never_sees_half_a_payment(books: Database) -> None:
    """A family payment lands on all its students at once for every reader."""
    together = [Share(1, 10_00), Share(2, 10_00)]
    start = [500_00, 500_00]

    def work(cashier: int) -> bool:
        if cashier % 2:
            with books.writing() as session:
                ledger.record_payment(
                    session,
                    actor=COMMAND_LINE,
                    request_id=f"family-{cashier:02d}",
                    shares=together,
                    tenders=[TenderPart("CASH", 20_00)],
                )
            return True
        seen = []
        for _ in range(10):
            with books.reading() as session:
                seen.append([queries.balance(session, student) for student in (1, 2)])
        return all(first == second and first <= start[0] for first, second in seen)

    assert all(at_once(work))


def test_who_is_disabled_while_they_wait_for_their_turn_records_nothing(books: Database) -> None:
    with books.writing() as session:
        people.user(session, ADMINISTRATOR)
        clerk = people.signed_in(session, people.user(session, FINANCE))

    def pay() -> None:
        with books.writing() as session:
            ledger.record_payment(
                session,
                actor=clerk,
                request_id="pressed before",
                shares=[Share(1, 100_00)],
                tenders=[TenderPart("CASH", 100_00)],
            )

    with ThreadPoolExecutor(1) as other:
        with books.writing() as session:
            one_writer(session)
            waiting = other.submit(pay)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)
            access.disable(session, actor=COMMAND_LINE, user_id=clerk.user_id or 0, reason="left the school")
        with pytest.raises(SignInNeeded):
            waiting.result()

    with books.reading() as session:
        assert session.scalar(select(Entry.id).where(Entry.request_id == "pressed before")) is None
