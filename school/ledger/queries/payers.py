"""Who owes what of a family: each payer's part of all that is charged, less what that payer paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from school.ledger.models import Entry, Line, PaymentPayer
from school.ledger.queries.allocation import balances, total
from school.money import split
from school.students.rules import Payer, fold


@dataclass(frozen=True)
class PayerStanding:
    """owes = borne − paid − of_others, in minor units; `of_others` is their part of what others paid."""

    payer: Payer
    borne: int
    paid: int
    of_others: int
    owes: int


def payer_standings(
    session: Session,
    student_ids: Collection[int],
    payers: Sequence[Payer],
    *,
    as_at: date | None = None,
) -> list[PayerStanding]:
    """In the order given; what they owe adds up to the balances of the students. Empty without payers.

    The shares of today count for all that was ever charged. A payment belongs to the guardian it was recorded
    for, or else to the payer whose name it bears; what anybody else paid is for all, by their shares.
    """
    if not payers:
        return []
    held = session.execute(balances(as_at=as_at, students=list(student_ids)))
    balance = sum(row.balance for row in held)
    paid = _paid(session, student_ids, payers, as_at)
    weights = [payer.share_bp for payer in payers]
    borne, others = split(balance + paid.total(), weights), split(paid[None], weights)
    return [
        PayerStanding(payer, part, paid[payer.guardian_id], other, part - paid[payer.guardian_id] - other)
        for payer, part, other in zip(payers, borne, others, strict=True)
    ]


def _paid(
    session: Session, student_ids: Collection[int], payers: Sequence[Payer], as_at: date | None
) -> Counter[int | None]:
    """What stood of the payments for these students, by the payer's guardian id; None is anybody else."""
    later = aliased(Entry)
    undone = later.reverses == Entry.id
    query = (
        select(Entry.payer, PaymentPayer.guardian_id, (-total(Line.amount)).label("amount"))
        .join(Entry, Entry.id == Line.entry_id)
        .outerjoin(later, and_(undone, later.date <= as_at) if as_at else undone)
        .outerjoin(PaymentPayer, PaymentPayer.entry_id == Entry.id)
        .where(Line.student_id.in_(student_ids), Entry.kind == "payment", later.id.is_(None))
        .group_by(Entry.payer, PaymentPayer.guardian_id)
    )
    rows = session.execute(query.where(Entry.date <= as_at) if as_at else query)
    known = {payer.guardian_id for payer in payers}
    names = Counter(fold(payer.name) for payer in payers)
    named = {fold(payer.name): payer.guardian_id for payer in payers if names[fold(payer.name)] == 1}
    found: Counter[int | None] = Counter()
    for row in rows:
        whose = row.guardian_id or named.get(fold(row.payer or ""))
        found[whose if whose in known else None] += row.amount
    return found
