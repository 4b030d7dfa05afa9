"""What was charged for a term before: by runs, and by hand beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from school.fees.models import Run, RunEntry
from school.ledger.models import Entry, Line


@dataclass(frozen=True)
class PostedLine:
    """A line that counts for a term and was not reversed; `kind` is its entry's."""

    student_id: int
    id: int
    kind: str
    account: str
    amount: int
    due_date: date | None
    pays: int | None


@dataclass(frozen=True)
class Before:
    """What runs have posted for students in a term: the lines that stand, and how many entries there were."""

    lines: dict[int, list[PostedLine]]
    entries: dict[int, int]


def before(session: Session, term_id: int, student_ids: Sequence[int]) -> Before:
    """What billing runs have posted for these students in the term."""
    undone = aliased(Entry)
    rows = session.execute(
        select(RunEntry.student_id, Line.id, Entry.kind, Line.account, Line.amount, Line.due_date, Line.pays)
        .add_columns(Line.n, undone.id)
        .join(Run, and_(Run.id == RunEntry.run_id, Run.term_id == term_id, Run.kind == "billing"))
        .join(Entry, Entry.id == RunEntry.entry_id)
        .join(Line, Line.entry_id == Entry.id)
        .outerjoin(undone, undone.reverses == Entry.id)
        .where(RunEntry.student_id.in_(student_ids))
        .order_by(Line.id)
    )
    found = Before({}, {})
    for *line, n, reversal in rows:
        student_id = line[0]
        if n == 1:
            found.entries[student_id] = found.entries.get(student_id, 0) + 1
        if reversal is None:
            found.lines.setdefault(student_id, []).append(PostedLine(*line))
    return found


def by_hand(
    session: Session, term_id: int, student_ids: Sequence[int], codes: Sequence[str]
) -> dict[int, list[PostedLine]]:
    """What no run charged of these fee heads in the term, and what was credited of such charges since."""
    charges = list(_by_hand(session, Line.student_id.in_(student_ids), Line.term_id == term_id, codes=codes))
    ids = [charge.id for charge in charges]
    credits_ = list(_by_hand(session, Line.pays.in_(ids), codes=codes, kind="credit_note")) if ids else []
    found: dict[int, list[PostedLine]] = {}
    for line in [*charges, *credits_]:
        found.setdefault(line.student_id, []).append(line)
    return found


def _by_hand(
    session: Session, *of: ColumnElement[bool], codes: Sequence[str], kind: str = "bill"
) -> Iterable[PostedLine]:
    undone = aliased(Entry)
    charge = [Line.due_date.is_not(None)] if kind == "bill" else []
    rows = session.execute(
        select(Line.student_id, Line.id, Entry.kind, Line.account, Line.amount, Line.due_date, Line.pays)
        .join(Entry, Entry.id == Line.entry_id)
        .where(*of, *charge, Line.account.in_(codes), Entry.kind == kind)
        .where(~exists().where(RunEntry.entry_id == Line.entry_id))
        .where(~exists().where(undone.reverses == Line.entry_id))
        .order_by(Line.id)
    )
    return (PostedLine(*row) for row in rows)


class Sorted:
    """Posted lines by fee head: charges, what stands charged, and what each scheme has given."""

    def __init__(self, posted: Iterable[PostedLine], by_hand: Iterable[PostedLine]) -> None:
        self.charges: dict[str, list[PostedLine]] = {}
        self.charged: dict[str, int] = {}
        self.given: dict[str, dict[str, int]] = {}
        self.credited: dict[int, int] = {}
        head_of: dict[int, str] = {}
        for line in [*posted, *by_hand]:
            if line.due_date is not None:
                self.charges.setdefault(line.account, []).append(line)
                head_of[line.id] = line.account
            elif line.pays is not None:
                self.credited[line.pays] = self.credited.get(line.pays, 0) - line.amount
        for line in posted:
            self._count(line, head_of)

    def _count(self, line: PostedLine, head_of: dict[int, str]) -> None:
        if line.due_date is not None or line.kind == "credit_note":
            self.charged[line.account] = self.charged.get(line.account, 0) + line.amount
        elif line.pays in head_of:
            given = self.given.setdefault(head_of[line.pays], {})
            given[line.account] = given.get(line.account, 0) - line.amount


def net(lines: Iterable[PostedLine], code: str) -> int:
    """What stands charged of these lines on a fee head."""
    return max(0, sum(line.amount for line in lines if line.account == code))
