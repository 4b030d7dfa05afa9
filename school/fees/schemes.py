"""Concession schemes: a concession account, its kind, what it gives and at most. Every change is audited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import BadInput, NotFound
from school.fees.conceding import Rate
from school.fees.models import SCHEME_KINDS, ConcessionRate, ConcessionScheme, FeeHead
from school.fees.rules import WHOLE
from school.ledger.models import Account
from school.ledger.posting import authorise
from school.ledger.refusals import amount
from school.ledger.service.chart import CODE_LENGTH_MAX, open_account

ORDINAL_MAX = 20  # a later child gets what the one before gets
FAMILY_CAP_MAX = 10 * WHOLE


def add_scheme(
    session: Session,
    *,
    actor: Actor,
    name: str,
    kind: str,
    rates: Sequence[Rate] = (),
    cap_minor: int | None = None,
    cap_bp: int | None = None,
    needs_approval: bool = True,
    code: str = "",
) -> str:
    """A scheme with an account of its own; its code, made from the name unless one is given.

    Raises BadInput and BadAmount for what a scheme cannot be.
    """
    authorise(session, actor, "fees.manage")
    if kind not in SCHEME_KINDS:
        raise BadInput("Choose what kind of scheme it is.", field="kind")
    _check(session, kind, rates, cap_minor, cap_bp)
    last = session.scalar(select(func.max(Account.position)).where(Account.type == "concession")) or 0
    account = open_account(
        session,
        actor=actor,
        code=code or _code(session, name),
        name=name,
        type="concession",
        position=last + 1,
    )
    values = {"cap": cap_minor, "cap_bp": cap_bp, "needs_approval": kind != "sibling" and needs_approval}
    session.execute(insert(ConcessionScheme), [{"account": account, "kind": kind, "active": True, **values}])
    _add_rates(session, account, rates)
    after = {"kind": kind, **values, "rates": _as_kept(rates)}
    audit.record(session, actor=actor, event=events.SCHEME_ADDED, subject=f"scheme:{account}", after=after)
    return account


def change_scheme(
    session: Session,
    *,
    actor: Actor,
    scheme: str,
    rates: Sequence[Rate],
    cap_minor: int | None = None,
    cap_bp: int | None = None,
    needs_approval: bool = True,
    active: bool = True,
) -> None:
    """What the scheme gives from the next billing run on; what was given stays. Raises as `add_scheme`."""
    authorise(session, actor, "fees.manage")
    held = session.get(ConcessionScheme, scheme)
    if held is None:
        raise NotFound("There is no such scheme.", field="scheme")
    _check(session, held.kind, rates, cap_minor, cap_bp)
    approval = held.kind != "sibling" and needs_approval
    new = {"cap": cap_minor, "cap_bp": cap_bp, "needs_approval": approval, "active": active}
    before_rates = rates_of(session, scheme)
    before = {**{name: getattr(held, name) for name in new}, "rates": _as_kept(before_rates)}
    after = {**new, "rates": _as_kept(rates)}
    if before == after:
        return
    session.execute(update(ConcessionScheme).where(ConcessionScheme.account == scheme).values(**new))
    if before["rates"] != after["rates"]:
        session.execute(update(ConcessionRate).where(ConcessionRate.scheme == scheme).values(active=False))
        _add_rates(session, scheme, rates)
    audit.record(
        session,
        actor=actor,
        event=events.SCHEME_CHANGED,
        subject=f"scheme:{scheme}",
        before=before,
        after=after,
    )


def rates_of(session: Session, scheme: str) -> list[Rate]:
    """What the scheme gives now."""
    rows = session.scalars(
        select(ConcessionRate)
        .where(ConcessionRate.scheme == scheme, ConcessionRate.active)
        .order_by(ConcessionRate.id)
    )
    return [Rate(row.head, row.share_bp, row.amount, row.ordinal) for row in rows]


def check_part(session: Session, head: str | None, share_bp: int | None, amount_minor: int | None) -> None:
    """A share of one fee head or of every, or an amount. Raises BadInput and BadAmount."""
    if head is not None and session.get(FeeHead, head) is None:
        raise BadInput("Choose a fee head, or every fee head.", field="head")
    if (share_bp is None) == (amount_minor is None):
        raise BadInput("Give either a percentage or an amount.", field="amount")
    if amount_minor is not None:
        amount(amount_minor)
    elif type(share_bp) is not int or not 0 < share_bp <= WHOLE:
        raise BadInput("A percentage lies above 0 and goes up to 100.", field="share")


def _check(
    session: Session, kind: str, rates: Sequence[Rate], cap_minor: int | None, cap_bp: int | None
) -> None:
    if kind == "sibling" and not rates:
        raise BadInput("Say what the second child gets.", field="rates")
    seen = set()
    for rate in rates:
        check_part(session, rate.head, rate.share_bp, rate.amount)
        if (rate.ordinal is not None) != (kind == "sibling"):
            raise BadInput("From which child on is said in a sibling scheme, and only there.", field="rates")
        if rate.ordinal is not None and not 1 <= rate.ordinal <= ORDINAL_MAX:
            raise BadInput(f"Children are counted from 1 to {ORDINAL_MAX}.", field="rates")
        if (rate.head, rate.ordinal) in seen:
            raise BadInput("Two lines are for the same fee head and the same child: keep one.", field="rates")
        seen.add((rate.head, rate.ordinal))
    if cap_minor is not None:
        amount(cap_minor, "cap")
    if cap_bp is not None and (kind != "sibling" or not 0 < cap_bp <= FAMILY_CAP_MAX):
        raise BadInput("The most a family gets is a percentage of a sibling scheme.", field="cap_bp")


def _code(session: Session, name: str) -> str:
    """Letters and digits of the name; with a number where another account has them."""
    plain = "".join(c for c in name.upper() if c.isascii() and c.isalnum())[:CODE_LENGTH_MAX] or "SCHEME"
    taken = set(session.scalars(select(Account.code)))
    codes = (plain, *(f"{plain[: CODE_LENGTH_MAX - 3]}{n}" for n in range(2, 1000)))
    return next(code for code in codes if code not in taken)


def _add_rates(session: Session, scheme: str, rates: Sequence[Rate]) -> None:
    if rates:
        rows = [{"scheme": scheme, "active": True, **vars(rate)} for rate in rates]
        session.execute(insert(ConcessionRate), rows)


def _as_kept(rates: Sequence[Rate]) -> list[dict[str, Any]]:
    return [{name: value for name, value in vars(rate).items() if value is not None} for rate in rates]
