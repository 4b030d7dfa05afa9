"""Counting, signing, banking and closing, each with a till that is ready for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE, Actor
from school.cashier import service as cashier
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.service import Share, TenderPart
from tests import make
from tests.security.writers import World, Writer


def _pay(session: Session, who: Actor, about: World) -> None:
    service.record_payment(
        session,
        actor=who,
        request_id=make.request_id(),
        shares=[Share(about.student, 100)],
        tenders=[TenderPart("CASH", 100)],
    )


def _counted(session: Session, actor: Actor, about: World, *, whose: int) -> int:
    _pay(session, replace(COMMAND_LINE, user_id=whose, name="friend"), about)
    return cashier.count(
        session,
        actor=actor,
        request_id=make.request_id(),
        cashier_id=whose,
        through_entry=ledger.last_entry(session),
        coins={100: 1},
        counted={},
    )


def _count(session: Session, actor: Actor, about: World) -> None:
    _counted(session, actor, about, whose=about.friend)


def _sign(session: Session, actor: Actor, about: World) -> None:
    counted = _counted(session, COMMAND_LINE, about, whose=about.friend)
    cashier.sign(session, actor=actor, cash_up_id=counted)


def _signed(session: Session, about: World) -> int:
    counted = _counted(session, COMMAND_LINE, about, whose=about.friend)
    friend = replace(COMMAND_LINE, user_id=about.friend, name="friend")
    cashier.sign(session, actor=friend, cash_up_id=counted)
    return counted


def _deposit(session: Session, actor: Actor, about: World) -> Any:
    return cashier.deposit(
        session,
        actor=actor,
        request_id=make.request_id(),
        account="CASH",
        cash_up_ids=[_signed(session, about)],
        bank="City Bank",
    )


WRITERS: dict[str, Writer] = {
    "school.cashier.service.counts.count": Writer("cash_up.count", _count),
    "school.cashier.service.counts.sign": Writer("cash_up.sign", _sign),
    "school.cashier.service.banking.deposit": Writer("cash_up.count", _deposit),
    "school.cashier.service.days.close_day": Writer(
        "periods.lock", lambda s, a, w: cashier.close_day(s, actor=a, day=make.TODAY)
    ),
}
