"""Above a limit one person asks and another decides, once; what is approved is recorded at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from school import clock
from school.access import service as access
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, Actor
from school.approvals import queries, service
from school.approvals.service import Asked
from school.audit.models import AuditEvent
from school.checks.ledger import verify
from school.db import Database
from school.errors import (
    AlreadyDecided,
    AlreadyReversed,
    BadAmount,
    BadInput,
    NeedsApproval,
    NotAllowed,
    NotFound,
    RuleBroken,
    SchoolError,
    TooMuch,
)
from school.ledger import queries as ledger
from school.ledger import service as books
from school.ledger.posting import Posted
from school.students import policies
from tests import make, people


@dataclass
class Office:
    """Ann owes 500.00; Ben is 300.00 in credit. Finn, Flo and Fay are of the finance office."""

    database: Database
    ann: int
    ben: int
    finn: Actor
    flo: Actor
    fay: Actor

    def record(self, kind: str, amount: int, *, actor: Actor | None = None, **more: Any) -> Posted | Asked:
        with self.database.writing() as session:
            values: dict[str, Any] = {
                "actor": actor or self.finn,
                "request_id": make.request_id(),
                "student_id": self.ben if kind == "refund" else self.ann,
                "amount_minor": amount,
                "reason": "moved away",
            }
            return service.record(session, kind, **{**values, **more})

    def ask(self, kind: str = "write_off", amount: int = 200_00, **more: Any) -> int:
        asked = self.record(kind, amount, **more)
        assert isinstance(asked, Asked)
        return asked.approval_id

    def decide(self, how: str, approval_id: int, actor: Actor | None = None, **more: Any) -> Any:
        with self.database.writing() as session:
            return getattr(service, how)(session, actor=actor or self.flo, approval_id=approval_id, **more)

    def balance(self, student_id: int) -> int:
        with self.database.reading() as session:
            return ledger.balance(session, student_id)


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            ann, ben = make.student(session, "Ann"), make.student(session, "Ben")
            make.bill(session, ann, (500_00, make.TODAY))
            make.pay(session, ben, 300_00)
            people.user(session, ADMINISTRATOR)
            staff = [
                people.signed_in(session, people.user(session, FINANCE, name=name))
                for name in ("finn", "flo", "fay")
            ]
            limits = dict.fromkeys(
                (policies.WRITE_OFF_LIMIT, policies.REFUND_LIMIT, policies.CREDIT_NOTE_LIMIT), 100_00
            )
            policies.change_policies(session, actor=COMMAND_LINE, values=limits)
        yield Office(database, ann, ben, *staff)


def test_up_to_the_limit_it_is_recorded_at_once_and_above_it_it_waits(office: Office) -> None:
    assert isinstance(office.record("write_off", 100_00), Posted)
    assert isinstance(office.record("refund", 100_01, tender="CASH"), Asked)

    assert (office.balance(office.ann), office.balance(office.ben)) == (400_00, -300_00)
    with office.database.reading() as session:
        (waits,) = queries.waiting(session)
        assert (waits.kind, waits.amount, waits.student_name, waits.account) == (
            "refund",
            100_01,
            "Ben",
            "Cash",
        )
        assert [queries.waiting_for(session, who.user_id) for who in (office.finn, office.flo)] == [
            0,
            1,
        ]


def test_a_limit_is_not_passed_in_parts(office: Office) -> None:
    office.record("write_off", 60_00)

    asked = office.record("write_off", 60_00)
    with clock.set_to(make.NOON + timedelta(days=1, minutes=1)):
        later = office.record("write_off", 60_00, actor=COMMAND_LINE)

    assert (type(asked), type(later)) == (Asked, Posted)


def test_what_a_run_takes_back_counts_for_no_limit(office: Office) -> None:
    with office.database.writing() as session:
        books.credit_note(
            session,
            actor=COMMAND_LINE,
            request_id="bill:1:1:1",
            student_id=office.ann,
            amount_minor=60_00,
            account="TUITION",
            reason="left the bus",
        )

    assert isinstance(office.record("credit_note", 60_00, account="TUITION"), Posted)
    assert isinstance(office.record("credit_note", 60_00, account="TUITION"), Asked)


def test_without_a_limit_nobody_is_asked(office: Office) -> None:
    with office.database.writing() as session:
        policies.change_policies(session, actor=COMMAND_LINE, values={policies.WRITE_OFF_LIMIT: None})

    assert isinstance(office.record("write_off", 500_00), Posted)


def test_the_books_themselves_ask_for_the_second_person(office: Office) -> None:
    with pytest.raises(NeedsApproval) as refused, office.database.writing() as session:
        books.write_off(
            session,
            actor=office.finn,
            request_id=make.request_id(),
            student_id=office.ann,
            amount_minor=100_01,
            reason="moved away",
        )

    assert refused.value.sentence == (
        "100.01 is above the limit of 100.00 for write-offs: ask for it on the student's page, "
        "and another person decides."
    )


def test_what_another_approves_is_the_deed_of_who_asked(office: Office) -> None:
    approval_id = office.ask("refund", 200_00, tender="CASH")

    posted = office.decide("approve", approval_id)
    again = office.decide("approve", approval_id)

    assert (posted.document, again.entry_id, again.already) == ("F-000001", posted.entry_id, True)
    assert office.balance(office.ben) == -100_00
    with office.database.reading() as session:
        entry, fact = ledger.entry(session, posted.entry_id), queries.of_entry(session, posted.entry_id)
        assert fact is not None
        assert (entry.actor, entry.reason) == ("finn", "moved away")
        assert (fact.decision, fact.decided_by, fact.asked_by) == ("approved", "flo", "finn")
        assert list(session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)))[-2:] == [
            "approvals:approval:ask",
            "approvals:approval:decide",
        ]
        assert verify(session) == []


def test_what_is_refused_is_not_recorded_and_has_a_reason(office: Office) -> None:
    approval_id = office.ask()

    with pytest.raises(BadInput) as silent:
        office.decide("refuse", approval_id, reason=" ")
    office.decide("refuse", approval_id, reason="they pay next week")
    with pytest.raises(AlreadyDecided) as refused:
        office.decide("approve", approval_id, office.fay)

    assert silent.value.field == "reason"
    assert refused.value.sentence == "flo refused this on 20 Mar 2026 already."
    assert office.balance(office.ann) == 500_00


def test_nobody_decides_their_own(office: Office) -> None:
    approval_id = office.ask()

    for how, more in (("approve", {}), ("refuse", {"reason": "no"})):
        with pytest.raises(NotAllowed, match="another person decides"):
            office.decide(how, approval_id, office.finn, **more)
    with pytest.raises(NotAllowed, match="another person decides"), office.database.writing() as session:
        books.write_off(
            session,
            actor=office.finn,
            request_id=make.request_id(),
            student_id=office.ann,
            amount_minor=200_00,
            reason="moved away",
            approved_by=office.finn,
        )


def test_who_asked_and_nobody_else_withdraws_until_it_is_decided(office: Office) -> None:
    approval_id, approved = office.ask(), office.ask(amount=101_00)
    office.decide("approve", approved)

    with pytest.raises(NotAllowed, match="finn asked for this"):
        office.decide("withdraw", approval_id, office.flo, reason="wrong child")
    with pytest.raises(BadInput, match="Say why"):
        office.decide("withdraw", approval_id, office.finn, reason=" ")
    with office.database.writing() as session:
        finn = office.finn.user_id or 0  # who may write nothing off any more
        access.change_roles(session, actor=COMMAND_LINE, user_id=finn, roles=[ADMINISTRATOR])
    for _ in range(2):
        office.decide("withdraw", approval_id, office.finn, reason="wrong child")
    with pytest.raises(AlreadyDecided, match="finn withdrew this on 20 Mar 2026 already"):
        office.decide("approve", approval_id)
    with pytest.raises(AlreadyDecided, match="flo approved this on 20 Mar 2026 already"):
        office.decide("withdraw", approved, office.finn, reason="wrong child")

    assert office.balance(office.ann) == 399_00
    with office.database.reading() as session:
        told = select(AuditEvent.actor, AuditEvent.after, AuditEvent.reason).order_by(AuditEvent.id.desc())
        assert list(session.execute(told).first() or ()) == [
            "finn",
            {"decision": "withdrawn", "entry": None},
            "wrong child",
        ]


def test_who_may_no_longer_ask_is_not_approved(office: Office) -> None:
    approval_id = office.ask()
    with office.database.writing() as session:
        access.disable(session, actor=COMMAND_LINE, user_id=office.finn.user_id or 0, reason="left")

    with pytest.raises(NotAllowed, match="finn may not sign in any more"):
        office.decide("approve", approval_id)
    office.decide("refuse", approval_id, reason="asked by who left")


def test_what_the_books_refuse_by_then_goes_on_waiting(office: Office) -> None:
    approval_id = office.ask(amount=500_00)
    with office.database.writing() as session:
        make.pay(session, office.ann, 100_00)

    with pytest.raises(TooMuch):
        office.decide("approve", approval_id)

    with office.database.reading() as session:
        assert queries.approval(session, approval_id).decision is None


def test_nothing_is_asked_for_that_the_books_would_refuse(office: Office) -> None:
    refused: list[tuple[type[SchoolError], dict[str, Any]]] = [
        (TooMuch, {"kind": "write_off", "amount": 500_01}),
        (TooMuch, {"kind": "refund", "amount": 300_01, "tender": "CASH"}),
        (BadInput, {"kind": "refund", "amount": 200_00, "tender": "TUITION"}),
        (BadInput, {"kind": "write_off", "amount": 200_00, "reason": ""}),
        (BadAmount, {"kind": "write_off", "amount": 0}),
        (BadInput, {"kind": "charge", "amount": 200_00}),
        (BadInput, {"kind": "write_off", "amount": 200_00, "tender": "CASH"}),
    ]
    for error, values in refused:
        with pytest.raises(error):
            office.record(**values)
    with office.database.reading() as session:
        assert queries.waiting(session) == []


def test_the_same_form_asks_once(office: Office) -> None:
    first, second = (office.ask(request_id="the same form") for _ in range(2))

    with pytest.raises(RuleBroken, match="something else"):
        office.record("write_off", 300_00, request_id="the same form")
    with pytest.raises(NotFound):
        office.decide("approve", 99)
    assert first == second


def test_the_database_itself_keeps_what_was_asked_and_decided(office: Office) -> None:
    approval_id = office.ask()
    decided = office.ask(amount=250_00)
    office.decide("refuse", decided, reason="no")
    attacks = {
        "UPDATE approval SET amount = 1": approval_id,
        "UPDATE approval SET reason = 'other'": approval_id,
        "UPDATE approval SET decision = 'approved', decided_at = asked_at, decided_by_id = asked_by_id": (
            approval_id
        ),
        "UPDATE approval SET decision = 'withdrawn', decided_at = asked_at, decided_by_id = 1": approval_id,
        "UPDATE approval SET decision = 'approved'": decided,
        "DELETE FROM approval": approval_id,
    }
    for attack, which in attacks.items():
        with pytest.raises((IntegrityError, RuleBroken)), office.database.writing() as session:
            session.execute(text(f"{attack} WHERE id = {which}"))


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each came to, or the refusal it met; all begin at the same moment."""
    start = Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        except SchoolError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_of_two_who_decide_at_once_one_does_and_the_other_reads_a_sentence(office: Office) -> None:
    for n in range(4):
        approval_id = office.ask(amount=101_00 + n)
        outcomes = at_once(
            lambda: office.decide("approve", approval_id, office.flo),  # noqa: B023 - it is called in this turn
            lambda: office.decide("refuse", approval_id, office.fay, reason="no"),  # noqa: B023
            lambda: office.decide("withdraw", approval_id, office.finn, reason="no"),  # noqa: B023
        )
        assert sum(isinstance(one, AlreadyDecided) for one in outcomes) == 2, outcomes
        with office.database.reading() as session:
            fact = queries.approval(session, approval_id)
            assert (fact.decision == "approved") == (fact.entry_id is not None)


def test_one_credit_is_not_moved_and_paid_back_at_once(office: Office) -> None:
    with office.database.writing() as session:
        cy, dan = (make.student(session, name, guardian="Mrs Kin") for name in ("Cy", "Dan"))
        paid = make.pay(session, cy, 90_00)

    def bounce() -> Any:
        with office.database.writing() as session:
            return books.reverse(
                session,
                actor=office.fay,
                request_id=make.request_id(),
                entry_id=paid.entry_id,
                reason="bounced",
            )

    def move() -> Any:
        with office.database.writing() as session:
            return books.transfer(
                session,
                actor=office.flo,
                request_id=make.request_id(),
                from_student_id=cy,
                to_student_id=dan,
                amount_minor=90_00,
                reason="same family",
            )

    outcomes = at_once(
        lambda: office.record("refund", 90_00, student_id=cy, tender="CASH"), move, bounce, bounce
    )

    assert sum(isinstance(one, AlreadyReversed) for one in outcomes[2:]) == 1
    assert sum(isinstance(one, TooMuch) for one in outcomes[:2]) >= 1
    assert all(isinstance(one, Posted | AlreadyReversed | TooMuch) for one in outcomes)
    with office.database.reading() as session:
        assert verify(session) == []
