"""What was asked for, by whom, and what another person decided. Decided once; nobody decides their own, and
nobody else withdraws it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

import school.ledger.models  # noqa: F401 - an approval names the entry it led to
from school.columns import Id, Minor, Moment
from school.db import Base

KINDS = ("write_off", "refund", "credit_note", "concession")


class Approval(Base):
    """`details` holds, as JSON can say it, what the service of its kind is called with once approved."""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        CheckConstraint("decision IN ('approved', 'refused', 'withdrawn')", name="decision"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "decided_by_id IS NULL OR (decided_by_id = asked_by_id) = (decision = 'withdrawn')",
            name="second_person",
        ),
        Index("ix_approval_decision", "decision", "id"),
        Index("ix_approval_student_id", "student_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    amount: Mapped[int] = mapped_column(Minor)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Moment)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by: Mapped[str]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_by: Mapped[str | None]
    decision_reason: Mapped[str | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
