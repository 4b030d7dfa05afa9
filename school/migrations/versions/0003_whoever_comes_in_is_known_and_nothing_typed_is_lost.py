"""Second factors, invitations, policies, preferences, drafts and incidents."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, String

revision = "0003"
down_revision = "0002"

_ID = BigInteger().with_variant(Integer, "sqlite")
_MOMENT = String(27)


def _user() -> Column[int]:
    return Column("user_id", _ID, ForeignKey("user_account.id"), nullable=False)


def _user_key() -> Column[int]:
    return Column("user_id", _ID, ForeignKey("user_account.id"), primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.add_column("sign_in", Column("browser_hash", String))
    op.create_index("ix_sign_in_browser_hash", "sign_in", ["browser_hash"])
    op.add_column("sign_in_attempt", Column("known_browser", String))
    _lists_of_sign_ins()
    _second_factors()
    _invitations()
    op.create_table(
        "role_policy",
        Column("role", String, primary_key=True),
        Column("second_factor_required", Boolean, nullable=False),
        CheckConstraint("role IN ('administrator', 'finance', 'head')", name="role"),
    )
    op.create_table(
        "user_preference",
        _user_key(),
        Column("language", String, nullable=False, server_default=""),
        Column("theme", String, nullable=False, server_default=""),
        CheckConstraint("theme IN ('', 'light', 'dark')", name="theme"),
    )
    _drafts()
    _incidents()


def _lists_of_sign_ins() -> None:
    op.drop_index("ix_sign_in_user_id", "sign_in")
    op.create_index("ix_sign_in_user_id", "sign_in", ["user_id", "last_seen_at"])
    op.create_index("ix_sign_in_expires_at", "sign_in", ["expires_at"])
    op.create_index("ix_sign_in_attempt_at", "sign_in_attempt", ["at"])


def _second_factors() -> None:
    op.create_table(
        "second_factor",
        _user_key(),
        Column("secret", String, nullable=False, server_default=""),
        Column("last_step", BigInteger, nullable=False, server_default="0"),
        Column("confirmed_at", _MOMENT),
        Column("offered_secret", String),
        Column("offered_at", _MOMENT),
        CheckConstraint("(secret = '') = (confirmed_at IS NULL)", name="confirmed"),
    )
    op.create_table(
        "recovery_code",
        Column("id", _ID, primary_key=True),
        _user(),
        Column("code_hash", String, nullable=False, unique=True),
        Column("created_at", _MOMENT, nullable=False),
        Column("used_at", _MOMENT),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])


def _invitations() -> None:
    op.create_table(
        "invitation",
        Column("id", _ID, primary_key=True),
        _user(),
        Column("code_hash", String, nullable=False, unique=True),
        Column("purpose", String, nullable=False),
        Column("created_at", _MOMENT, nullable=False),
        Column("created_by", String, nullable=False),
        Column("expires_at", _MOMENT, nullable=False),
        Column("used_at", _MOMENT),
        Column("revoked_at", _MOMENT),
        CheckConstraint("purpose IN ('welcome', 'reset')", name="purpose"),
    )
    op.create_index("ix_invitation_user_id", "invitation", ["user_id"])


def _drafts() -> None:
    op.create_table(
        "draft",
        _user_key(),
        Column("form", String, primary_key=True),
        Column("request_id", String, primary_key=True),
        Column("fields", JSON, nullable=False),
        Column("saved_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_draft_saved_at", "draft", ["user_id", "saved_at"])


def _incidents() -> None:
    op.create_table(
        "incident",
        Column("id", _ID, primary_key=True),
        Column("number", String, nullable=False, unique=True),
        Column("at", _MOMENT, nullable=False),
        Column("user_id", _ID),
        Column("page", String, nullable=False),
        Column("request_id", String),
        Column("error", String, nullable=False),
        Column("place", String, nullable=False),
    )
    op.create_index("ix_incident_at", "incident", ["at"])


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")
