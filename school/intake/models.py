"""What the house remembers of files: how the columns of these headings were read the last time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from school.columns import Moment
from school.db import Base


class ImportMapping(Base):
    """`fingerprint` is of the set of headings; `columns` says heading -> field, as in the latest import."""

    __tablename__ = "import_mapping"
    __table_args__ = (CheckConstraint("decimal_mark IN ('.', ',')", name="decimal_mark"),)

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    columns: Mapped[dict[str, str]] = mapped_column(JSON)
    decimal_mark: Mapped[str | None]
    day_first: Mapped[bool | None]
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str]
