"""Entries and lines are the truth: rows are added, never changed, never removed.

One line is one balanced pair: +amount on the student's account (the control account 1200), −amount on
`account`. Lines are inserted first; the entry comes last and seals them. `guards` holds what the database
itself refuses.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

import school.access.models
import school.students.models  # noqa: F401 - entries name users, lines name students
from school.columns import Id, Minor, Moment
from school.db import Base

STUDENTS_CONTROL = "1200"

KINDS = (
    "bill",
    "payment",
    "concession",
    "credit_note",
    "refund",
    "write_off",
    "late_fee",
    "opening",
    "transfer",
    "reversal",
)
ACCOUNT_TYPES = ("tender", "income", "concession", "bad_debt", "opening", "clearing")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(v) for v in values)})"


def _whole(column: str) -> CheckConstraint:
    """SQLite keeps 1.5 in an INTEGER column unless it is told not to."""
    return CheckConstraint(f"{column} = CAST({column} AS BIGINT)", name=f"{column}_is_whole")


class Account(Base):
    """The other side of a line: a tender, a fee head's income, concessions, bad debts, opening, clearing."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(f"code <> '{STUDENTS_CONTROL}'", name="not_the_control_account"),
        CheckConstraint(_one_of("type", ACCOUNT_TYPES), name="type"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    active: Mapped[bool] = mapped_column(default=True)


class FeeHead(Base):
    """An income account as a fee: `position` is the order in which a bill lists it and credits settle it.

    An optional head is charged to those who chose it; a prorated one by the days of a term at school.
    """

    __tablename__ = "fee_head"

    account: Mapped[str] = mapped_column(ForeignKey("account.code"), primary_key=True)
    refundable: Mapped[bool] = mapped_column(default=True)
    optional: Mapped[bool] = mapped_column(default=False)
    prorated: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class DocumentSeries(Base):
    """The letters a kind of document is numbered under from now on; without a row, those it always had."""

    __tablename__ = "document_series"
    __table_args__ = (
        CheckConstraint("kind IN ('payment', 'refund')", name="kind"),
        CheckConstraint("length(series) BETWEEN 1 AND 6", name="length"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(unique=True)


class PeriodLock(Base):
    """The newest row says through which date the books are closed; opening them again is a newer row."""

    __tablename__ = "period_lock"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    locked_through: Mapped[date]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    reason: Mapped[str]


class Entry(Base):
    """One event, sealed. `series` and `no` number documents without a gap.

    `hash` chains over the entry before: `rules.entry_hash`.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("series", "no"),
        CheckConstraint(_one_of("kind", KINDS), name="kind"),
        CheckConstraint("length(request_id) >= 8", name="request_id_length"),
        CheckConstraint("(series IS NULL) = (no IS NULL)", name="series_and_no"),
        CheckConstraint("kind <> 'payment' OR series IS NOT NULL", name="payment_has_a_receipt"),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reversal_reverses"),
        CheckConstraint(
            "kind <> 'reversal' OR COALESCE(length(trim(reason)), 0) > 0", name="reversal_has_a_reason"
        ),
        CheckConstraint("n_lines > 0", name="n_lines"),
        _whole("total"),
        Index("ix_entry_date", "date"),
        Index("ix_entry_actor", "actor_id", "kind", "id"),
        Index("ix_entry_kind", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    date: Mapped[date]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    request_id: Mapped[str] = mapped_column(unique=True)
    series: Mapped[str | None]
    no: Mapped[int | None] = mapped_column(Id)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    payer: Mapped[str | None]
    reference: Mapped[str | None]
    reason: Mapped[str | None]
    n_lines: Mapped[int]
    total: Mapped[int] = mapped_column(Minor)
    hash: Mapped[str]


class PaymentPayer(Base):
    """The guardian meant by an entry's payer: what they paid stays theirs, whatever they are called later."""

    __tablename__ = "payment_payer"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("guardian.id"))


class Line(Base):
    """`amount` is minor units, + = the student owes more. Every new debit carries a `due_date`.

    `pays` pins a credit to one charge of the same student; a credit without it goes to the oldest due first.
    Class and term are as at posting.
    """

    __tablename__ = "line"
    __table_args__ = (
        UniqueConstraint("entry_id", "n"),
        UniqueConstraint("student_id", "id"),
        ForeignKeyConstraint(["student_id", "pays"], ["line.student_id", "line.id"], name="fk_line_pays"),
        CheckConstraint("amount <> 0", name="amount_is_not_zero"),
        _whole("amount"),
        CheckConstraint("due_date IS NULL OR (amount > 0 AND pays IS NULL)", name="due_date_is_of_a_debit"),
        Index(
            "ix_line_pays",
            "pays",
            sqlite_where=text("pays IS NOT NULL"),
            postgresql_where=text("pays IS NOT NULL"),
        ),
        Index(
            "ix_line_due",
            "student_id",
            "due_date",
            sqlite_where=text("due_date IS NOT NULL"),
            postgresql_where=text("due_date IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", deferrable=True, initially="DEFERRED"))
    n: Mapped[int]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    account: Mapped[str] = mapped_column(ForeignKey("account.code"))
    amount: Mapped[int] = mapped_column(Minor)
    due_date: Mapped[date | None]
    pays: Mapped[int | None] = mapped_column(Id)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id"))
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"))
    memo: Mapped[str | None]
