"""What people have typed and not yet sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from school.columns import Moment
from school.db import Base


class Draft(Base):
    """The fields of one form as one user left them: no fact, and gone once it is recorded or given up."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_saved_at", "user_id", "saved_at"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    form: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(Moment)
