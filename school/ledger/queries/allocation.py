"""What is open of each charge, recomputed from lines in one SELECT that reads the same on both engines.

A charge's net is the charge less the credits pinned to it, never below nothing; what a pin has too much joins
the pool with all unpinned credits. The pool pays the oldest due date first, then the oldest line, so the
newest charges are the open ones: open = min(net, balance − Σ nets of newer charges).
Hence Σ open − credit = balance, and never both.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    select,
)
from sqlalchemy.orm import Session

from school.ledger.models import Entry, Line

Students = Collection[int] | Select[int] | BindParameter[Any]  # ids, a select of them, or their name
Through = (
    int | BindParameter[int] | Subquery
)  # an entry, its name, or (student_id, entry_id): to each its own


def up_to_date(session: Session, as_at: date | None) -> bool:
    """True when `as_at` leaves out no entry, so that projections answer it."""
    if as_at is None:
        return True
    last = session.scalar(select(func.max(Entry.date)))
    return last is None or as_at >= last


def whole(total: ColumnElement[Any]) -> ColumnElement[int]:
    """PostgreSQL's SUM of BIGINT is a Decimal; money here is an int."""
    return cast(total, BigInteger)


def total(column: ColumnElement[Any] | Any) -> ColumnElement[int]:
    """Σ as an int, 0 of nothing."""
    return whole(func.coalesce(func.sum(column), 0))


def _kept(
    query: Select[*tuple[Any, ...]],
    as_at: date | None,
    through_entry: Through | None,
    students: Students | None,
) -> Select[*tuple[Any, ...]]:
    if as_at is not None:
        query = query.join(Entry, Entry.id == Line.entry_id).where(Entry.date <= as_at)
    if isinstance(through_entry, int | BindParameter):
        query = query.where(Line.entry_id <= through_entry)
    elif through_entry is not None:
        own = through_entry.c
        query = query.join(
            through_entry, and_(own.student_id == Line.student_id, Line.entry_id <= own.entry_id)
        )
    if students is not None:
        query = query.where(Line.student_id.in_(students))
    return query


def balances(
    *, as_at: date | None = None, through_entry: Through | None = None, students: Students | None = None
) -> Select[*tuple[Any, ...]]:
    """(student_id, balance) of every student with lines, by accounting date or by entry as posted; + owes."""
    query = select(Line.student_id, total(Line.amount).label("balance")).group_by(Line.student_id)
    return _kept(query, as_at, through_entry, students)


def open_items(
    *, as_at: date | None = None, through_entry: Through | None = None, students: Students | None = None
) -> Subquery:
    """Columns line_id, student_id, due_date, open (> 0) of every open charge, cut off as `balances` is."""
    target = func.coalesce(Line.pays, case((Line.due_date.is_not(None), Line.id)))
    settled = (
        _kept(
            select(
                Line.student_id,
                target.label("line_id"),
                whole(func.sum(Line.amount)).label("amount"),
                func.max(Line.due_date).label("due_date"),  # NULL is the pool, or a charge after the cut
            ),
            as_at,
            through_entry,
            students,
        )
        .group_by(Line.student_id, target)
        .subquery()
    )
    net = case((and_(settled.c.due_date.is_not(None), settled.c.amount > 0), settled.c.amount), else_=0)
    newest_first = (settled.c.due_date.desc(), settled.c.line_id.desc())
    ranked = select(
        settled.c.student_id,
        settled.c.line_id,
        settled.c.due_date,
        net.label("net"),
        func.sum(settled.c.amount).over(partition_by=settled.c.student_id).label("balance"),
        (
            func.sum(net).over(partition_by=settled.c.student_id, order_by=newest_first, rows=(None, 0)) - net
        ).label("newer"),
    ).subquery()
    left = ranked.c.balance - ranked.c.newer
    return (
        select(
            ranked.c.line_id,
            ranked.c.student_id,
            ranked.c.due_date,
            whole(case((ranked.c.net < left, ranked.c.net), else_=left)).label("open"),
        )
        .where(ranked.c.net > 0, left > 0)
        .subquery()
    )
