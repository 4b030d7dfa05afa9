"""What was charged for a term before: by runs, and by hand beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import BindParameter, Select, Table, bindparam, exists, select
from sqlalchemy.orm import Session

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


# Every chunk of a run passes here: tables cost half of what mapped classes do.
_entry, _line = cast(Table, Entry.__table__), cast(Table, Line.__table__)
_run, _run_entry = cast(Table, Run.__table__), cast(Table, RunEntry.__table__)
_undone = _entry.alias("undone")
_ids: BindParameter[Any] = bindparam("ids", expanding=True)
_BY_RUNS = (
    select(_run_entry.c.student_id, _run_entry.c.entry_id, _run.c.term_id, _run.c.kind)
    .join(_run, _run.c.id == _run_entry.c.run_id)
    .where(_run_entry.c.student_id.in_(_ids))
)
# Of entries that were not reversed. The kind is no condition: SQLite would read every bill ever written.
_STANDING = (
    select(
        _line.c.student_id,
        _line.c.id,
        _entry.c.kind,
        _line.c.account,
        _line.c.amount,
        _line.c.due_date,
        _line.c.pays,
    )
    .join(_entry, _entry.c.id == _line.c.entry_id)
    .where(~exists().where(_undone.c.reverses == _line.c.entry_id))
    .order_by(_line.c.id)
)
_OF_ENTRIES = _STANDING.where(_line.c.entry_id.in_(_ids))
_BESIDE_RUNS = _STANDING.where(~exists().where(_run_entry.c.entry_id == _line.c.entry_id))
_CHARGES = _BESIDE_RUNS.where(
    _line.c.student_id.in_(_ids), _line.c.term_id == bindparam("term_id"), _line.c.due_date.is_not(None)
)
_CREDITS = _BESIDE_RUNS.where(_line.c.pays.in_(_ids))


def before(session: Session, term_id: int, student_ids: Sequence[int]) -> Before:
    """What billing runs have posted for these students in the term."""
    found, of_student = Before({}, {}), {}
    posted = session.connection().execute(_BY_RUNS, {"ids": student_ids})
    for student_id, entry_id, term, kind in posted:
        if (term, kind) == (term_id, "billing"):
            of_student[entry_id] = student_id
            found.entries[student_id] = found.entries.get(student_id, 0) + 1
    if of_student:
        for line in _lines(session, _OF_ENTRIES, ids=list(of_student)):
            found.lines.setdefault(line.student_id, []).append(line)
    return found


def by_hand(
    session: Session, term_id: int, student_ids: Sequence[int], codes: Collection[str]
) -> dict[int, list[PostedLine]]:
    """What no run charged of these fee heads in the term, and what was credited of such charges since."""
    charges = [
        line
        for line in _lines(session, _CHARGES, ids=student_ids, term_id=term_id)
        if line.kind == "bill" and line.account in codes
    ]
    ids = [charge.id for charge in charges]
    credited = _lines(session, _CREDITS, ids=ids) if ids else []
    found: dict[int, list[PostedLine]] = {}
    for line in [*charges, *(one for one in credited if one.kind == "credit_note")]:
        found.setdefault(line.student_id, []).append(line)
    return found


def _lines(session: Session, query: Select[*tuple[Any, ...]], **asked: Any) -> list[PostedLine]:
    rows: Iterable[Any] = session.connection().execute(query, asked)
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
