"""Whose personal data were erased is listed; who asked for an approval may withdraw it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String

revision = "0005"
down_revision = "0004"

_ID = BigInteger().with_variant(Integer, "sqlite")
_WITHDRAWN = {
    "decision": "decision IN ('approved', 'refused', 'withdrawn')",
    "second_person": "decided_by_id IS NULL OR (decided_by_id = asked_by_id) = (decision = 'withdrawn')",
}


def upgrade() -> None:
    op.create_table(
        "erasure",
        Column("subject", String, primary_key=True),
        Column("at", String(27), nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        Column("reason", String, nullable=False),
    )
    _approvals()


def _approvals() -> None:
    with op.batch_alter_table(
        "approval"
    ) as table:  # SQLite changes no check: its table is made anew, rows and all
        for name, text in _WITHDRAWN.items():
            table.drop_constraint(name, type_="check")
            table.create_check_constraint(name, text)


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")
