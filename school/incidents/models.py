"""What went wrong in the program itself, by the number the person was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from school.columns import Id, Moment
from school.db import Base


class Incident(Base):
    """A fault of ours that somebody met. `error` and `place` say what and where, never whose data it was."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_at", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(Moment)
    user_id: Mapped[int | None] = mapped_column(Id)
    page: Mapped[str]
    request_id: Mapped[str | None]
    error: Mapped[str]
    place: Mapped[str]
