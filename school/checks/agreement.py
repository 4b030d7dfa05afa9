"""Pins, reversals and projections held against entries and lines, in SQL that both engines read alike.

Each function returns the names of what does not agree; `after` limits it to entries numbered above.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    ForeignKeyConstraint,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session

from school.checks.replay import NAMES_MAX, Replay, rows
from school.db import Base
from school.ledger.models import Account
from school.ledger.projections import ClassTotal, DayTotal, DueTotal, OpenItem, RollTotal, StudentBalance
from school.ledger.queries.allocation import balances, open_items, total
from school.students.models import SchoolClass, Student, Term

OTHERS_HOLD = ("line", "open_item", "student_balance")  # followed by checks of their own, as reversals are

_student, _balance, _item = Student.__table__, StudentBalance.__table__, OpenItem.__table__

_PINS = text("""
    SELECT p.id FROM line p
      LEFT JOIN line c ON c.id = p.pays AND c.student_id = p.student_id AND c.due_date IS NOT NULL
     WHERE p.pays IS NOT NULL AND (c.id IS NULL OR c.id >= p.id) AND p.id > COALESCE(
           (SELECT id FROM line WHERE entry_id <= :after ORDER BY entry_id DESC, n DESC LIMIT 1), 0)
     ORDER BY p.id""")

_REVERSALS = text("""
    SELECT e.id FROM entry e LEFT JOIN entry o ON o.id = e.reverses
     WHERE e.reverses IS NOT NULL AND e.id > :after
       AND (o.id IS NULL OR o.id >= e.id OR o.reverses IS NOT NULL OR o.date > e.date
        OR o.n_lines <> e.n_lines
        OR EXISTS (SELECT 1 FROM entry again WHERE again.reverses = e.reverses AND again.id < e.id)
        OR EXISTS (
           SELECT 1 FROM line l JOIN account a ON a.code = l.account
             LEFT JOIN line m ON m.entry_id = e.id AND m.n = l.n AND m.student_id = l.student_id
                  AND m.account = l.account AND m.amount = -l.amount AND m.due_date IS NULL
                  AND COALESCE(m.class_id, 0) = COALESCE(l.class_id, 0)
                  AND (COALESCE(m.term_id, 0) = COALESCE(l.term_id, 0) OR a.type = 'tender')
                  AND COALESCE(m.pays, 0) =
                      COALESCE(l.pays, CASE WHEN l.due_date IS NOT NULL THEN l.id ELSE 0 END)
            WHERE l.entry_id = o.id AND m.id IS NULL))
     ORDER BY e.id""")


def pins(session: Session, *, after: int = 0) -> list[str]:
    """Credits that pay what is no earlier charge of the same student."""
    return [f"line {line_id}" for line_id in session.scalars(_PINS, {"after": after})]


def reversals(session: Session, *, after: int = 0) -> list[str]:
    """Reversals that are not the first and exact mirror of an earlier entry."""
    return [f"entry {entry_id}" for entry_id in session.scalars(_REVERSALS, {"after": after})]


def balances_of_all(session: Session, truth: Mapping[int, int]) -> list[str]:
    """Students whose balance is not the sum of their lines; one balance a student, and no other."""
    kept = {row[0]: row[1] for row in rows(session, StudentBalance, "student_id", "balance")}
    students = {student_id for (student_id,) in rows(session, Student, "id")}
    return _names(session, _differences(truth, kept) | (students ^ kept.keys()))


def balances_of(session: Session, students: Select[int]) -> list[str]:
    """The same of these students alone."""
    truth = {row.student_id: row.balance for row in session.execute(balances(students=students))}
    held = select(_balance.c.student_id, _balance.c.balance).where(_balance.c.student_id.in_(students))
    kept = {row.student_id: row.balance for row in session.execute(held)}
    return _names(session, _differences(truth, kept))


def open_charges(session: Session, students: Select[int] | None = None) -> tuple[list[str], dict[date, int]]:
    """Charges of which something else is open than is kept, and Σ open by due date as it should be.

    The allocation is recomputed for every student who owes, or for these students alone.
    """
    line = _open_truth_and_kept(students)
    differs = case((line.c.truth != line.c.kept, line.c.line_id))
    query = select(line.c.due_date, total(line.c.truth).label("truth"), func.min(differs).label("line_id"))
    by_due_date = session.execute(query.group_by(line.c.due_date)).all()
    wrong = sorted({row.line_id for row in by_due_date if row.line_id is not None})
    return [f"line {line_id}" for line_id in wrong], {row.due_date: row.truth for row in by_due_date}


def _open_truth_and_kept(students: Select[int] | None) -> Subquery:
    """Columns line_id, due_date, truth, kept: what is open of a charge, recomputed and as in `open_item`."""
    kept = select(_item.c.line_id, _item.c.student_id, _item.c.due_date, literal(0), _item.c.open)
    if students is None:
        students = select(StudentBalance.student_id).where(StudentBalance.balance > 0)
    else:
        kept = kept.where(_item.c.student_id.in_(students))
    own = open_items(students=students).c
    truth = select(
        own.line_id, own.student_id, own.due_date, own.open.label("truth"), literal(0).label("kept")
    )
    both = union_all(truth, kept).subquery().c
    return (
        select(both.line_id, both.due_date, total(both.truth).label("truth"), total(both.kept).label("kept"))
        .group_by(both.line_id, both.student_id, both.due_date)
        .subquery()
    )


def day_totals(session: Session, truth: Mapping[tuple[Any, str], int]) -> list[str]:
    """Dates and accounts whose total is not that of their lines."""
    kept = rows(session, DayTotal, "date", "account", "amount")
    wrong = _differences(truth, {(day, code): amount for day, code, amount in kept})
    return [f"{code} on {day}" for day, code in sorted(wrong)]


def class_totals(session: Session, truth: Mapping[tuple[int, int, str], int]) -> list[str]:
    """Terms, classes and accounts whose total is not that of their lines."""
    kept = rows(session, ClassTotal, "term_id", "class_id", "account", "amount")
    wrong = _differences(truth, {tuple(key): amount for *key, amount in kept})
    return [f"{code} in term {term}, class {class_}" for term, class_, code in sorted(wrong)]


def due_totals(session: Session, truth: Mapping[date, int]) -> list[str]:
    """Due dates whose total is not that of the charges open."""
    kept = {row.due_date: row.open for row in session.execute(select(DueTotal.due_date, DueTotal.open))}
    return [f"due {day}" for day in sorted(_differences(truth, kept))]


def roll_totals(session: Session, truth: Mapping[int, int]) -> list[str]:
    """Classes and statuses whose students, debtors, debts or credits are not those of their students."""
    sums: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for student_id, class_id, status in rows(session, Student, "id", "class_id", "status"):
        of_class, balance = sums[class_id or 0, status], truth.get(student_id, 0)
        of_class[0] += 1
        of_class[1] += balance > 0
        of_class[2] += max(balance, 0)
        of_class[3] += max(-balance, 0)
    figures = ("students", "owing", "owed", "credit")
    roll = rows(session, RollTotal, "class_id", "status", *figures)
    kept = {(class_id, status): found for class_id, status, *found in roll if any(found)}
    wrong = [key for key in sums.keys() | kept.keys() if sums.get(key) != kept.get(key)]
    return [f"class {class_id}, {status}" for class_id, status in sorted(wrong)]


def foreign_keys(session: Session, replayed: Replay) -> list[str]:
    """Columns that name a row which is not there."""
    tables = (table for table in Base.metadata.sorted_tables if table.name not in OTHERS_HOLD)
    keys = [
        key for table in tables for key in table.foreign_key_constraints if key.referred_table is not table
    ]
    wrong = [f"{key.table.name}.{', '.join(key.column_keys)}" for key in keys if _dangling(session, key)]
    named_by_lines: dict[str, tuple[set[Any], Any]] = {
        "line.term_id": ({term_id for term_id, _, _ in replayed.by_class}, Term.id),
        "line.class_id": ({class_id for _, class_id, _ in replayed.by_class}, SchoolClass.id),
        "line.account": ({code for _, _, code in replayed.by_class}, Account.code),
        "line.student_id": (set(replayed.balances), Student.id),
    }
    for name, (named, known) in named_by_lines.items():
        if named - {0} - set(session.scalars(select(known))):
            wrong.append(name)
    return sorted(wrong)


def sums(session: Session) -> list[str]:
    """Totals that must be one and the same, told from projections alone."""
    row = session.execute(_SUMS).one()
    moved, opened, students = row[:4], row[4:7], row[7:]
    names = (("balances", moved), ("open charges", opened), ("students", students))
    return [name for name, figures in names if len(set(figures)) > 1]


_SUMS = text("""
    SELECT (SELECT CAST(COALESCE(SUM(balance), 0) AS BIGINT) FROM student_balance),
           (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM day_total),
           (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM class_total),
           (SELECT CAST(COALESCE(SUM(owed - credit), 0) AS BIGINT) FROM roll_total),
           (SELECT CAST(COALESCE(SUM(open), 0) AS BIGINT) FROM open_item),
           (SELECT CAST(COALESCE(SUM(open), 0) AS BIGINT) FROM due_total),
           (SELECT CAST(COALESCE(SUM(owed), 0) AS BIGINT) FROM roll_total),
           (SELECT COUNT(*) FROM student),
           (SELECT COUNT(*) FROM student_balance),
           (SELECT CAST(COALESCE(SUM(students), 0) AS BIGINT) FROM roll_total)""")


def _dangling(session: Session, key: ForeignKeyConstraint) -> bool:
    child, parent = key.table, key.referred_table.alias("parent")
    pairs = [(element.parent, parent.c[element.column.name]) for element in key.elements]
    found = select(literal(1)).select_from(
        child.outerjoin(parent, and_(*(own == other for own, other in pairs)))
    )
    missing = or_(*(other.is_(None) for _, other in pairs))
    return session.scalar(found.where(*(own.is_not(None) for own, _ in pairs), missing).limit(1)) is not None


def _differences(truth: Mapping[Any, int], kept: Mapping[Any, int]) -> set[Any]:
    """Keys whose values differ; a missing one is 0."""
    return {key for key in truth.keys() | kept.keys() if truth.get(key, 0) != kept.get(key, 0)}


def _names(session: Session, student_ids: set[int]) -> list[str]:
    some = sorted(student_ids)[:NAMES_MAX]
    known = dict(session.execute(select(Student.id, Student.admission_no).where(Student.id.in_(some))).all())
    return [f"student {known.get(student_id, f'with id {student_id}')}" for student_id in some]
