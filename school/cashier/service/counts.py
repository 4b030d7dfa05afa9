"""A till is counted, counted again while nobody has signed, and signed by a second person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.cashier import queries
from school.cashier.models import CashUp, CashUpCoin, CashUpSignature, CashUpTender
from school.cashier.queries import Count, Till
from school.cashier.rules import CASH, PIECES_MAX, cash, in_words
from school.errors import BadAmount, BadInput, NotAllowed, RuleBroken
from school.ledger.posting import authorise, check_request_id
from school.ledger.refusals import words
from school.money import AMOUNT_MINOR_MAX, show
from school.students import queries as students


def count(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    through_entry: int,
    coins: Mapping[int, int],
    counted: Mapping[str, int],
    cash_float: int = 0,
    reason: str = "",
    cashier_id: int | None = None,
    seen_entry: int | None = None,
    replaces: int | None = None,
) -> int:
    """The number of a new count of a till through an entry, or of the one this form has made before.

    `coins` are pieces by value, and make the cash; `counted` are the other tenders. `seen_entry` is the end
    of the books when the form was last looked at: RuleBroken names what came into the till since.
    Raises BadInput for a tender that is not counted and for a variance without a reason.
    """
    authorise(session, actor, "cash_up.count")
    check_request_id(request_id)
    whose = actor.user_id if cashier_id is None else cashier_id
    if whose is None:
        raise NotAllowed("Whoever works without a user of their own has no till. Sign in to count.")
    if replaces is not None:
        _check_replaceable(session, replaces, whose, request_id)
    till = queries.till(session, whose, through=through_entry, replaces=replaces)
    why = words(reason, "reason") or None
    row: dict[str, Any] = {
        "request_id": request_id,
        "cashier_id": whose,
        "through_entry": through_entry,
        "cash_float": _amount(cash_float, "float", least=0),
        "reason": why,
        "replaces": replaces,
    }
    pieces = {value: _pieces(number) for value, number in coins.items() if number}
    before = queries.count_of_request(session, request_id)
    if before is not None:
        return _counted_before(queries.count(session, before), row, pieces)
    _check_till(session, till, through_entry if seen_entry is None else seen_entry)
    found = _counted(session, till, {**counted, CASH: cash(pieces, cash_float)})
    if why is None:
        _check_variance(session, till, found)
    number = _add(session, actor, till, row, found, pieces)
    names = queries.tenders(session)
    shown = students.school(session)
    audit.record(
        session,
        actor=actor,
        event=events.CASH_UP_COUNTED,
        subject=f"cash-up:{number}",
        before={
            name: show(till.expected(code), shown.currency, shown.locale) for code, name in names.items()
        },
        after={
            "cashier": till.cashier,
            **{names[code]: show(amount, shown.currency, shown.locale) for code, amount in found.items()},
        },
        reason=why,
    )
    return number


def _check_replaceable(session: Session, replaces: int, cashier_id: int, request_id: str) -> None:
    old = queries.count(session, replaces)
    if old.signed_by:
        raise RuleBroken(
            f"{old.signed_by} has signed this count already, so it stays. Count what came since."
        )
    made = queries.count_of_request(session, request_id)
    last = queries.last_count(session, cashier_id)
    if made is None and (last is None or last.id != replaces):
        raise RuleBroken(
            "This till was counted again meanwhile. Open the page anew and look at the last count."
        )


def _check_till(session: Session, till: Till, seen_entry: int) -> None:
    if not till.tenders:
        raise RuleBroken("Nothing came into this till since its last count: there is nothing to count yet.")
    came = queries.entries(session, till.cashier_id, after=max(seen_entry, till.through_entry))
    if came:
        names = ", ".join(entry.name for entry in came[:3]) + (" and more" if len(came) > 3 else "")
        raise RuleBroken(
            f"{names} came into the till while you counted. See what is expected now, then press again."
        )


def _counted(session: Session, till: Till, counted: Mapping[str, int]) -> dict[str, int]:
    """By tender, for each that moved and each where something was found."""
    names = queries.tenders(session)
    for tender in till.tenders:
        if tender.account not in counted:
            raise BadInput(f"Say what you counted as {tender.name}: 0 if there is nothing.", field="counted")
        names.setdefault(tender.account, tender.name)
    if counted.keys() - names.keys():
        raise BadInput("This is no tender of the school: choose another.", field="counted")
    moved = {tender.account for tender in till.tenders}
    return {
        account: _amount(counted[account], "counted")
        for account in names
        if account in moved or counted.get(account)
    }


def _check_variance(session: Session, till: Till, found: Mapping[str, int]) -> None:
    school, names = students.school(session), queries.tenders(session)
    for account, amount in found.items():
        if variance := amount - till.expected(account):
            shown = in_words(variance, school.currency, school.locale)
            raise BadInput(f"{names.get(account, account)} is {shown}: say why.", field="reason")


def _pieces(number: object) -> int:
    if type(number) is not int or not 0 <= number <= PIECES_MAX:
        raise BadAmount("Pieces are counted in whole numbers.", field="counted")
    return number


def _amount(value: object, field: str, *, least: int = -AMOUNT_MINOR_MAX) -> int:
    if type(value) is not int or not least <= value <= AMOUNT_MINOR_MAX:
        raise BadAmount("This is not an amount the books take.", field=field)
    return value


def _counted_before(before: Count, row: Mapping[str, Any], coins: Mapping[int, int]) -> int:
    same = dict(before.coins) == coins and all(getattr(before, name) == row[name] for name in _SAME)
    if not same:
        raise RuleBroken(f"This form was used for cash-up {before.id} already, which stays as it is.")
    return before.id


_SAME = ("cashier_id", "through_entry", "cash_float", "reason", "replaces")


def _add(
    session: Session,
    actor: Actor,
    till: Till,
    row: Mapping[str, Any],
    found: Mapping[str, int],
    pieces: Mapping[int, int],
) -> int:
    last = session.scalar(select(CashUp.id).order_by(CashUp.id.desc()).limit(1))
    number = (last or 0) + 1
    tenders = [
        {"cash_up_id": number, "account": account, "expected": till.expected(account), "counted": amount}
        for account, amount in found.items()
    ]
    session.execute(insert(CashUpTender), tenders)
    if pieces:
        coins = [{"cash_up_id": number, "value": value, "pieces": n} for value, n in pieces.items()]
        session.execute(insert(CashUpCoin), coins)
    head = {
        **row,
        "id": number,
        "cashier": till.cashier,
        "date": students.today(session),
        "after_entry": till.after_entry,
        "counted_at": clock.now(),
        "counted_by_id": actor.user_id,
        "counted_by": actor.name,
    }
    session.execute(insert(CashUp), [head])
    return number


def sign(session: Session, *, actor: Actor, cash_up_id: int) -> None:
    """A second person has seen the count; signed again by the same person, nothing more happens.

    Raises NotFound, NotAllowed for who counted, RuleBroken for a count that another has signed or replaced.
    """
    authorise(session, actor, "cash_up.sign")
    found = queries.count(session, cash_up_id)
    if found.signed_by == actor.name and actor.user_id is not None:
        return
    if found.signed_by:
        raise RuleBroken(f"{found.signed_by} has signed cash-up {found.id} already.")
    if found.replaced_by:
        raise RuleBroken(f"Cash-up {found.id} was counted again: sign cash-up {found.replaced_by} instead.")
    if actor.user_id is None or actor.user_id == found.counted_by_id:
        raise NotAllowed("Who counted does not sign: ask somebody else to look at the count.")
    row = {
        "cash_up_id": found.id,
        "counted_by_id": found.counted_by_id,
        "signed_by_id": actor.user_id,
        "signed_by": actor.name,
        "signed_at": clock.now(),
    }
    session.execute(insert(CashUpSignature), [row])
    audit.record(
        session,
        actor=actor,
        event=events.CASH_UP_SIGNED,
        subject=f"cash-up:{found.id}",
        after={"counted by": found.counted_by, "signed by": actor.name},
    )
