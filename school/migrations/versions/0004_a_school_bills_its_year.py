"""A school bills its year: fees, concessions, late fees, approvals, cash-ups, deposits, letters."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
)

revision = "0004"
down_revision = "0003"

_ID = BigInteger().with_variant(Integer, "sqlite")
_MOMENT = String(27)
_SEALED_LATER: Any = {"deferrable": True, "initially": "DEFERRED"}


def upgrade() -> None:
    _settings()
    _fees()
    _concessions()
    _runs()
    _late_fees()
    _approvals()
    _cash_ups()
    _deposits()
    _letters()


def _settings() -> None:
    op.add_column("school", Column("how_to_pay", String, nullable=False, server_default=""))
    op.create_table(
        "policy",
        Column("name", String, primary_key=True),
        Column("value", BigInteger),
    )
    op.create_table(
        "family_payer",
        Column("family_id", _ID, ForeignKey("family.id"), primary_key=True),
        Column("guardian_id", _ID, ForeignKey("guardian.id"), primary_key=True),
        Column("share_bp", Integer, nullable=False),
        CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share"),
    )
    op.create_table(
        "payment_payer",
        Column("entry_id", _ID, ForeignKey("entry.id"), primary_key=True, autoincrement=False),
        Column("guardian_id", _ID, ForeignKey("guardian.id"), nullable=False),
    )
    op.create_table(
        "document_series",
        Column("kind", String, primary_key=True),
        Column("series", String, nullable=False, unique=True),
        CheckConstraint("kind IN ('payment', 'refund')", name="kind"),
        CheckConstraint("length(series) BETWEEN 1 AND 6", name="length"),
    )
    op.create_table(
        "promotion",
        Column("year_id", _ID, ForeignKey("year.id"), primary_key=True, autoincrement=False),
        Column("from_year_id", _ID, ForeignKey("year.id"), nullable=False),
        Column("request_id", String, nullable=False, unique=True),
        Column("moved", Integer, nullable=False),
        Column("stayed", Integer, nullable=False),
        Column("left", Integer, nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        CheckConstraint("year_id <> from_year_id", name="another_year"),
    )
    op.create_index("ix_audit_event_event", "audit_event", ["event", "id"])
    op.create_index("ix_audit_event_actor", "audit_event", ["actor", "id"])


def _fees() -> None:
    op.create_table(
        "fee_head",
        Column("account", String, ForeignKey("account.code"), primary_key=True),
        Column("refundable", Boolean, nullable=False),
        Column("optional", Boolean, nullable=False),
        Column("prorated", Boolean, nullable=False),
        Column("position", Integer, nullable=False),
    )
    op.create_table(
        "instalment_plan",
        Column("id", _ID, primary_key=True),
        Column("name", String, nullable=False, unique=True),
        Column("active", Boolean, nullable=False),
    )
    op.create_table(
        "instalment",
        Column("plan_id", _ID, ForeignKey("instalment_plan.id"), primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False),
        Column("share_bp", Integer, nullable=False),
        Column("due_on", Date),
        Column("due_days", Integer),
        CheckConstraint("(due_on IS NULL) <> (due_days IS NULL)", name="due"),
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="share"),
    )
    op.create_table(
        "fee",
        Column("id", _ID, primary_key=True),
        Column("year_id", _ID, ForeignKey("year.id"), nullable=False),
        Column("term_id", _ID, ForeignKey("term.id")),
        Column("class_id", _ID, ForeignKey("school_class.id")),
        Column("account", String, ForeignKey("fee_head.account"), nullable=False),
        Column("amount", BigInteger, nullable=False),
        Column("plan_id", _ID, ForeignKey("instalment_plan.id")),
        Column("active", Boolean, nullable=False),
        CheckConstraint("amount > 0", name="amount"),
    )
    op.create_index("ix_fee_year_id", "fee", ["year_id", "account"])
    op.create_table(
        "student_option",
        Column("id", _ID, primary_key=True),
        Column("student_id", _ID, ForeignKey("student.id"), nullable=False),
        Column("account", String, ForeignKey("fee_head.account"), nullable=False),
        Column("from_on", Date, nullable=False),
        Column("until_on", Date),
        Column("amount", BigInteger),
        Column("active", Boolean, nullable=False),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="order"),
    )
    op.create_index("ix_student_option_student_id", "student_option", ["student_id", "account"])


def _concessions() -> None:
    op.create_table(
        "concession_scheme",
        Column("account", String, ForeignKey("account.code"), primary_key=True),
        Column("kind", String, nullable=False),
        Column("cap_bp", Integer),
        Column("cap", BigInteger),
        Column("needs_approval", Boolean, nullable=False),
        Column("active", Boolean, nullable=False),
        CheckConstraint("cap IS NULL OR cap > 0", name="cap"),
        CheckConstraint("cap_bp IS NULL OR cap_bp > 0", name="cap_bp"),
        CheckConstraint("kind IN ('sibling', 'staff', 'bursary', 'scholarship', 'other')", name="kind"),
    )
    op.create_table(
        "concession_rate",
        Column("id", _ID, primary_key=True),
        Column("scheme", String, ForeignKey("concession_scheme.account"), nullable=False),
        Column("head", String, ForeignKey("fee_head.account")),
        Column("ordinal", Integer),
        Column("share_bp", Integer),
        Column("amount", BigInteger),
        Column("active", Boolean, nullable=False),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("ordinal IS NULL OR ordinal > 0", name="ordinal"),
        CheckConstraint("share_bp IS NULL OR share_bp BETWEEN 1 AND 10000", name="share"),
        CheckConstraint("(share_bp IS NULL) <> (amount IS NULL)", name="share_or_amount"),
    )
    op.create_index("ix_concession_rate_scheme", "concession_rate", ["scheme"])
    op.create_table(
        "concession_grant",
        Column("id", _ID, primary_key=True),
        Column("request_id", String, nullable=False, unique=True),
        Column("student_id", _ID, ForeignKey("student.id"), nullable=False),
        Column("scheme", String, ForeignKey("concession_scheme.account"), nullable=False),
        Column("head", String, ForeignKey("fee_head.account")),
        Column("share_bp", Integer),
        Column("amount", BigInteger),
        Column("valid_from", Date, nullable=False),
        Column("valid_until", Date),
        Column("reason", String, nullable=False),
        Column("state", String, nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        Column("decided_at", _MOMENT),
        Column("decided_by_id", _ID, ForeignKey("user_account.id")),
        Column("decided_by", String),
        Column("decision_reason", String),
        Column("ended_on", Date),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> actor_id", name="second_person"),
        CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name="ended"),
        CheckConstraint("state <> 'refused' OR decided_at IS NOT NULL", name="decided"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="order"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        CheckConstraint("share_bp IS NULL OR share_bp BETWEEN 1 AND 10000", name="share"),
        CheckConstraint("share_bp IS NULL OR amount IS NULL", name="share_or_amount"),
        CheckConstraint("state IN ('waiting', 'granted', 'refused', 'ended')", name="state"),
    )
    op.create_index("ix_concession_grant_scheme", "concession_grant", ["scheme"])
    op.create_index("ix_concession_grant_student_id", "concession_grant", ["student_id"])


def _runs() -> None:
    op.create_table(
        "run",
        Column("id", _ID, primary_key=True),
        Column("request_id", String, nullable=False, unique=True),
        Column("kind", String, nullable=False),
        Column("term_id", _ID, ForeignKey("term.id")),
        Column("date", Date, nullable=False),
        Column("details", JSON, nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        Column("finished_at", _MOMENT),
        Column("undone_at", _MOMENT),
        Column("undone_by", String),
        Column("undone_reason", String),
        CheckConstraint("kind <> 'billing' OR term_id IS NOT NULL", name="billing_has_a_term"),
        CheckConstraint("kind IN ('billing', 'late_fee')", name="kind"),
        CheckConstraint("(undone_at IS NULL) = (undone_reason IS NULL)", name="undone"),
    )
    op.create_table(
        "run_entry",
        Column("entry_id", _ID, ForeignKey("entry.id"), primary_key=True, autoincrement=False),
        Column("run_id", _ID, ForeignKey("run.id"), nullable=False),
        Column("student_id", _ID, ForeignKey("student.id"), nullable=False),
    )
    op.create_index("ix_run_entry_run_id", "run_entry", ["run_id", "entry_id"])
    op.create_index("ix_run_entry_student_id", "run_entry", ["student_id"])


def _late_fees() -> None:
    op.create_table(
        "late_fee_rule",
        Column("id", _ID, primary_key=True),
        Column("name", String, nullable=False, unique=True),
        Column("due_from", Date, nullable=False),
        Column("due_until", Date),
        Column("grace_days", Integer, nullable=False),
        Column("flat", BigInteger, nullable=False),
        Column("rate_bp_a_year", Integer, nullable=False),
        Column("cap", BigInteger),
        Column("least_open", BigInteger, nullable=False),
        Column("active", Boolean, nullable=False),
        CheckConstraint("cap IS NULL OR cap > 0", name="cap"),
        CheckConstraint("due_until IS NULL OR due_until >= due_from", name="order"),
        CheckConstraint("flat > 0 OR rate_bp_a_year > 0", name="costs_something"),
        CheckConstraint("grace_days >= 0 AND flat >= 0 AND rate_bp_a_year >= 0", name="not_negative"),
    )
    op.create_table(
        "late_fee_waiver",
        Column("charge_id", _ID, ForeignKey("line.id"), primary_key=True, autoincrement=False),
        Column("reason", String, nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
    )
    op.create_table(
        "late_fee_line",
        Column("line_id", _ID, ForeignKey("line.id"), primary_key=True, autoincrement=False),
        Column("charge_id", _ID, ForeignKey("line.id"), nullable=False),
        Column("rule_id", _ID, ForeignKey("late_fee_rule.id"), nullable=False),
        Column("through", Date, nullable=False),
        Column("flat", BigInteger, nullable=False),
        Column("interest", BigInteger, nullable=False),
        CheckConstraint("flat >= 0 AND interest >= 0 AND flat + interest > 0", name="amounts"),
    )
    op.create_index("ix_late_fee_line_charge_id", "late_fee_line", ["charge_id", "rule_id"])


def _approvals() -> None:
    op.create_table(
        "approval",
        Column("id", _ID, primary_key=True),
        Column("request_id", String, nullable=False, unique=True),
        Column("kind", String, nullable=False),
        Column("student_id", _ID, ForeignKey("student.id"), nullable=False),
        Column("amount", BigInteger, nullable=False),
        Column("details", JSON, nullable=False),
        Column("reason", String, nullable=False),
        Column("asked_at", _MOMENT, nullable=False),
        Column("asked_by_id", _ID, ForeignKey("user_account.id")),
        Column("asked_by", String, nullable=False),
        Column("decision", String),
        Column("decided_at", _MOMENT),
        Column("decided_by_id", _ID, ForeignKey("user_account.id")),
        Column("decided_by", String),
        Column("decision_reason", String),
        Column("entry_id", _ID, ForeignKey("entry.id")),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decision IN ('approved', 'refused')", name="decision"),
        CheckConstraint("kind IN ('write_off', 'refund', 'credit_note', 'concession')", name="kind"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="second_person"),
    )
    op.create_index("ix_approval_decision", "approval", ["decision", "id"])
    op.create_index("ix_approval_student_id", "approval", ["student_id"])


def _cash_ups() -> None:
    op.create_table(
        "cash_up",
        Column("id", _ID, primary_key=True, autoincrement=False),
        Column("request_id", String, nullable=False, unique=True),
        Column("cashier_id", _ID, ForeignKey("user_account.id"), nullable=False),
        Column("cashier", String, nullable=False),
        Column("date", Date, nullable=False),
        Column("after_entry", _ID, nullable=False),
        Column("through_entry", _ID, nullable=False),
        Column("counted_at", _MOMENT, nullable=False),
        Column("counted_by_id", _ID, ForeignKey("user_account.id")),
        Column("counted_by", String, nullable=False),
        Column("cash_float", BigInteger, nullable=False),
        Column("reason", String),
        Column("replaces", _ID, ForeignKey("cash_up.id"), unique=True),
        CheckConstraint("after_entry <= through_entry", name="order"),
        CheckConstraint("cash_float >= 0", name="cash_float"),
    )
    op.create_index("ix_cash_up_cashier_id", "cash_up", ["cashier_id", "id"])
    op.create_index("ix_cash_up_date", "cash_up", ["date"])
    op.create_table(
        "cash_up_tender",
        Column("cash_up_id", _ID, ForeignKey("cash_up.id", **_SEALED_LATER), primary_key=True),
        Column("account", String, ForeignKey("account.code"), primary_key=True),
        Column("expected", BigInteger, nullable=False),
        Column("counted", BigInteger, nullable=False),
        CheckConstraint("counted = CAST(counted AS BIGINT)", name="counted_is_whole"),
    )
    op.create_table(
        "cash_up_coin",
        Column("cash_up_id", _ID, ForeignKey("cash_up.id", **_SEALED_LATER), primary_key=True),
        Column("value", BigInteger, primary_key=True, autoincrement=False),
        Column("pieces", Integer, nullable=False),
        CheckConstraint("value > 0 AND pieces > 0", name="positive"),
    )
    op.create_table(
        "cash_up_signature",
        Column("cash_up_id", _ID, ForeignKey("cash_up.id"), primary_key=True, autoincrement=False),
        Column("counted_by_id", _ID, ForeignKey("user_account.id")),
        Column("signed_by_id", _ID, ForeignKey("user_account.id"), nullable=False),
        Column("signed_by", String, nullable=False),
        Column("signed_at", _MOMENT, nullable=False),
        CheckConstraint("counted_by_id IS NULL OR signed_by_id <> counted_by_id", name="second_person"),
    )


def _deposits() -> None:
    op.create_table(
        "deposit",
        Column("id", _ID, primary_key=True, autoincrement=False),
        Column("request_id", String, nullable=False, unique=True),
        Column("account", String, ForeignKey("account.code"), nullable=False),
        Column("amount", BigInteger, nullable=False),
        Column("date", Date, nullable=False),
        Column("bank", String, nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        CheckConstraint("amount > 0", name="amount"),
    )
    op.create_table(
        "deposit_part",
        Column("deposit_id", _ID, ForeignKey("deposit.id", **_SEALED_LATER), primary_key=True),
        Column("cash_up_id", _ID, ForeignKey("cash_up.id"), primary_key=True),
        Column("account", String, ForeignKey("account.code"), nullable=False),
        Column("amount", BigInteger, nullable=False),
        UniqueConstraint("cash_up_id", "account"),
    )
    op.create_table(
        "day_close",
        Column("id", _ID, primary_key=True, autoincrement=False),
        Column("date", Date, nullable=False),
        Column("lock_id", _ID, ForeignKey("period_lock.id"), nullable=False),
        Column("last_entry", _ID, nullable=False),
        Column("last_hash", String, nullable=False),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
    )
    op.create_index("ix_day_close_date", "day_close", ["date"])


def _letters() -> None:
    op.create_table(
        "letter",
        Column("id", _ID, primary_key=True),
        Column("request_id", String, nullable=False, unique=True),
        Column("kind", String, nullable=False),
        Column("stage", Integer),
        Column("family_id", _ID, ForeignKey("family.id"), nullable=False),
        Column("student_id", _ID, ForeignKey("student.id")),
        Column("guardian_id", _ID, ForeignKey("guardian.id")),
        Column("to_name", String, nullable=False),
        Column("to_address", String, nullable=False),
        Column("subject", String, nullable=False),
        Column("body", String, nullable=False),
        Column("details", JSON, nullable=False),
        Column("rehearsal", Boolean, nullable=False),
        Column("state", String, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("next_try_at", _MOMENT),
        Column("sent_at", _MOMENT),
        Column("error", String),
        Column("at", _MOMENT, nullable=False),
        Column("actor_id", _ID, ForeignKey("user_account.id")),
        Column("actor", String, nullable=False),
        CheckConstraint("kind IN ('receipt', 'statement', 'invoice', 'reminder')", name="kind"),
        CheckConstraint("state NOT IN ('sent', 'printed') OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("(state IN ('waiting', 'sending')) = (next_try_at IS NOT NULL)", name="next_try"),
        CheckConstraint("NOT rehearsal OR state NOT IN ('sending', 'sent', 'printed')", name="rehearsal"),
        CheckConstraint("rehearsal OR state <> 'rehearsed'", name="rehearsed"),
        CheckConstraint("(kind = 'reminder') = (stage IS NOT NULL)", name="stage"),
        CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled', 'rehearsed', 'printed')",
            name="state",
        ),
    )
    op.create_index("ix_letter_family_id", "letter", ["family_id", "id"])
    op.create_index("ix_letter_state", "letter", ["state", "next_try_at"])
    op.create_table(
        "reminder_stage",
        Column("stage", Integer, primary_key=True, autoincrement=False),
        Column("days_overdue", Integer, nullable=False),
        Column("subject", String, nullable=False),
        Column("body", String, nullable=False),
        CheckConstraint("stage BETWEEN 1 AND 3", name="stage"),
    )


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")
