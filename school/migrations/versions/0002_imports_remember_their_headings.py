"""Imports remember their headings."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Boolean, CheckConstraint, Column, String

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "import_mapping",
        Column("fingerprint", String, primary_key=True),
        Column("columns", JSON, nullable=False),
        Column("decimal_mark", String),
        Column("day_first", Boolean),
        Column("at", String(27), nullable=False),
        Column("actor", String, nullable=False),
        CheckConstraint("decimal_mark IN ('.', ',')", name="decimal_mark"),
    )


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")
