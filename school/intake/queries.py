"""The only reader of what an import compares a file with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from school.db import among
from school.intake import headings
from school.intake.models import ImportMapping
from school.ledger.models import Entry, Line


@dataclass(frozen=True)
class Remembered:
    """How these headings were read the last time: heading -> field, and what the user decided."""

    columns: Mapping[str, str]
    decimal_mark: str | None
    day_first: bool | None


@dataclass(frozen=True)
class Openings:
    """A student's opening balances, minor units, + = owes: the one that stands, and those reversed."""

    standing: int | None
    reversed: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.reversed) + (self.standing is not None)


NONE = Openings(None, ())


def remembered(session: Session, titles: Sequence[str]) -> Remembered | None:
    """What was decided for this set of headings, whatever their order; None for headings never seen."""
    found = session.get(ImportMapping, headings.fingerprint(titles))
    return None if found is None else Remembered(found.columns, found.decimal_mark, found.day_first)


def openings(session: Session, student_ids: Iterable[int]) -> dict[int, Openings]:
    """The opening balances of those students who have any."""
    reversal = aliased(Entry)
    found: dict[int, Openings] = {}
    rows = session.execute(
        select(Line.student_id, Line.amount, reversal.id.is_not(None))
        .join(Entry, Entry.id == Line.entry_id)
        .outerjoin(reversal, reversal.reverses == Entry.id)
        .where(among(Line.student_id, student_ids), Entry.kind == "opening")
        .order_by(Line.id)
    )
    for student_id, amount, taken_back in rows:
        held = found.get(student_id, NONE)
        found[student_id] = (
            Openings(held.standing, (*held.reversed, amount))
            if taken_back
            else Openings((held.standing or 0) + amount, held.reversed)
        )
    return found
