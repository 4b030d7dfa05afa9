"""An office of two cashiers and an administrator, at noon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import ADMINISTRATOR, FINANCE, Actor
from school.cashier import service as cashier
from school.db import Database
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.service import Posted, Share, TenderPart
from tests import make, people


@dataclass(frozen=True)
class Office:
    """Finn and Bea take money, Ada keeps the house; Ann and Ben owe 1,000.00 each."""

    database: Database
    finn: Actor
    bea: Actor
    ada: Actor
    ann: int
    ben: int


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    with clock.set_to(make.NOON):
        with database.writing() as session:
            make.school(session)
            users = [
                people.user(session, FINANCE, name="finn"),
                people.user(session, FINANCE, name="bea"),
                people.user(session, ADMINISTRATOR, name="ada"),
            ]
            actors = [people.signed_in(session, user) for user in users]
            students = [make.student(session, name, admission_no=f"{name[0]}-1") for name in ("Ann", "Ben")]
            for student in students:
                make.bill(session, student, (100_000, make.TODAY))
        yield Office(database, *actors, *students)


def take(
    session: Session, who: Actor, student: int, amount: int, tender: str = "CASH", **how: object
) -> Posted:
    """Money received by this cashier."""
    return service.record_payment(
        session,
        actor=who,
        request_id=make.request_id(),
        shares=[Share(student, amount)],
        tenders=[TenderPart(tender, amount)],
        **how,  # type: ignore[arg-type]
    )


def reverse(session: Session, who: Actor, posted: Posted) -> Posted:
    return service.reverse(
        session, actor=who, request_id=make.request_id(), entry_id=posted.entry_id, reason="typed twice"
    )


def count(session: Session, who: Actor, cash: int = 0, **how: object) -> int:
    """A count of the own till up to now: the cash in one piece, other tenders as `counted`."""
    given: dict[str, object] = {
        "request_id": make.request_id(),
        "through_entry": ledger.last_entry(session),
        "coins": {cash: 1} if cash else {},
        "counted": {},
    }
    return cashier.count(session, actor=who, **(given | how))  # type: ignore[arg-type]
