"""Whose personal data were erased, and when. Rows are added, never changed, never removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

import school.letters.models  # noqa: F401 - what was written to the erased is emptied too
from school.columns import Moment
from school.db import Base


class Erasure(Base):
    """`subject` is named as in the audit log: `student:17`, `guardian:4`, `family:9`, `letter:3`.

    The database lets nobody empty a letter or a row of the audit log whose subject is not listed here.
    """

    __tablename__ = "erasure"

    subject: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
    reason: Mapped[str]
