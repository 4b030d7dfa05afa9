"""What the school charges, what it forgives, what being late costs, and the runs that post it.

Fee heads and concession schemes are accounts of the ledger with more to say. What was posted stands in the
ledger alone; here is only what it was posted for.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

import school.access.models
import school.ledger.models
import school.students.models  # noqa: F401 - fees name users, lines, students and terms
from school.columns import Id, Minor, Moment
from school.db import Base
from school.ledger.models import FeeHead as FeeHead

SCHEME_KINDS = ("sibling", "staff", "bursary", "scholarship", "other")
RUN_KINDS = ("billing", "late_fee")

_A_SHARE = "BETWEEN 1 AND 10000"


class InstalmentPlan(Base):
    __tablename__ = "instalment_plan"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class Instalment(Base):
    """A part of a plan, in basis points, due on a date or so many days after the first day of the term."""

    __tablename__ = "instalment"
    __table_args__ = (
        CheckConstraint(f"share_bp {_A_SHARE}", name="share"),
        CheckConstraint("(due_on IS NULL) <> (due_days IS NULL)", name="due"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("instalment_plan.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    share_bp: Mapped[int]
    due_on: Mapped[date | None]
    due_days: Mapped[int | None]


class Fee(Base):
    """A row of the fee structure: what a term costs on one fee head. No term means every term of the year, no
    class every class; the row that says most is the one that counts.
    """

    __tablename__ = "fee"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_fee_year_id", "year_id", "account"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    year_id: Mapped[int] = mapped_column(ForeignKey("year.id"))
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id"))
    account: Mapped[str] = mapped_column(ForeignKey("fee_head.account"))
    amount: Mapped[int] = mapped_column(Minor)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("instalment_plan.id"))
    active: Mapped[bool] = mapped_column(default=True)


class StudentOption(Base):
    """An optional fee head a student has chosen, from a day until a day; `amount` stands in for the fee's.
    What was chosen by mistake is not `active` any more.
    """

    __tablename__ = "student_option"
    __table_args__ = (
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="order"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        Index("ix_student_option_student_id", "student_id", "account"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    account: Mapped[str] = mapped_column(ForeignKey("fee_head.account"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    amount: Mapped[int | None] = mapped_column(Minor)
    active: Mapped[bool] = mapped_column(default=True)


class ConcessionScheme(Base):
    """A concession account with its rules. `cap_bp` is the most a family gets, in basis points over all its
    children; `cap` the most a student gets in a term.
    """

    __tablename__ = "concession_scheme"
    __table_args__ = (
        CheckConstraint(f"kind IN {SCHEME_KINDS}", name="kind"),
        CheckConstraint("cap IS NULL OR cap > 0", name="cap"),
        CheckConstraint("cap_bp IS NULL OR cap_bp > 0", name="cap_bp"),
    )

    account: Mapped[str] = mapped_column(ForeignKey("account.code"), primary_key=True)
    kind: Mapped[str]
    cap_bp: Mapped[int | None]
    cap: Mapped[int | None] = mapped_column(Minor)
    needs_approval: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)


class ConcessionRate(Base):
    """What a scheme gives on one fee head or on every, to every child or from one rank of siblings on."""

    __tablename__ = "concession_rate"
    __table_args__ = (
        CheckConstraint("(share_bp IS NULL) <> (amount IS NULL)", name="share_or_amount"),
        CheckConstraint(f"share_bp IS NULL OR share_bp {_A_SHARE}", name="share"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("ordinal IS NULL OR ordinal > 0", name="ordinal"),
        Index("ix_concession_rate_scheme", "scheme"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme: Mapped[str] = mapped_column(ForeignKey("concession_scheme.account"))
    head: Mapped[str | None] = mapped_column(ForeignKey("fee_head.account"))
    ordinal: Mapped[int | None]
    share_bp: Mapped[int | None]
    amount: Mapped[int | None] = mapped_column(Minor)
    active: Mapped[bool] = mapped_column(default=True)


class Grant(Base):
    """A scheme given to one student, with its reason and validity. With a share or an amount of its own it
    gives that in every term, on `head` or on every head, instead of what the scheme's rates say. It counts
    once nobody's approval is waited for; one that was ended counts through `ended_on`, which may be before
    it began.
    """

    __tablename__ = "concession_grant"
    __table_args__ = (
        CheckConstraint("share_bp IS NULL OR amount IS NULL", name="share_or_amount"),
        CheckConstraint(f"share_bp IS NULL OR share_bp {_A_SHARE}", name="share"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="order"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        CheckConstraint("state IN ('waiting', 'granted', 'refused', 'ended')", name="state"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> actor_id", name="second_person"),
        CheckConstraint("state <> 'refused' OR decided_at IS NOT NULL", name="decided"),
        CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name="ended"),
        Index("ix_concession_grant_student_id", "student_id"),
        Index("ix_concession_grant_scheme", "scheme"),
        Index(
            "ix_concession_grant_waiting",
            "state",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(unique=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    scheme: Mapped[str] = mapped_column(ForeignKey("concession_scheme.account"))
    head: Mapped[str | None] = mapped_column(ForeignKey("fee_head.account"))
    share_bp: Mapped[int | None]
    amount: Mapped[int | None] = mapped_column(Minor)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    reason: Mapped[str]
    state: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_by: Mapped[str | None]
    decision_reason: Mapped[str | None]
    ended_on: Mapped[date | None]


class LateFeeRule(Base):
    """What an overdue charge costs after its days of grace: a flat fee once, interest by the day, or both.

    It is for charges due from `due_from` on, through `due_until`. `cap` is the most that one charge can cost;
    what is open below `least_open` costs nothing.
    """

    __tablename__ = "late_fee_rule"
    __table_args__ = (
        CheckConstraint("grace_days >= 0 AND flat >= 0 AND rate_bp_a_year >= 0", name="not_negative"),
        CheckConstraint("flat > 0 OR rate_bp_a_year > 0", name="costs_something"),
        CheckConstraint("cap IS NULL OR cap > 0", name="cap"),
        CheckConstraint("due_until IS NULL OR due_until >= due_from", name="order"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    due_from: Mapped[date]
    due_until: Mapped[date | None]
    grace_days: Mapped[int]
    flat: Mapped[int] = mapped_column(Minor)
    rate_bp_a_year: Mapped[int]
    cap: Mapped[int | None] = mapped_column(Minor)
    least_open: Mapped[int] = mapped_column(Minor, default=0)
    active: Mapped[bool] = mapped_column(default=True)


class LateFeeWaiver(Base):
    """A charge that costs nothing more for being late, and why."""

    __tablename__ = "late_fee_waiver"
    __table_args__ = (CheckConstraint("length(trim(reason)) > 0", name="reason"),)

    charge_id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True, autoincrement=False)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]


class Run(Base):
    """One posting for many students, in chunks: begun, finished, perhaps taken back as one.

    `details` says what it was told: due date, options, for which classes. What it has posted (`students`,
    `entries`, and their `total`) is recorded when it is finished; how much of it is `reversed`, once all of a
    run that is taken back is: a list of runs would count every entry of years.
    """

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(f"kind IN {RUN_KINDS}", name="kind"),
        CheckConstraint("kind <> 'billing' OR term_id IS NOT NULL", name="billing_has_a_term"),
        CheckConstraint("(undone_at IS NULL) = (undone_reason IS NULL)", name="undone"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    term_id: Mapped[int | None] = mapped_column(ForeignKey("term.id"))
    date: Mapped[date]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by: Mapped[str | None]
    undone_reason: Mapped[str | None]
    students: Mapped[int | None]
    entries: Mapped[int | None]
    total: Mapped[int | None] = mapped_column(Minor)
    reversed: Mapped[int | None]


class RunEntry(Base):
    """An entry that a run posted."""

    __tablename__ = "run_entry"
    __table_args__ = (
        Index("ix_run_entry_run_id", "run_id", "entry_id"),
        Index("ix_run_entry_student_id", "student_id"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))


class LateFeeLine(Base):
    """For which charge a line of a late-fee run is, through which day, and of what it is made."""

    __tablename__ = "late_fee_line"
    __table_args__ = (
        CheckConstraint("flat >= 0 AND interest >= 0 AND flat + interest > 0", name="amounts"),
        Index("ix_late_fee_line_charge_id", "charge_id", "rule_id"),
    )

    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True, autoincrement=False)
    charge_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    rule_id: Mapped[int] = mapped_column(ForeignKey("late_fee_rule.id"))
    through: Mapped[date]
    flat: Mapped[int] = mapped_column(Minor)
    interest: Mapped[int] = mapped_column(Minor)
