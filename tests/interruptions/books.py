"""What the books say of the forms that were pressed; the screens have no part in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from school.checks.ledger import verify
from school.db import Database
from school.drafts.models import Draft
from school.incidents.models import Incident
from school.ledger import queries, wording
from school.ledger.models import Entry, Line


@dataclass(frozen=True)
class Recorded:
    """A payment as it is in the books; `amount` is minor units, positive; `whole` when its lines agree."""

    request_id: str
    document: str
    actor: str
    student_ids: frozenset[int]
    amount: int
    whole: bool


def recorded(database: Database, request_ids: Iterable[str] | None = None) -> dict[str, list[Recorded]]:
    """The payments of these requests by request id, or of all; a request without one has no key."""
    chosen = select(
        Entry.id, Entry.request_id, Entry.series, Entry.no, Entry.actor, Entry.total, Entry.n_lines
    ).where(Entry.kind == "payment")
    if request_ids is not None:
        chosen = chosen.where(Entry.request_id.in_(list(request_ids)))
    found: dict[str, list[Recorded]] = {}
    with database.reading() as session:
        for entry in session.execute(chosen).all():
            lines = session.execute(
                select(Line.student_id, Line.amount).where(Line.entry_id == entry.id)
            ).all()
            sum_of_lines = sum(line.amount for line in lines)
            payment = Recorded(
                entry.request_id,
                str(wording.document(entry.series, entry.no)),
                entry.actor,
                frozenset(line.student_id for line in lines),
                -sum_of_lines,
                len(lines) == entry.n_lines and sum_of_lines == entry.total,
            )
            found.setdefault(entry.request_id, []).append(payment)
    return found


def is_recorded(database: Database, request_id: str) -> bool:
    with database.reading() as session:
        return session.scalar(select(Entry.id).where(Entry.request_id == request_id)) is not None


def typed(database: Database, request_id: str) -> str | None:
    """The amount that is kept of the unfinished form, once the way it came is kept as well."""
    with database.reading() as session:
        fields = session.scalar(select(Draft.fields).where(Draft.request_id == request_id)) or {}
    return fields.get("payments.amount") if fields.get("payments.tender") else None


def balance(database: Database, student_id: int) -> int:
    with database.reading() as session:
        return queries.balance(session, student_id)


def findings(database: Database) -> list[str]:
    """What `verify` finds, recomputing everything."""
    with database.reading() as session:
        return [found.message for found in verify(session)]


def incidents(database: Database) -> list[str]:
    with database.reading() as session:
        return [f"{row.number} {row.error} {row.place}" for row in session.scalars(select(Incident))]


def documents_of(database: Database, actor: str) -> set[str]:
    """The numbers of the receipts this person recorded."""
    with database.reading() as session:
        rows = session.execute(
            select(Entry.series, Entry.no).where(Entry.kind == "payment", Entry.actor == actor)
        )
        return {str(wording.document(row.series, row.no)) for row in rows}


def students_of(database: Database, actor: str) -> set[int]:
    """The students on the receipts this person recorded."""
    with database.reading() as session:
        paid = select(Line.student_id).join(Entry).where(Entry.kind == "payment", Entry.actor == actor)
        return set(session.scalars(paid.distinct()))


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Entry).where(Entry.kind == "payment")) or 0
