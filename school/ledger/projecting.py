"""Projections made anew from entries and lines, in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, delete, func, insert, select
from sqlalchemy.orm import Session

from school.db import Base, one_writer
from school.ledger import guards
from school.ledger.models import Entry, Line
from school.ledger.projections import ClassTotal, DayTotal, DueTotal, OpenItem, RollTotal, StudentBalance
from school.ledger.queries.allocation import open_items, total
from school.students.models import Student


def rebuild(session: Session) -> None:
    """Forget every projection and sum them again. The guards stand aside meanwhile: they would sum too."""
    one_writer(session)
    guards.remove(session.connection())
    for projection, fresh in _fresh().items():
        session.execute(delete(projection))
        session.execute(
            insert(projection).from_select([column.name for column in fresh.selected_columns], fresh)
        )
    guards.install(session.connection())


def _fresh() -> dict[type[Base], Select[*tuple[Any, ...]]]:
    """Each projection as a SELECT, in an order in which each reads only the truth and those before it."""
    term, class_ = func.coalesce(Line.term_id, 0), func.coalesce(Line.class_id, 0)
    now = func.coalesce(Student.class_id, 0)
    balance = StudentBalance.balance
    item = open_items()
    return {
        StudentBalance: select(Student.id.label("student_id"), total(Line.amount).label("balance"))
        .outerjoin(Line, Line.student_id == Student.id)
        .group_by(Student.id),
        OpenItem: select(item.c.line_id, item.c.student_id, item.c.due_date, item.c.open),
        DueTotal: select(OpenItem.due_date, total(OpenItem.open).label("open")).group_by(OpenItem.due_date),
        DayTotal: select(Entry.date, Line.account, total(Line.amount).label("amount"))
        .join(Line, Line.entry_id == Entry.id)
        .group_by(Entry.date, Line.account),
        ClassTotal: select(
            term.label("term_id"), class_.label("class_id"), Line.account, total(Line.amount).label("amount")
        ).group_by(term, class_, Line.account),
        RollTotal: select(
            now.label("class_id"),
            Student.status,
            func.count().label("students"),
            func.sum(case((balance > 0, 1), else_=0)).label("owing"),
            total(case((balance > 0, balance), else_=0)).label("owed"),
            total(case((balance < 0, -balance), else_=0)).label("credit"),
        )
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .group_by(now, Student.status),
    }
