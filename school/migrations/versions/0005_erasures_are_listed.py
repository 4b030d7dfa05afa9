"""Whose personal data were erased is listed, and only theirs can be."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String

revision = "0005"
down_revision = "0004"

_ID = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "erasure",
        Column("subject", String, primary_key=True),
        Column("at", String(27), nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        Column("reason", String, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")
