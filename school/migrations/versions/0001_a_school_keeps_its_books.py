"""A school keeps its books.

The tables of people, ledger, access and audit as they were on the first day. The guards are not here:
every migration ends by installing the present ones. Later migrations may only ADD COLUMN to entry and line:
a table that is copied and dropped would pass the guards by.
"""

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
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None

Id = BigInteger().with_variant(Integer(), "sqlite")
Minor = BigInteger()
Moment = String(27)
Ordered = String().with_variant(String(collation="C"), "postgresql")

books = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def upgrade() -> None:
    _access()
    _people()
    _ledger()
    _projections()
    books.create_all(op.get_bind())


def downgrade() -> None:
    raise NotImplementedError("books only go forward: restore the backup made before the migration")


def _must(name: str, type_: Any, *more: Any, **options: Any) -> Column[Any]:
    return Column(name, type_, *more, nullable=False, **options)


def _key(*more: Any, name: str = "id") -> Column[Any]:
    """A key we number ourselves."""
    return Column(name, Id, *more, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[Any]:
    return Column(name, String, nullable=False, server_default="")


def _access() -> None:
    Table(
        "user_account",
        books,
        Column("id", Id, primary_key=True),
        _must("name", String, unique=True),
        _text("full_name"),
        _text("email"),
        _must("password_hash", String),
        _must("status", String, server_default="active"),
        _must("must_change_password", Boolean),
        _must("is_demo", Boolean),
        _must("created_at", Moment),
        CheckConstraint("length(name) BETWEEN 1 AND 64", name="name_length"),
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
    )
    Table(
        "user_role",
        books,
        Column("user_id", Id, ForeignKey("user_account.id"), primary_key=True),
        Column("role", String, primary_key=True),
        CheckConstraint("role IN ('administrator', 'finance', 'head')", name="role"),
    )
    Table(
        "sign_in",
        books,
        Column("id", String, primary_key=True),
        _must("user_id", Id, ForeignKey("user_account.id")),
        Column("ticket_hash", String, unique=True),
        Column("ticket_expires_at", Moment),
        Column("token_hash", String, unique=True),
        _must("created_at", Moment),
        _must("last_seen_at", Moment),
        _must("expires_at", Moment),
        _text("user_agent"),
        _text("address"),
        Column("revoked_at", Moment),
        Column("revoked_why", String),
        Index("ix_sign_in_user_id", "user_id"),
    )
    Table(
        "sign_in_attempt",
        books,
        Column("id", Id, primary_key=True),
        _must("at", Moment),
        _must("name", String),
        _must("address", String),
        _must("succeeded", Boolean),
        Index("ix_sign_in_attempt_name", "name", "id"),
        Index("ix_sign_in_attempt_address", "address", "id"),
    )
    Table(
        "audit_event",
        books,
        Column("id", Id, primary_key=True),
        _must("at", Moment),
        Column("actor_id", Id),
        _must("actor", String),
        _must("event", String),
        _must("subject", String),
        Column("before", JSON),
        Column("after", JSON),
        Column("reason", String),
        Index("ix_audit_event_subject", "subject", "id"),
        Index("ix_audit_event_at", "at"),
    )


def _people() -> None:
    Table(
        "school",
        books,
        Column("id", Id, primary_key=True),
        _must("name", String),
        _text("address"),
        _must("currency", String),
        _must("exponent", Integer),
        _must("time_zone", String),
        _must("locale", String, server_default="en"),
        Column("logo", LargeBinary),
        _must("created_at", Moment),
        CheckConstraint("id = 1", name="one_row"),
    )
    Table(
        "year",
        books,
        Column("id", Id, primary_key=True),
        _must("name", String, unique=True),
        _must("starts_on", Date),
        _must("ends_on", Date),
        CheckConstraint("starts_on < ends_on", name="order"),
    )
    Table(
        "term",
        books,
        Column("id", Id, primary_key=True),
        _must("year_id", Id, ForeignKey("year.id")),
        _must("name", String),
        _must("starts_on", Date),
        _must("ends_on", Date),
        UniqueConstraint("year_id", "name"),
        CheckConstraint("starts_on < ends_on", name="order"),
        Index("ix_term_starts_on", "starts_on"),
    )
    Table(
        "school_class",
        books,
        Column("id", Id, primary_key=True),
        _must("name", String, unique=True),
        _must("position", Integer, server_default="0"),
    )
    Table("family", books, Column("id", Id, primary_key=True), _must("name", String))
    Table(
        "guardian",
        books,
        Column("id", Id, primary_key=True),
        _must("family_id", Id, ForeignKey("family.id")),
        _must("name", String),
        _text("phone"),
        _text("email"),
        _must("folded", String),
        Index("ix_guardian_family_id", "family_id"),
        Index("ix_guardian_folded", "folded"),
    )
    Table(
        "student",
        books,
        Column("id", Id, primary_key=True),
        _must("admission_no", Ordered, unique=True),
        _text("first_name"),
        _text("last_name"),
        _must("name", String),
        _must("sort_name", Ordered),
        Column("class_id", Id, ForeignKey("school_class.id")),
        _must("family_id", Id, ForeignKey("family.id")),
        _must("status", String, server_default="enrolled"),
        Column("joined_on", Date),
        Column("left_on", Date),
        _text("notes"),
        CheckConstraint("status IN ('enrolled', 'applicant', 'left')", name="status"),
        CheckConstraint("length(admission_no) BETWEEN 1 AND 32", name="admission_no_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        Index("ix_student_class_id", "class_id", "status"),
        Index("ix_student_family_id", "family_id"),
        Index("ix_student_sort_name", "sort_name", "id"),
    )
    Table(
        "student_guardian",
        books,
        Column("student_id", Id, ForeignKey("student.id"), primary_key=True),
        Column("guardian_id", Id, ForeignKey("guardian.id"), primary_key=True),
        _must("position", Integer, server_default="1"),
        Index("ix_student_guardian_guardian_id", "guardian_id"),
    )
    Table(
        "enrolment",
        books,
        Column("student_id", Id, ForeignKey("student.id"), primary_key=True),
        Column("year_id", Id, ForeignKey("year.id"), primary_key=True),
        Column("class_id", Id, ForeignKey("school_class.id")),
        Index("ix_enrolment_year_class", "year_id", "class_id"),
    )
    Table(
        "student_word",
        books,
        Column("word", Ordered, primary_key=True),
        Column("student_id", Id, ForeignKey("student.id"), primary_key=True),
        Index("ix_student_word_student_id", "student_id"),
        sqlite_with_rowid=False,
    )


def _ledger() -> None:
    Table(
        "account",
        books,
        Column("code", String, primary_key=True),
        _must("name", String, unique=True),
        _must("type", String),
        _must("position", Integer, server_default="0"),
        _must("active", Boolean),
        CheckConstraint("code <> '1200'", name="not_the_control_account"),
        CheckConstraint(
            "type IN ('tender', 'income', 'concession', 'bad_debt', 'opening', 'clearing')", name="type"
        ),
    )
    Table(
        "period_lock",
        books,
        _key(),
        _must("locked_through", Date),
        _must("at", Moment),
        Column("actor_id", Id, ForeignKey("user_account.id")),
        _must("actor", String),
        _must("reason", String),
    )
    Table(
        "entry",
        books,
        _key(),
        _must("kind", String),
        _must("date", Date),
        _must("at", Moment),
        Column("actor_id", Id, ForeignKey("user_account.id")),
        _must("actor", String),
        _must("request_id", String, unique=True),
        Column("series", String),
        Column("no", Id),
        Column("reverses", Id, ForeignKey("entry.id"), unique=True),
        Column("payer", String),
        Column("reference", String),
        Column("reason", String),
        _must("n_lines", Integer),
        _must("total", Minor),
        _must("hash", String),
        UniqueConstraint("series", "no"),
        CheckConstraint(
            "kind IN ('bill', 'payment', 'concession', 'credit_note', 'refund', 'write_off', 'late_fee',"
            " 'opening', 'transfer', 'reversal')",
            name="kind",
        ),
        CheckConstraint("length(request_id) >= 8", name="request_id_length"),
        CheckConstraint("(series IS NULL) = (no IS NULL)", name="series_and_no"),
        CheckConstraint("kind <> 'payment' OR series IS NOT NULL", name="payment_has_a_receipt"),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="reversal_reverses"),
        CheckConstraint(
            "kind <> 'reversal' OR COALESCE(length(trim(reason)), 0) > 0", name="reversal_has_a_reason"
        ),
        CheckConstraint("n_lines > 0", name="n_lines"),
        CheckConstraint("total = CAST(total AS BIGINT)", name="total_is_whole"),
        Index("ix_entry_date", "date"),
        Index("ix_entry_actor", "actor_id", "kind", "id"),
        Index("ix_entry_kind", "kind", "id"),
    )
    Table(
        "line",
        books,
        _key(),
        _must("entry_id", Id, ForeignKey("entry.id", deferrable=True, initially="DEFERRED")),
        _must("n", Integer),
        _must("student_id", Id, ForeignKey("student.id")),
        _must("account", String, ForeignKey("account.code")),
        _must("amount", Minor),
        Column("due_date", Date),
        Column("pays", Id),
        Column("class_id", Id, ForeignKey("school_class.id")),
        Column("term_id", Id, ForeignKey("term.id")),
        Column("memo", String),
        UniqueConstraint("entry_id", "n"),
        UniqueConstraint("student_id", "id"),
        ForeignKeyConstraint(["student_id", "pays"], ["line.student_id", "line.id"], name="fk_line_pays"),
        CheckConstraint("amount <> 0", name="amount_is_not_zero"),
        CheckConstraint("amount = CAST(amount AS BIGINT)", name="amount_is_whole"),
        CheckConstraint("due_date IS NULL OR (amount > 0 AND pays IS NULL)", name="due_date_is_of_a_debit"),
        _index_where("ix_line_pays", "pays", where="pays IS NOT NULL"),
        _index_where("ix_line_due", "student_id", "due_date", where="due_date IS NOT NULL"),
    )


def _index_where(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _projections() -> None:
    Table(
        "student_balance",
        books,
        _key(ForeignKey("student.id"), name="student_id"),
        _must("balance", Minor),
        Index("ix_student_balance_top", "balance", "student_id"),
    )
    Table(
        "open_item",
        books,
        _key(ForeignKey("line.id"), name="line_id"),
        _must("student_id", Id),
        _must("due_date", Date),
        _must("open", Minor),
        CheckConstraint("open >= 0", name="open"),
        Index("ix_open_item_student_id", "student_id"),
        Index("ix_open_item_due", "due_date", "open"),
    )
    Table("due_total", books, Column("due_date", Date, primary_key=True), _must("open", Minor))
    Table(
        "day_total",
        books,
        Column("date", Date, primary_key=True),
        Column("account", String, primary_key=True),
        _must("amount", Minor),
    )
    Table(
        "class_total",
        books,
        _key(name="term_id"),
        _key(name="class_id"),
        Column("account", String, primary_key=True),
        _must("amount", Minor),
    )
    Table(
        "roll_total",
        books,
        _key(name="class_id"),
        Column("status", String, primary_key=True),
        _must("students", Integer),
        _must("owing", Integer),
        _must("owed", Minor),
        _must("credit", Minor),
    )
