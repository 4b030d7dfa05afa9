"""Users, what they may do, how they prove who they are, their sign-ins and every attempt to sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from school.columns import Id, Moment
from school.db import Base


class User(Base):
    """A person who may sign in. `name` is kept casefolded; a disabled user keeps the row, not the door."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 64", name="name_length"),
        CheckConstraint("status IN ('active', 'disabled')", name="status"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str] = mapped_column(default="", server_default="")
    email: Mapped[str] = mapped_column(default="", server_default="")
    password_hash: Mapped[str]
    status: Mapped[str] = mapped_column(default="active", server_default="active")
    must_change_password: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment)


class UserRole(Base):
    __tablename__ = "user_role"
    __table_args__ = (CheckConstraint("role IN ('administrator', 'finance', 'head')", name="role"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)


class SignIn(Base):
    """One sign-in of one browser. The cookie holds a random token, the row only its SHA-256.

    Until a page or a browser has taken it up it ends with its ticket, and is nobody's device.

    `ticket_hash` lets the cookie route claim the row once, until `ticket_expires_at`: that sets `token_hash`.
    `browser_hash` is of the cookie that names the browser; only that browser may show the ticket.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_user_id", "user_id", "last_seen_at"),
        Index("ix_sign_in_expires_at", "expires_at"),
        Index("ix_sign_in_browser_hash", "browser_hash"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    ticket_hash: Mapped[str | None] = mapped_column(unique=True)
    ticket_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    browser_hash: Mapped[str | None]
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    user_agent: Mapped[str] = mapped_column(default="", server_default="")
    address: Mapped[str] = mapped_column(default="", server_default="")
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_why: Mapped[str | None]


class SignInAttempt(Base):
    """Every attempt, right or wrong; a wrong one counts against the name and against the address.

    `known_browser` is the hash of a browser in which that name had signed in before, with a count of its own.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_name", "name", "id"),
        Index("ix_sign_in_attempt_address", "address", "id"),
        Index("ix_sign_in_attempt_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    name: Mapped[str]
    address: Mapped[str]
    known_browser: Mapped[str | None]
    succeeded: Mapped[bool]


class SecondFactor(Base):
    """The authenticator app of one user. It counts once `confirmed_at` says that a first code was right.

    `offered_secret` waits for its first code, while the one in `secret` goes on to count. `last_step` is the
    half minute of the last code that was accepted: a code works once.
    """

    __tablename__ = "second_factor"
    __table_args__ = (CheckConstraint("(secret = '') = (confirmed_at IS NULL)", name="confirmed"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(default="", server_default="")
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    offered_secret: Mapped[str | None]
    offered_at: Mapped[datetime | None] = mapped_column(Moment)


class RecoveryCode(Base):
    """Stands in for the authenticator app once; only its SHA-256 is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("ix_recovery_code_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Invitation(Base):
    """A code with which one user chooses a password, once and in time; only its SHA-256 is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index("ix_invitation_user_id", "user_id"),
        CheckConstraint("purpose IN ('welcome', 'reset')", name="purpose"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class RolePolicy(Base):
    """What the school asks of everybody with a role; a role without a row asks nothing."""

    __tablename__ = "role_policy"
    __table_args__ = (CheckConstraint("role IN ('administrator', 'finance', 'head')", name="role"),)

    role: Mapped[str] = mapped_column(primary_key=True)
    second_factor_required: Mapped[bool] = mapped_column(default=False)


class UserPreference(Base):
    """How one user likes the screens; an empty `language` (a BCP 47 tag) or `theme` is the browser's own."""

    __tablename__ = "user_preference"
    __table_args__ = (CheckConstraint("theme IN ('', 'light', 'dark')", name="theme"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(default="", server_default="")
    theme: Mapped[str] = mapped_column(default="", server_default="")
