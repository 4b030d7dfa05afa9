"""Under which letters documents are numbered, and which numbers were handed out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school.ledger import wording
from school.ledger.models import DocumentSeries, Entry
from school.ledger.rules import SERIES


@dataclass(frozen=True)
class SeriesFacts:
    """`last_no` numbers were handed out under these letters, from 1 without a gap; `present` goes on."""

    kind: str
    series: str
    last_no: int
    present: bool

    @property
    def next_document(self) -> str:
        return wording.document(self.series, self.last_no + 1)


def series(session: Session) -> list[SeriesFacts]:
    """Receipts, then refunds; of each the letters used from now on first, then those of former days."""
    chosen = {row.kind: row.series for row in session.scalars(select(DocumentSeries))}
    used: dict[tuple[str, str], int] = {}
    query = select(Entry.kind, Entry.series, func.max(Entry.no)).where(Entry.kind.in_(SERIES))
    for kind, letters, last_no in session.execute(query.group_by(Entry.kind, Entry.series)):
        used[kind, str(letters)] = last_no or 0
    found = []
    for kind, default in SERIES.items():
        present = chosen.get(kind, default)
        found.append(SeriesFacts(kind, present, used.pop((kind, present), 0), present=True))
        former = sorted(letters for of, letters in used if of == kind)
        found += [SeriesFacts(kind, letters, used[kind, letters], present=False) for letters in former]
    return found
