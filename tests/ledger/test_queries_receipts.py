"""A receipt says what was paid, for whom, in what, and what it settled; a reprint says the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.errors import NotFound
from school.ledger import queries, service
from school.ledger.queries import ReceiptStudent
from school.ledger.service import Posted, Share, TenderPart
from tests import make

FEB, MAR = date(2026, 2, 10), date(2026, 3, 10)


@pytest.fixture
def books(database: Database) -> Iterator[Session]:
    """One open write on a fresh school, held at noon on 20 March 2026."""
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        yield session


def pay_family(
    session: Session, *shares: Share, tenders: list[TenderPart], request: str = "family-payment"
) -> Posted:
    return service.record_payment(
        session,
        actor=COMMAND_LINE,
        request_id=request,
        shares=shares,
        tenders=tenders,
        payer="Mrs Abel",
        reference="TX 77",
    )


def reverse(session: Session, entry_id: int) -> Posted:
    return service.reverse(
        session, actor=COMMAND_LINE, request_id=make.request_id(), entry_id=entry_id, reason="cheque bounced"
    )


def test_a_family_receipt_shows_each_child_tender_and_settled_charge(books: Session) -> None:
    ann = make.student(books, "Ann Abel", admission_no="A1")
    ben = make.student(books, "Ben Abel", admission_no="B1", class_name="Form 2")
    make.bill(books, ann, (300, FEB), (200, MAR), on=FEB)
    make.bill(books, ben, (400, MAR), on=FEB)

    posted = pay_family(
        books, Share(ann, 350), Share(ben, 500), tenders=[TenderPart("CASH", 250), TenderPart("CHEQUE", 600)]
    )
    found = queries.receipt(books, posted.entry_id)

    assert (found.document, found.total, found.payer, found.reference) == (
        "R-000001",
        850,
        "Mrs Abel",
        "TX 77",
    )
    assert (found.date, found.at, found.actor) == (make.TODAY, make.NOON, COMMAND_LINE.name)
    assert sorted(found.tenders) == [("CASH", "Cash", 250), ("CHEQUE", "Cheque", 600)]
    assert set(found.students) == {
        ReceiptStudent(ann, "A1", "Ann Abel", "Form 1", 350, 150),
        ReceiptStudent(ben, "B1", "Ben Abel", "Form 2", 500, -100),
    }
    assert {
        (item.admission_no, item.description, item.due_date, item.amount) for item in found.paid_items
    } == {
        ("A1", "Tuition, Term 1", FEB, 300),
        ("A1", "Tuition, Term 1", MAR, 50),
        ("B1", "Tuition, Term 1", MAR, 400),
    }
    assert found.credit_kept == 100
    assert found.total == found.credit_kept + sum(item.amount for item in found.paid_items)


def test_a_pinned_payment_shows_the_charge_it_was_for(books: Session) -> None:
    ann = make.student(books)
    bill = make.bill(books, ann, (300, FEB), (200, MAR))

    posted = make.pay(books, ann, 150, pays=make.line_ids(books, bill)[1])

    assert [(item.due_date, item.amount) for item in queries.receipt(books, posted.entry_id).paid_items] == [
        (MAR, 150)
    ]


def test_what_happens_later_does_not_change_a_receipt(books: Session) -> None:
    ann = make.student(books)
    make.bill(books, ann, (300, MAR))
    posted = make.pay(books, ann, 300)
    before = queries.receipt(books, posted.entry_id)

    make.bill(books, ann, (500, FEB), on=FEB)  # older, and due first
    make.pay(books, ann, 40)

    assert queries.receipt(books, posted.entry_id) == before


def test_a_reversed_receipt_says_so_and_why(books: Session) -> None:
    ann = make.student(books)
    posted = make.pay(books, ann, 300, on=MAR)

    undone = reverse(books, posted.entry_id)
    found = queries.receipt(books, posted.entry_id)

    assert (found.reversed_by, found.reversal_reason, found.reversal_date) == (
        undone.entry_id,
        "cheque bounced",
        make.TODAY,
    )
    assert [row.reversed for row in queries.recent_receipts(books)] == [True]


@pytest.mark.parametrize("number", ["R-000002", "r2", " R-2 ", "R-0000000002"])
def test_a_receipt_is_found_by_its_number_however_it_is_typed(books: Session, number: str) -> None:
    ann = make.student(books)
    make.pay(books, ann, 100)
    second = make.pay(books, ann, 200)

    assert queries.receipt_by_document(books, number).entry_id == second.entry_id


@pytest.mark.parametrize(
    "number", ["R-000003", "F-000001", "R-0", "", "R-99999999999999999999", "the last one"]
)
def test_a_number_no_receipt_has_is_answered_kindly(books: Session, number: str) -> None:
    ann = make.student(books)
    make.pay(books, ann, 300)
    service.refund(
        books,
        actor=COMMAND_LINE,
        request_id=make.request_id(),
        student_id=ann,
        amount_minor=100,
        tender="CASH",
        reason="overpaid",
    )

    with pytest.raises(NotFound):
        queries.receipt_by_document(books, number)


def test_an_interrupted_form_finds_the_payment_it_made(books: Session) -> None:
    ann = make.student(books)

    nothing = queries.receipt_of_request(books, "family-payment")
    posted = pay_family(books, Share(ann, 5), tenders=[TenderPart("CASH", 5)])
    found = queries.receipt_of_request(books, "family-payment")

    assert nothing is None
    assert found is not None
    assert found.entry_id == posted.entry_id


def test_only_payments_have_receipts(books: Session) -> None:
    bill = make.bill(books, make.student(books), (300, MAR))

    with pytest.raises(NotFound):
        queries.receipt(books, bill.entry_id)


def test_recent_receipts_come_newest_first_by_day_by_student_and_no_more_than_asked(books: Session) -> None:
    ann, ben = make.student(books, "Ann"), make.student(books, "Ben")
    make.pay(books, ann, 100, on=MAR)
    pay_family(books, Share(ann, 60), Share(ben, 40), tenders=[TenderPart("CASH", 100)])
    make.pay(books, ben, 300, tender="CHEQUE", on=FEB)

    everything = queries.recent_receipts(books)

    assert [(row.document, row.amount) for row in everything] == [
        ("R-000003", 300),
        ("R-000002", 100),
        ("R-000001", 100),
    ]
    assert {everything[1].students, everything[1].tenders} == {"Ann, Ben", "Cash"}
    assert [row.document for row in queries.recent_receipts(books, limit=1)] == ["R-000003"]
    assert [row.document for row in queries.recent_receipts(books, day=MAR)] == ["R-000001"]
    assert [row.document for row in queries.recent_receipts(books, student_id=ann)] == [
        "R-000002",
        "R-000001",
    ]
    assert queries.recent_receipts(books, actor_id=1) == []


def test_the_same_payment_is_of_the_same_student_and_amount_since_and_stands(books: Session) -> None:
    ann, ben = make.student(books, "Ann Abel"), make.student(books, "Ben Abel")
    pay_family(books, Share(ann, 30), Share(ben, 70), tenders=[TenderPart("CASH", 100)])
    before = clock.now() - timedelta(minutes=1)

    def same(
        student_id: int = ann, amount: int = 100, since: datetime = before, request: str = "new"
    ) -> str | None:
        return queries.same_payment(
            books, request_id=request, student_id=student_id, amount=amount, since=since
        )

    assert same() == same(student_id=ben) == "R-000001"
    assert same(amount=30) is None
    assert same(student_id=make.student(books, "Cy Abel")) is None
    assert same(since=clock.now()) is None
    assert same(request="family-payment") is None
    make.pay(books, ann, 100)
    assert same() == "R-000002"
    for row in queries.recent_receipts(books):
        reverse(books, row.entry_id)
    assert same() is None
