"""Projections are never the truth: the guards keep them in the same transaction, `rebuild` makes them anew,
`verify` compares them with entries and lines. Lists and dashboards read these; amounts are minor units.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from school.columns import Id, Minor
from school.db import Base


class StudentBalance(Base):
    """One row a student from the day the student is added; + = owes."""

    __tablename__ = "student_balance"
    __table_args__ = (Index("ix_student_balance_top", "balance", "student_id"),)

    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True, autoincrement=False)
    balance: Mapped[int] = mapped_column(Minor)


class OpenItem(Base):
    """What is still open of each charge, after allocation; a settled charge has no row."""

    __tablename__ = "open_item"
    __table_args__ = (
        CheckConstraint("open >= 0", name="open"),
        Index("ix_open_item_student_id", "student_id"),
        Index("ix_open_item_due", "due_date", "open"),
    )

    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True, autoincrement=False)
    student_id: Mapped[int] = mapped_column(Id)
    due_date: Mapped[date]
    open: Mapped[int] = mapped_column(Minor)


class DueTotal(Base):
    """Σ open of all open items by due date: ageing of the whole school in a few hundred rows."""

    __tablename__ = "due_total"

    due_date: Mapped[date] = mapped_column(primary_key=True)
    open: Mapped[int] = mapped_column(Minor)


class DayTotal(Base):
    """Σ line.amount by accounting date and account: − is money in on a tender, + is income billed."""

    __tablename__ = "day_total"

    date: Mapped[date] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(Minor)


class ClassTotal(Base):
    """Σ line.amount by term, class and account, all as at posting; 0 stands for no term and for no class."""

    __tablename__ = "class_total"

    term_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    class_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(Minor)


class RollTotal(Base):
    """By present class (0 for none) and status: students, how many owe, Σ owed, Σ credit (as a + amount)."""

    __tablename__ = "roll_total"

    class_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(primary_key=True)
    students: Mapped[int]
    owing: Mapped[int]
    owed: Mapped[int] = mapped_column(Minor)
    credit: Mapped[int] = mapped_column(Minor)
