"""What importing a table would do, row by row, without doing any of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from school import money
from school.errors import BadInput
from school.intake import amounts, headings, queries, rules
from school.intake.headings import ColumnMap
from school.intake.rules import Problem, Reading, Row
from school.intake.spreadsheet import Cell
from school.intake.tables import Table
from school.students import households
from school.students import queries as students
from school.students.queries import SchoolFacts, StudentFacts
from school.students.rules import fold
from school.students.service import Changes


@dataclass(frozen=True)
class Choices:
    """What the user decides about a file; None leaves it to the file, the last import, and the school's ways.

    `mapping` is heading -> field. `opening_date` dates the opening balances, `due_date` is when they are due.
    """

    mapping: Mapping[str, str] | None = None
    decimal_mark: str | None = None
    day_first: bool | None = None
    opening_date: date | None = None
    due_date: date | None = None


@dataclass(frozen=True)
class BadRow:
    """A row that is left out; `column` is the heading at fault, empty when it is the row as a whole."""

    row: int
    column: str
    message: str

    @property
    def sentence(self) -> str:
        where = f"Row {self.row}, “{self.column}”" if self.column else f"Row {self.row}"
        return f"{where}: {self.message}"


@dataclass(frozen=True)
class GoodRow:
    """A row that can be kept. `student_id` is None for a new student; `changes` are of one the books hold.

    `opening_minor` is still to be posted, + = owes; `request_no` counts the student's opening balances.
    """

    number: int
    row: Row
    student_id: int | None
    changes: Changes
    class_changes: bool
    household_changes: bool
    opening_minor: int | None
    request_no: int

    @property
    def outcome(self) -> str:
        """`new`, `changed` or `unchanged`."""
        if self.student_id is None:
            return "new"
        touched = self.changes or self.class_changes or self.household_changes or self.opening_minor
        return "changed" if touched else "unchanged"


@dataclass(frozen=True)
class Plan:
    """What an import does, or did. Rows are in the order of the file; `good` rows are new or changed.

    `total_minor` is the sum of the opening balances the good rows bring, + = owed.
    `notes` are sentences about what the program decided by itself.
    """

    table: Table
    columns: ColumnMap
    choices: Choices
    reading: Reading
    rows: tuple[GoodRow, ...]
    bad: tuple[BadRow, ...]
    new_classes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def good(self) -> int:
        return self.new + self.changed

    @property
    def new(self) -> int:
        return self._count("new")

    @property
    def changed(self) -> int:
        return self._count("changed")

    @property
    def unchanged(self) -> int:
        return self._count("unchanged")

    @property
    def total_minor(self) -> int:
        return sum(row.opening_minor or 0 for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        bad = [{"row": b.row, "column": b.column, "message": b.message} for b in self.bad]
        return {"good": self.good, "unchanged": self.unchanged, "total_minor": self.total_minor, "bad": bad}

    def _count(self, outcome: str) -> int:
        return sum(1 for row in self.rows if row.outcome == outcome)


def plan(session: Session, table: Table, choices: Choices | None = None) -> Plan:
    """A dry run: reads the books, writes nothing.

    Raises BadInput when the columns cannot be told, or when amounts may be read in two ways.
    """
    choices = choices or Choices()
    school, today = students.school(session), students.today(session)
    columns = _columns(session, table, choices)
    reading, notes = _reading(table, columns, school, today)
    kept, bad = _read_rows(table, columns, reading)
    held = students.by_admission_nos(session, (row.admission_no for _, row in kept))
    openings = queries.openings(session, (fact.id for fact in held.values()))
    judged = [(n, row, held.get(row.admission_no)) for n, row in kept]
    fitting = []
    for number, row, fact in judged:
        problem = _opening_differs(row, openings.get(fact.id) if fact else None, school)
        if problem:
            bad.append(_bad(number, [problem], columns))
        else:
            fitting.append((number, row, fact))
    rows = tuple(_good_rows(session, fitting, openings))
    class_names = {fold(c.name) for c in students.classes(session)}
    new_classes = _new_classes((row.row.class_name for row in rows), class_names)
    bad.sort(key=lambda b: b.row)
    return Plan(table, columns, choices, reading, rows, tuple(bad), new_classes, notes)


def _columns(session: Session, table: Table, choices: Choices) -> ColumnMap:
    before = queries.remembered(session, table.headings)
    columns = headings.mapped(
        table.headings, given=choices.mapping, remembered=before.columns if before else None
    )
    headings.required(columns, table.name, table.likely)
    return replace(
        columns,
        decimal_mark=choices.decimal_mark or (before.decimal_mark if before else None),
        day_first=(before.day_first if before else None) if choices.day_first is None else choices.day_first,
    )


def _reading(
    table: Table, columns: ColumnMap, school: SchoolFacts, today: date
) -> tuple[Reading, tuple[str, ...]]:
    notes = []
    if not table.certain:
        notes.append(
            f"The file does not say its encoding; it was read as {table.encoding}. See that names look right."
        )
    mark = columns.decimal_mark
    if mark is None:
        mark, doubt = amounts.decimal_mark(_column(table, columns, "balance"), school.currency, school.locale)
        if doubt:
            raise BadInput(
                f"“{columns.heading('balance')}” holds {doubt}: say whether comma or point marks decimals.",
                field="decimal_mark",
            )
    first = columns.day_first
    if first is None:
        dates = (*_column(table, columns, "joined_on"), *_column(table, columns, "due_date"))
        first, in_doubt = rules.day_first(dates, school.locale)
        if in_doubt:
            way = "day before month" if first else "month before day"
            notes.append(f"Dates such as {in_doubt} were read {way}.")
    return Reading(school.currency, mark, first, today), tuple(notes)


def _column(table: Table, columns: ColumnMap, field: str) -> Iterator[Cell]:
    place = columns.columns.get(field)
    if place is None:
        return iter(())
    return (row.cells[place] for row in table.rows if place < len(row.cells))


def _read_rows(
    table: Table, columns: ColumnMap, reading: Reading
) -> tuple[list[tuple[int, Row]], list[BadRow]]:
    good: list[tuple[int, Row]] = []
    bad: list[BadRow] = []
    first_at: dict[str, int] = {}
    for number, cells in table.rows:
        torn = rules.too_many_cells(cells, len(table.headings))
        fields = {field: cells[n] if n < len(cells) else "" for field, n in columns.columns.items()}
        row = [torn] if torn else rules.row(fields, reading)
        if isinstance(row, list):
            bad.append(_bad(number, row, columns))
        elif row.admission_no in first_at:
            earlier = first_at[row.admission_no]
            problem = Problem("admission_no", f"{row.admission_no} stands in row {earlier} already.")
            bad.append(_bad(number, [problem], columns))
        else:
            first_at[row.admission_no] = number
            good.append((number, row))
    return good, bad


def _bad(number: int, problems: Sequence[Problem], columns: ColumnMap) -> BadRow:
    """One bad row of all its problems: the first says its column, the others name theirs."""
    first, *others = problems
    more = "".join(f" “{_heading(p, columns)}”: {p.sentence}" for p in others)
    return BadRow(number, _heading(first, columns), first.sentence + more)


def _heading(problem: Problem, columns: ColumnMap) -> str:
    fields = (problem.field, "name", "first_name") if problem.field == "last_name" else (problem.field,)
    return next((columns.heading(field) for field in fields if columns.heading(field)), "")


def _opening_differs(row: Row, held: queries.Openings | None, school: SchoolFacts) -> Problem | None:
    standing = held.standing if held else None
    if row.balance is None or standing is None or row.balance == standing:
        return None
    shown = money.show_with_code(standing, school.currency, school.locale)
    return Problem(
        "balance",
        f"The books hold an opening balance of {shown} for {row.admission_no}. "
        "To correct it, reverse that entry and import the row again.",
    )


def _good_rows(
    session: Session,
    rows: Sequence[tuple[int, Row, StudentFacts | None]],
    openings: Mapping[int, queries.Openings],
) -> Iterator[GoodRow]:
    members = [households.Member(f.id if f else None, row.guardians, keeps_others=True) for _, row, f in rows]
    placement = households.place(session, members) if any(fact for *_, fact in rows) else None
    for i, (number, row, fact) in enumerate(rows):
        own = openings.get(fact.id, queries.NONE) if fact else queries.NONE
        known = own.standing is not None or row.balance in own.reversed
        yield GoodRow(
            number=number,
            row=row,
            student_id=fact.id if fact else None,
            changes=_changes(row, fact) if fact else {},
            class_changes=bool(fact and row.class_name and fold(row.class_name) != fold(fact.class_name)),
            household_changes=bool(fact and placement and placement.changes(i)),
            opening_minor=None if known else row.balance or None,
            request_no=own.count + 1,
        )


def _changes(row: Row, held: StudentFacts) -> Changes:
    """What the row says otherwise; an empty cell says nothing."""
    changes: Changes = {}
    if row.first_name and row.first_name != held.first_name:
        changes["first_name"] = row.first_name
    if row.last_name and row.last_name != held.last_name:
        changes["last_name"] = row.last_name
    if row.name and row.name != held.name:
        changes["name"] = row.name
    if row.status and row.status != held.status:
        changes["status"] = row.status
    if row.joined_on and row.joined_on != held.joined_on:
        changes["joined_on"] = row.joined_on
    return changes


def _new_classes(names: Iterable[str], held: set[str]) -> tuple[str, ...]:
    """Classes the school does not have yet, each as first written, Form 2 before Form 10."""
    new = {fold(name): name for name in reversed(list(names)) if name and fold(name) not in held}
    return tuple(sorted(new.values(), key=_natural))


def _natural(name: str) -> list[tuple[bool, int, str]]:
    return [
        (not part.isdigit(), int(part) if part.isdigit() else 0, part)
        for part in re.findall(r"\d+|\D+", fold(name))
    ]
