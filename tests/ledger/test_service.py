"""Each fact is recorded once, by whoever may, and what cannot be is refused with one sentence that helps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE, ROLES, Actor
from school.audit.models import AuditEvent
from school.db import Database
from school.errors import (
    AlreadyReversed,
    BadAmount,
    BadDate,
    BadInput,
    NotAllowed,
    NotFound,
    PeriodLocked,
    RequestReused,
    RuleBroken,
    SchoolError,
    SignInNeeded,
    TooMuch,
)
from school.ledger import queries
from school.ledger import service as ledger
from school.ledger.models import Account, Entry, Line, PeriodLock
from school.ledger.projections import ClassTotal
from school.ledger.service import ChargeItem, Share, TenderPart
from school.students import service as students
from tests import make, people

TODAY = make.TODAY
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
STRANGER = Actor(7, "stranger", "A. Stranger", "no-such-sign-in", frozenset({"finance"}))


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """A school with Ann (1), who owes 100.00 of tuition, and her brother Ben (2), who is 50.00 in credit."""
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            make.student(session, "Ann", guardian="Mrs Kin")
            make.student(session, "Ben", class_name="Form 2", guardian="Mrs Kin")
            make.bill(session, 1, (100_00, TODAY))
            make.pay(session, 2, 50_00)
        yield database


FACTS: dict[str, dict[str, Any]] = {
    "charge": {
        "student_id": 1,
        "items": [ChargeItem("MEALS", 20_00, TODAY, memo="March", concession_minor=5_00)],
    },
    "late_fee": {"student_id": 1, "amount_minor": 10_00},
    "record_payment": {
        "shares": [Share(1, 60_00), Share(2, 40_00)],
        "tenders": [TenderPart("CASH", 70_00), TenderPart("CARD", 30_00)],
        "payer": "Mrs Otieno",
        "reference": "slip 7",
    },
    "concession": {"student_id": 1, "amount_minor": 10_00, "reason": "bursary", "pays": 1},
    "credit_note": {"student_id": 1, "amount_minor": 10_00, "account": "TUITION", "reason": "billed twice"},
    "refund": {"student_id": 2, "amount_minor": 50_00, "tender": "CASH", "reason": "left"},
    "write_off": {"student_id": 1, "amount_minor": 10_00, "reason": "cannot pay"},
    "transfer": {"from_student_id": 2, "to_student_id": 1, "amount_minor": 50_00, "reason": "siblings"},
    "opening_balance": {"student_id": 1, "amount_minor": -10_00, "reference": "old books"},
    "reverse": {"entry_id": 1, "reason": "wrong student"},
}
each_fact = pytest.mark.parametrize("name", FACTS)


def record(
    session: Session, name: str, request_id: str = "request-of-this-test", **changes: Any
) -> ledger.Posted:
    fact: Callable[..., ledger.Posted] = getattr(ledger, name)
    return fact(session, **{"actor": COMMAND_LINE, "request_id": request_id, **FACTS[name], **changes})


def refused(books: Database, kind: type[SchoolError], name: str, **changes: Any) -> SchoolError:
    """The refusal of a fact with these changes; nothing was written."""
    before = count(books)
    with pytest.raises(kind) as caught, books.writing() as session:
        record(session, name, **changes)
    assert count(books) == before
    return caught.value


def count(books: Database) -> int:
    with books.reading() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


@each_fact
def test_every_fact_is_recorded_once_however_often_it_is_sent(books: Database, name: str) -> None:
    with books.writing() as session:
        first = record(session, name)
    later = clock.now() + timedelta(days=2)

    with clock.set_to(later), books.writing() as session:
        again = record(session, name)

    assert (first.already, again.already) == (False, True)
    assert (again.entry_id, again.document) == (first.entry_id, first.document)
    assert count(books) == first.entry_id


@each_fact
def test_a_request_id_means_one_fact_only(books: Database, name: str) -> None:
    with books.writing() as session:
        first = record(session, name)

    other = {"reason": "another reason"} if "reason" in FACTS[name] else {"date": YESTERDAY}
    error = refused(books, RequestReused, name, **other)

    assert isinstance(error, RequestReused)
    assert error.entry_id == first.entry_id
    assert (first.document or "was already used for the ") in error.sentence


def test_another_amount_or_student_is_another_fact(books: Database) -> None:
    with books.writing() as session:
        record(session, "late_fee")

    for change in ({"amount_minor": 11_00}, {"student_id": 2}, {"memo": "second"}, {"due_date": TOMORROW}):
        refused(books, RequestReused, "late_fee", **change)
    refused(books, RequestReused, "opening_balance")


@each_fact
def test_who_is_not_signed_in_records_nothing(books: Database, name: str) -> None:
    refused(books, SignInNeeded, name, actor=STRANGER)


CAPABILITY = {
    "charge": "charges.record",
    "late_fee": "charges.record",
    "record_payment": "payments.record",
    "concession": "charges.record",
    "credit_note": "charges.record",
    "refund": "refunds.record",
    "write_off": "write_offs.record",
    "transfer": "transfers.record",
    "opening_balance": "openings.record",
    "reverse": "payments.reverse",
}


@pytest.mark.parametrize("role", ["administrator", "finance", "head"])
def test_a_role_records_what_it_may_and_nothing_else(books: Database, role: str) -> None:
    with books.writing() as session:
        actor = people.signed_in(session, people.user(session, role))

    for name, capability in CAPABILITY.items():
        with books.engine.connect() as connection, Session(connection) as session:
            if capability in ROLES[role]:
                posted = record(session, name, actor=actor)
                by = session.scalar(select(Entry.actor_id).where(Entry.id == posted.entry_id))
                assert by == actor.user_id
            else:
                with pytest.raises(NotAllowed):
                    record(session, name, actor=actor)


def test_only_who_records_openings_takes_them_back(books: Database) -> None:
    with books.writing() as session:
        finance = people.signed_in(session, people.user(session, "finance"))
        opening = record(session, "opening_balance", "opening-request")

    refused(books, NotAllowed, "reverse", entry_id=opening.entry_id, actor=finance)


@each_fact
def test_nothing_is_dated_after_today(books: Database, name: str) -> None:
    error = refused(books, BadDate, name, date=TOMORROW)

    assert error.field == "date"
    assert "21 Mar 2026 is still to come" in error.sentence


@each_fact
def test_nothing_is_entered_into_a_closed_period(books: Database, name: str) -> None:
    with books.writing() as session:
        ledger.lock_period(session, actor=COMMAND_LINE, through=YESTERDAY, reason="month end")

    error = refused(books, PeriodLocked, name, date=YESTERDAY)

    assert error.field == "date"
    assert "closed through 19 Mar 2026" in error.sentence


def test_today_is_the_schools_and_not_the_machines(database: Database) -> None:
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session, time_zone="Pacific/Kiritimati")  # it is tomorrow there at this moment
        ann = make.student(session)
        posted = make.bill(session, ann, (100_00, TODAY))

        assert session.scalar(select(Entry.date).where(Entry.id == posted.entry_id)) == TOMORROW


def test_a_period_can_be_opened_again_by_a_newer_row(books: Database) -> None:
    with books.writing() as session:
        ledger.lock_period(session, actor=COMMAND_LINE, through=TODAY, reason="too early")
        ledger.lock_period(session, actor=COMMAND_LINE, through=date(2025, 12, 31), reason="opened for March")

    with books.writing() as session:
        record(session, "late_fee")
        rows = session.execute(select(PeriodLock.id, PeriodLock.reason).order_by(PeriodLock.id)).all()

    assert [tuple(row) for row in rows] == [(1, "too early"), (2, "opened for March")]


def test_a_period_is_not_closed_in_advance(books: Database) -> None:
    with pytest.raises(BadDate), books.writing() as session:
        ledger.lock_period(session, actor=COMMAND_LINE, through=TOMORROW, reason="too soon")


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1, 10.0, 10.5, "10", None, True])
def test_an_amount_is_a_positive_whole_number_within_reason(books: Database, amount: Any) -> None:
    for name in ("late_fee", "concession", "credit_note", "refund", "write_off", "transfer"):
        assert refused(books, BadAmount, name, amount_minor=amount).field == "amount"
    refused(books, BadAmount, "charge", items=[ChargeItem("MEALS", amount, TODAY)])
    refused(
        books, BadAmount, "record_payment", shares=[Share(1, amount)], tenders=[TenderPart("CASH", amount)]
    )


@pytest.mark.parametrize("amount", [0, 10.0, -(10**12) - 1, None])
def test_an_opening_balance_is_a_whole_number_other_than_nothing(books: Database, amount: Any) -> None:
    refused(books, BadAmount, "opening_balance", amount_minor=amount)


def test_shares_and_tenders_must_agree(books: Database) -> None:
    error = refused(books, BadAmount, "record_payment", tenders=[TenderPart("CASH", 99_99)])

    assert error.field == "amount"
    refused(books, BadAmount, "record_payment", shares=[], tenders=[])


def test_a_bill_has_charges_and_no_concession_above_them(books: Database) -> None:
    refused(books, BadAmount, "charge", items=[])
    refused(books, BadAmount, "charge", items=[ChargeItem("MEALS", 10_00, TODAY, concession_minor=10_01)])


def test_only_tenders_are_money_and_only_fee_heads_are_billed(books: Database) -> None:
    wrong = [TenderPart("TUITION", 100_00)]

    assert "“Tuition” is not a tender" in refused(books, BadInput, "record_payment", tenders=wrong).sentence
    assert "“GOLD” is not a tender" in refused(books, BadInput, "refund", tender="GOLD").sentence
    assert "“Cash” is not a fee head" in refused(books, BadInput, "credit_note", account="CASH").sentence
    assert refused(books, BadInput, "charge", items=[ChargeItem("CASH", 1, TODAY)]).field == "account"


def test_an_account_out_of_use_takes_nothing_new(books: Database) -> None:
    with books.writing() as session:
        session.execute(update(Account).where(Account.code == "CARD").values(active=False))

    error = refused(books, BadInput, "record_payment")

    assert (error.field, error.sentence) == ("tender", "Card is no longer in use: choose another.")


def test_a_student_nobody_knows_is_not_found(books: Database) -> None:
    assert refused(books, NotFound, "late_fee", student_id=99).field == "student"


def test_of_charges_due_on_one_day_the_first_entered_is_settled_first(books: Database) -> None:
    with books.writing() as session:
        make.bill(session, 1, ChargeItem("MEALS", 30_00, TODAY), ChargeItem("TRANSPORT", 20_00, TODAY))
        make.pay(session, 1, 110_00)
        charges = [(charge.account, charge.open) for charge in queries.open_charges(session, 1)]

    assert charges == [("MEALS", 20_00), ("TRANSPORT", 20_00)]


def test_who_left_takes_no_new_charges_but_may_still_pay(books: Database) -> None:
    with books.writing() as session:
        students.change_student(session, actor=COMMAND_LINE, student_id=1, status="left")

    error = refused(books, RuleBroken, "charge")
    with books.writing() as session:
        posted = make.pay(session, 1, 100_00)

    assert error.sentence == "Ann has left the school and takes no new charges."
    assert posted.document == "R-000002"


@pytest.mark.parametrize("pays", [2, 99])
def test_a_pin_is_to_a_charge_of_the_same_student(books: Database, pays: int) -> None:
    assert refused(books, RuleBroken, "concession", pays=pays).field == "pays"
    assert refused(books, RuleBroken, "concession", pays=1, student_id=2).field == "pays"


def test_a_refund_or_transfer_is_at_most_the_credit_and_a_write_off_at_most_the_debt(books: Database) -> None:
    assert refused(books, TooMuch, "refund", amount_minor=50_01).sentence == (
        "Ben has a credit of 50.00: 50.01 cannot be paid back."
    )
    assert refused(books, TooMuch, "transfer", amount_minor=60_00).sentence == (
        "Ben has a credit of 50.00: 60.00 cannot be transferred."
    )
    assert refused(books, TooMuch, "write_off", amount_minor=100_01).sentence == (
        "Ann owes 100.00: 100.01 cannot be written off."
    )


def test_a_transfer_is_between_two_students(books: Database) -> None:
    refused(books, BadInput, "transfer", to_student_id=2)


@pytest.mark.parametrize("name", ["concession", "credit_note", "refund", "write_off", "transfer", "reverse"])
def test_a_reason_is_never_left_out(books: Database, name: str) -> None:
    assert refused(books, BadInput, name, reason=" \n").field == "reason"
    assert refused(books, BadInput, name, reason="x" * 301).field == "reason"


@pytest.mark.parametrize("request_id", ["", "short", "x" * 101, "request-\ud800", "request\nrequest"])
def test_a_request_needs_its_id(books: Database, request_id: str) -> None:
    refused(books, BadInput, "late_fee", request_id=request_id)


def test_an_entry_is_reversed_once_and_a_reversal_never(books: Database) -> None:
    with books.writing() as session:
        reversal = record(session, "reverse", entry_id=2)

    again = refused(books, AlreadyReversed, "reverse", entry_id=2, request_id="another-request")
    refused(books, RuleBroken, "reverse", entry_id=reversal.entry_id, request_id="another-request")
    refused(books, NotFound, "reverse", entry_id=99, request_id="another-request")

    assert again.sentence == "R-000001 was reversed on 20 Mar 2026 already."


def test_a_reversal_is_not_dated_before_its_original(books: Database) -> None:
    assert refused(books, BadDate, "reverse", date=YESTERDAY).field == "date"


def test_a_reversal_in_a_later_term_takes_back_the_bill_there_and_the_money_here(books: Database) -> None:
    """What was billed in a term nets out in that term; a cheque bounces in the term in which it bounces."""
    with books.writing() as session:
        in_first_term = date(2026, 2, 2)
        bill = make.bill(session, 2, (70_00, TODAY), on=in_first_term)
        paid = make.pay(session, 2, 30_00, on=in_first_term)
        students.change_student(session, actor=COMMAND_LINE, student_id=2, class_id=1)
        for posted in (bill, paid):
            record(session, "reverse", make.request_id(), entry_id=posted.entry_id)
        totals = session.execute(
            select(ClassTotal.term_id, ClassTotal.class_id, ClassTotal.account, ClassTotal.amount).where(
                ClassTotal.class_id == 2, ClassTotal.amount != 0
            )
        ).all()

    assert {tuple(row) for row in totals} == {(1, 2, "CASH", -30_00), (2, 2, "CASH", -50_00 + 30_00)}


def test_class_and_term_are_as_at_posting(books: Database) -> None:
    with books.writing() as session:
        posted = record(session, "record_payment")
        students.change_student(session, actor=COMMAND_LINE, student_id=1, class_id=2)
        rows = session.execute(
            select(Line.student_id, Line.class_id, Line.term_id).where(Line.entry_id == posted.entry_id)
        ).all()

    assert {tuple(row) for row in rows} == {(1, 1, 2), (2, 2, 2)}


def test_texts_are_kept_on_one_line(books: Database) -> None:
    with books.writing() as session:
        posted = record(session, "record_payment", payer="  Mrs\nOtieno\x00\ud800 ", reference="")
        row = session.execute(select(Entry.payer, Entry.reference).where(Entry.id == posted.entry_id)).one()

    assert tuple(row) == ("Mrs Otieno", None)


HEAD = (
    *("id", "kind", "date", "at", "actor_id", "actor", "request_id", "series", "no", "reverses"),
    *("payer", "reference", "reason", "n_lines", "total"),
)
LINE = (
    *("id", "n", "student_id", "account", "amount"),
    *("due_date", "pays", "class_id", "term_id", "memo"),
)


def test_the_hash_of_an_entry_can_be_recomputed_by_anybody(books: Database) -> None:
    """Written from the description of the chain alone, with nothing of ours."""
    with books.writing() as session:
        record(session, "record_payment")
        rows = [dict(row._mapping) for row in session.execute(text("SELECT * FROM entry ORDER BY id"))]
        lines = [dict(row._mapping) for row in session.execute(text("SELECT * FROM line ORDER BY id"))]

    previous = ""
    for row in rows:
        head = [row[name] for name in HEAD]
        own = [[line[name] for name in LINE] for line in lines if line["entry_id"] == row["id"]]
        written = json.dumps([previous, head, own], ensure_ascii=False, separators=(",", ":"), default=str)
        previous = hashlib.sha256(written.encode()).hexdigest()
        assert row["hash"] == previous


def test_what_the_database_refuses_is_said_kindly(books: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another program had slipped in between the question and the write."""
    monkeypatch.setattr("school.ledger.refusals._check_credit", lambda *_: None)

    assert refused(books, TooMuch, "refund", amount_minor=50_01).sentence == (
        "This is more than the credit on the account."
    )


def test_the_chart_of_accounts_grows(books: Database) -> None:
    with books.writing() as session:
        ledger.add_account(session, actor=COMMAND_LINE, code="uniform", name="Uniform", type="income")
        make.bill(session, 1, ChargeItem("UNIFORM", 30_00, TODAY))
        audited = session.scalars(
            select(AuditEvent.subject).where(AuditEvent.event == "ledger:account:add")
        ).all()
        codes = [account.code for account in queries.accounts(session, type="income")]

    assert "UNIFORM" in codes
    assert audited == ["account:UNIFORM"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "1200"}, "code"),
        ({"code": "CASH"}, "code"),
        ({"code": "A-B"}, "code"),
        ({"code": "X" * 17}, "code"),
        ({"name": "Cash"}, "name"),
        ({"name": " "}, "name"),
        ({"type": "gold"}, "type"),
    ],
)
def test_an_account_that_cannot_be_is_refused(books: Database, changes: dict[str, str], field: str) -> None:
    account = {"code": "BUS", "name": "Bus", "type": "income", **changes}

    with pytest.raises(BadInput) as error, books.writing() as session:
        ledger.add_account(session, actor=COMMAND_LINE, **account)  # type: ignore[arg-type]

    assert error.value.field == field


def test_standard_accounts_are_installed_once(books: Database) -> None:
    with books.writing() as session:
        ledger.install_standard_accounts(session)
        found = session.scalar(select(func.count()).select_from(Account))

    assert found == len(ledger.STANDARD_ACCOUNTS)
