"""How much of a student's credit can be paid back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from school.ledger import rules
from school.ledger.models import Entry, FeeHead, Line
from school.ledger.queries.accounts import balance
from school.ledger.queries.allocation import total

PAID_OUT = ("refund", "transfer")


@dataclass(frozen=True)
class Credit:
    """`refundable` of the `credit` can be paid back or moved; both in minor units."""

    credit: int
    refundable: int


def refundable(session: Session, student_id: int) -> Credit:
    """What came from a credit note on a fee head that is not refundable stays for what is charged next."""
    credit = max(0, -balance(session, student_id))
    kept_heads = select(FeeHead.account).where(FeeHead.refundable.is_(False))
    kept = and_(Line.student_id == student_id, Entry.kind == "credit_note", Line.account.in_(kept_heads))
    has_kept = select(Line.id).join(Entry, Entry.id == Line.entry_id).where(kept).limit(1)
    if not credit or session.scalar(has_kept) is None:
        return Credit(credit, credit)
    rows = session.execute(
        select(total(Line.amount), Entry.kind, func.min(Line.account), Entry.id)
        .join(Entry, Entry.id == Line.entry_id)
        .where(Line.student_id == student_id)
        .group_by(Entry.id, Entry.kind)
        .order_by(Entry.id)
    )
    heads = set(session.scalars(kept_heads))
    movements = [
        (amount, kind == "credit_note" and account in heads, kind in PAID_OUT)
        for amount, kind, account, _ in rows
    ]
    return Credit(credit, rules.refundable(movements))
