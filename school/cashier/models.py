"""Counts, signatures, deposits and closed days: rows are added, never changed, never removed.

A till is what one cashier received and paid back since their last count: the entries after `after_entry`
through `through_entry` that name the cashier. The tenders and coins of a count come first and the count seals
them; so do the parts of a deposit. `guards` holds what the database itself refuses.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

import school.ledger.models  # noqa: F401 - counts name users, tenders and locks
from school.columns import Id, Minor, Moment
from school.db import Base

_SEALED_LATER: Any = {"deferrable": True, "initially": "DEFERRED"}


class CashUp(Base):
    """A till counted on a day. A count made again before it is signed names the one it `replaces`.

    `cash_float` is the cash that stays in the till for change: it was counted and is no part of `counted`.
    """

    __tablename__ = "cash_up"
    __table_args__ = (
        CheckConstraint("after_entry <= through_entry", name="order"),
        CheckConstraint("cash_float >= 0", name="cash_float"),
        Index("ix_cash_up_cashier_id", "cashier_id", "id"),
        Index("ix_cash_up_date", "date"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    request_id: Mapped[str] = mapped_column(unique=True)
    cashier_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    cashier: Mapped[str]
    date: Mapped[date]
    after_entry: Mapped[int] = mapped_column(Id)
    through_entry: Mapped[int] = mapped_column(Id)
    counted_at: Mapped[datetime] = mapped_column(Moment)
    counted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    counted_by: Mapped[str]
    cash_float: Mapped[int] = mapped_column(Minor)
    reason: Mapped[str | None]
    replaces: Mapped[int | None] = mapped_column(ForeignKey("cash_up.id"), unique=True)


class CashUpTender(Base):
    """What the ledger expects of a tender, and what was counted; either may be negative after refunds."""

    __tablename__ = "cash_up_tender"
    __table_args__ = (CheckConstraint("counted = CAST(counted AS BIGINT)", name="counted_is_whole"),)

    cash_up_id: Mapped[int] = mapped_column(ForeignKey("cash_up.id", **_SEALED_LATER), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"), primary_key=True)
    expected: Mapped[int] = mapped_column(Minor)
    counted: Mapped[int] = mapped_column(Minor)


class CashUpCoin(Base):
    """How many notes or coins of one value, in minor units, lay in the till; the float is among them."""

    __tablename__ = "cash_up_coin"
    __table_args__ = (CheckConstraint("value > 0 AND pieces > 0", name="positive"),)

    cash_up_id: Mapped[int] = mapped_column(ForeignKey("cash_up.id", **_SEALED_LATER), primary_key=True)
    value: Mapped[int] = mapped_column(Minor, primary_key=True, autoincrement=False)
    pieces: Mapped[int]


class CashUpSignature(Base):
    """A second person has seen the count; `counted_by_id` is repeated so that the database can compare."""

    __tablename__ = "cash_up_signature"
    __table_args__ = (
        CheckConstraint("counted_by_id IS NULL OR signed_by_id <> counted_by_id", name="second_person"),
    )

    cash_up_id: Mapped[int] = mapped_column(ForeignKey("cash_up.id"), primary_key=True, autoincrement=False)
    counted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    signed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    signed_by: Mapped[str]
    signed_at: Mapped[datetime] = mapped_column(Moment)


class Deposit(Base):
    """Money of one tender taken to the bank, with the number of its slip, gapless."""

    __tablename__ = "deposit"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    request_id: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"))
    amount: Mapped[int] = mapped_column(Minor)
    date: Mapped[date]
    bank: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]


class DepositPart(Base):
    """What of a signed count went into a deposit: each tender of a count is banked once."""

    __tablename__ = "deposit_part"
    __table_args__ = (UniqueConstraint("cash_up_id", "account"),)

    deposit_id: Mapped[int] = mapped_column(ForeignKey("deposit.id", **_SEALED_LATER), primary_key=True)
    cash_up_id: Mapped[int] = mapped_column(ForeignKey("cash_up.id"), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"))
    amount: Mapped[int] = mapped_column(Minor)


class DayClose(Base):
    """A day that is done: the books are locked through it, and end with this entry and hash.

    A day that was opened again by an earlier lock is closed again by another row.
    """

    __tablename__ = "day_close"
    __table_args__ = (Index("ix_day_close_date", "date"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    date: Mapped[date]
    lock_id: Mapped[int] = mapped_column(ForeignKey("period_lock.id"))
    last_entry: Mapped[int] = mapped_column(Id)
    last_hash: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor: Mapped[str]
