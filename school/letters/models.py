"""Letters to families and what became of each; and what the reminders say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

import school.access.models
import school.students.models  # noqa: F401 - letters name users and families
from school.columns import Id, Moment
from school.db import Base

KINDS = ("receipt", "statement", "invoice", "reminder")
STATES = ("waiting", "sending", "sent", "failed", "cancelled", "rehearsed", "printed")


class Letter(Base):
    """One document for one family. `details` says which: period, entry or run; it is drawn when it is sent.

    A rehearsal is a dry run: everything is done but the sending. `next_try_at` is when a waiting letter is
    tried next; of one that is being handed over, when nobody believes any more that it still is.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(kind = 'reminder') = (stage IS NOT NULL)", name="stage"),
        CheckConstraint("state NOT IN ('sent', 'printed') OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("(state IN ('waiting', 'sending')) = (next_try_at IS NOT NULL)", name="next_try"),
        CheckConstraint("NOT rehearsal OR state NOT IN ('sending', 'sent', 'printed')", name="rehearsal"),
        CheckConstraint("rehearsal OR state <> 'rehearsed'", name="rehearsed"),
        Index("ix_letter_state", "state", "next_try_at"),
        Index("ix_letter_family_id", "family_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    stage: Mapped[int | None]
    family_id: Mapped[int] = mapped_column(ForeignKey("family.id"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("guardian.id"))
    to_name: Mapped[str]
    to_address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    rehearsal: Mapped[bool]
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    error: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]


class ReminderStage(Base):
    """The words of the first, second and last reminder, and for debts of how many days each is meant."""

    __tablename__ = "reminder_stage"
    __table_args__ = (CheckConstraint("stage BETWEEN 1 AND 3", name="stage"),)

    stage: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    days_overdue: Mapped[int]
    subject: Mapped[str]
    body: Mapped[str]
