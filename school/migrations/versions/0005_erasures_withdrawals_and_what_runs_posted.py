"""Whose data were erased is listed; who asked for an approval may withdraw it; runs say what they posted."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, text

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
    _runs()
    waiting = text("state = 'waiting'")
    op.create_index(
        "ix_concession_grant_waiting",
        "concession_grant",
        ["state"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def _approvals() -> None:
    # SQLite changes no check: the table is made anew, rows and all
    with op.batch_alter_table("approval") as table:
        for name, condition in _WITHDRAWN.items():
            table.drop_constraint(name, type_="check")
            table.create_check_constraint(name, condition)


def _runs() -> None:
    for name in ("students", "entries", "reversed"):
        op.add_column("run", Column(name, Integer))
    op.add_column("run", Column("total", BigInteger))
    op.execute(
        """
        UPDATE run SET students = (SELECT COUNT(DISTINCT student_id) FROM run_entry WHERE run_id = run.id),
               entries = (SELECT COUNT(*) FROM run_entry WHERE run_id = run.id),
               total = (SELECT COALESCE(SUM(e.total), 0) FROM run_entry p JOIN entry e ON e.id = p.entry_id
                         WHERE p.run_id = run.id)
         WHERE finished_at IS NOT NULL"""
    )


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")
