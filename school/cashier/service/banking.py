"""Signed cash and cheques are taken to the bank, each count once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.cashier import queries
from school.cashier.models import Deposit, DepositPart
from school.cashier.queries import Part, Slip
from school.errors import BadInput, RuleBroken
from school.ledger.posting import authorise, check_request_id
from school.ledger.refusals import check_date, words
from school.money import show
from school.students import queries as students


def deposit(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    account: str,
    cash_up_ids: Sequence[int],
    bank: str,
    date: dt.date | None = None,
) -> Slip:
    """One tender of signed counts as one deposit with the next number, or the one this form has made before.

    Raises BadDate for a date to come, RuleBroken for a count that is not signed or already banked.
    """
    authorise(session, actor, "cash_up.count")
    check_request_id(request_id)
    bank = words(bank, "bank", needed="Name the bank or the account, as it stands on the slip.")
    today = students.today(session)
    day = date or today
    check_date(day, today, None)
    before = queries.deposit_of_request(session, request_id)
    if before is not None:
        return _made_before(queries.deposit(session, before), account, cash_up_ids, bank)
    parts = _parts(session, account, cash_up_ids)
    amount = sum(part.amount for part in parts)
    if amount <= 0:
        raise RuleBroken("There is nothing to take to the bank in these counts.", field="parts")
    number = (session.scalar(select(func.max(Deposit.id))) or 0) + 1
    rows = [
        {"deposit_id": number, "cash_up_id": part.cash_up_id, "account": account, "amount": part.amount}
        for part in parts
    ]
    session.execute(insert(DepositPart), rows)
    head = {
        "id": number,
        "request_id": request_id,
        "account": account,
        "amount": amount,
        "date": day,
        "bank": bank,
        "at": clock.now(),
        "actor_id": actor.user_id,
        "actor": actor.name,
    }
    session.execute(insert(Deposit), [head])
    made, school = queries.deposit(session, number), students.school(session)
    audit.record(
        session,
        actor=actor,
        event=events.DEPOSIT_MADE,
        subject=f"deposit:{number}",
        after={
            "amount": show(amount, school.currency, school.locale),
            "bank": bank,
            "cash-ups": [part.cash_up_id for part in parts],
        },
    )
    return made


def _parts(session: Session, account: str, cash_up_ids: Sequence[int]) -> list[Part]:
    if not cash_up_ids:
        raise BadInput("Choose the counts whose money goes to the bank.", field="parts")
    ready = {
        part.cash_up_id: part
        for one in queries.bankable(session)
        if one.account == account
        for part in one.parts
    }
    for cash_up_id in cash_up_ids:
        if cash_up_id not in ready:
            raise RuleBroken(
                f"Cash-up {cash_up_id} is in another deposit, or not signed. Look at the list once more.",
                field="parts",
            )
    return [ready[cash_up_id] for cash_up_id in sorted(set(cash_up_ids))]


def _made_before(made: Slip, account: str, cash_up_ids: Sequence[int], bank: str) -> Slip:
    parts = {part.cash_up_id for part in made.parts}
    if (made.account, parts, made.bank) != (account, set(cash_up_ids), bank):
        raise RuleBroken(f"This form was used for deposit {made.number} already, which stays as it is.")
    return made
