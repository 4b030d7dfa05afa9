"""Where the credit of a receipt lies now: on the charges it was pinned to, or with the oldest due first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from school.ledger import wording
from school.ledger.models import Entry, Line
from school.ledger.queries.allocation import total


@dataclass(frozen=True)
class Holding:
    """`amount` of the receipt pays the charge `pays`, or the oldest due first where that is None."""

    pays: int | None
    amount: int


def holdings(session: Session, student_id: int, document: str) -> list[Holding]:
    """What a receipt such as R-000123 brought this student and where it lies, what is not pinned first.

    Empty for a receipt of somebody else's, or one that was reversed.
    """
    parts = wording.document_parts(document)
    if parts is None:
        return []
    later = aliased(Entry)
    receipt = and_(Entry.kind == "payment", Entry.series == parts[0], Entry.no == parts[1])
    rows = session.execute(
        select(Line.pays, -total(Line.amount))
        .join(Entry, Entry.id == Line.entry_id)
        .outerjoin(later, later.reverses == Entry.id)
        .where(
            Line.student_id == student_id,
            later.id.is_(None),
            or_(receipt, _moves(wording.document(*parts))),
        )
        .group_by(Line.pays)
    ).all()
    found = [Holding(pays, amount) for pays, amount in rows if amount > 0]
    return sorted(found, key=lambda one: one.pays or 0)


def reallocations(session: Session, document: str) -> Sequence[int]:
    """The entries that re-allocated the credit of this receipt and were not reversed, the last first."""
    later = aliased(Entry)
    return session.scalars(
        select(Entry.id)
        .outerjoin(later, later.reverses == Entry.id)
        .where(_moves(document), later.id.is_(None))
        .order_by(Entry.id.desc())
    ).all()


def paid_by_name(session: Session, line_id: int) -> int:
    """How much of a charge is settled by credits pinned to it."""
    return -session.scalars(select(total(Line.amount)).where(Line.pays == line_id)).one()


def _moves(document: str) -> ColumnElement[bool]:
    """True of entries that re-allocate this receipt: transfers of its name, within one student's account."""
    taken = aliased(Line)
    return and_(
        Entry.kind == "transfer",
        Entry.reference == document,
        exists().where(taken.entry_id == Entry.id, taken.amount > 0, taken.due_date.is_(None)),
    )
