"""What was charged for a term before: by runs, and by hand beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, select
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
    found, of_student = Before({}, {}), {}
    for student_id, entry_id, term, kind in session.execute(
        select(RunEntry.student_id, RunEntry.entry_id, Run.term_id, Run.kind)
        .join(Run, Run.id == RunEntry.run_id)
        .where(RunEntry.student_id.in_(student_ids))
    ):
        if (term, kind) == (term_id, "billing"):
            of_student[entry_id] = student_id
            found.entries[student_id] = found.entries.get(student_id, 0) + 1
    if of_student:
        for line in _standing(session, Line.entry_id.in_(list(of_student))):
            found.lines.setdefault(line.student_id, []).append(line)
    return found


def by_hand(
    session: Session, term_id: int, student_ids: Sequence[int], codes: Collection[str]
) -> dict[int, list[PostedLine]]:
    """What no run charged of these fee heads in the term, and what was credited of such charges since."""
    of_term = [Line.student_id.in_(student_ids), Line.term_id == term_id, Line.due_date.is_not(None)]
    charges = [one for one in _beside_runs(session, *of_term) if one.kind == "bill" and one.account in codes]
    ids = [charge.id for charge in charges]
    credited = _beside_runs(session, Line.pays.in_(ids)) if ids else []
    found: dict[int, list[PostedLine]] = {}
    for line in [*charges, *(one for one in credited if one.kind == "credit_note")]:
        found.setdefault(line.student_id, []).append(line)
    return found


def _beside_runs(session: Session, *of: ColumnElement[bool]) -> list[PostedLine]:
    return _standing(session, *of, ~exists().where(RunEntry.entry_id == Line.entry_id))


def _standing(session: Session, *of: ColumnElement[bool]) -> list[PostedLine]:
    """Those of entries that were not reversed. Their kind is no condition here: SQLite would read every bill
    that was ever written.
    """
    undone = aliased(Entry)
    rows = session.execute(
        select(Line.student_id, Line.id, Entry.kind, Line.account, Line.amount, Line.due_date, Line.pays)
        .join(Entry, Entry.id == Line.entry_id)
        .where(*of, ~exists().where(undone.reverses == Line.entry_id))
        .order_by(Line.id)
    )
    return [PostedLine(*row) for row in rows]


class Sorted:
    """Posted lines of one student by fee head: the charges, what runs have charged, what each scheme gave."""

    def __init__(self, by_runs: Sequence[PostedLine], by_hand: Iterable[PostedLine]) -> None:
        self.charges: dict[str, list[PostedLine]] = {}
        self.charged: dict[str, int] = {}
        self.given: dict[str, dict[str, int]] = {}
        self.credited: dict[int, int] = {}
        self._by_hand = [*by_hand]
        head_of: dict[int, str] = {}
        for line in [*self._by_hand, *by_runs]:
            if line.due_date is not None:
                self.charges.setdefault(line.account, []).append(line)
                head_of[line.id] = line.account
            elif line.pays is not None:
                self.credited[line.pays] = self.credited.get(line.pays, 0) - line.amount
        for line in by_runs:
            self._count(line, head_of)

    def _count(self, line: PostedLine, head_of: dict[int, str]) -> None:
        if line.due_date is not None or line.kind == "credit_note":
            self.charged[line.account] = self.charged.get(line.account, 0) + line.amount
        elif line.pays in head_of:
            given = self.given.setdefault(head_of[line.pays], {})
            given[line.account] = given.get(line.account, 0) - line.amount

    def by_hand(self, code: str) -> int:
        """What stands charged by hand on a fee head."""
        return max(0, sum(line.amount for line in self._by_hand if line.account == code))

    def by_scheme(self) -> dict[tuple[str, str], int]:
        """What was given, by fee head and scheme."""
        return {
            (head, scheme): amount
            for head, of_head in self.given.items()
            for scheme, amount in of_head.items()
        }
