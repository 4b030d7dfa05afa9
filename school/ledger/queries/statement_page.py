"""One page of a statement: the newest rows cost about as much on a long account as on a short one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from sqlalchemy import Integer, Select, Subquery, bindparam, case, func, select
from sqlalchemy.orm import Session

from school.ledger.models import Entry, Line
from school.ledger.queries.allocation import total, whole
from school.ledger.queries.statement import CHARGED_LINE_BY_LINE, StatementRow, before, movements

ROWS_PER_PAGE = 50  # beyond this the browser is slow


@dataclass(frozen=True)
class StatementPage:
    """One page of a statement: `brought` is the balance before its first row, the rest is of the whole.

    closing = opening + charges − credits. The last page is full and holds the newest rows.
    """

    opening: int
    brought: int
    rows: list[StatementRow]
    closing: int
    charges: int
    credits: int
    matches: int
    page: int
    pages: int


def statement_page(
    session: Session,
    student_id: int,
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
    page: int | None = None,
    per_page: int = ROWS_PER_PAGE,
) -> StatementPage:
    """One page of `statement`, counted from the oldest; without a number, or past the end, the newest."""
    asked: dict[str, Any] = {"student": student_id, "since": since, "until": until}
    shape = (since is not None, until is not None)
    opening = before(session, [student_id], since) if since else 0
    matches, charges, credited = session.execute(_sums(*shape), asked).one()
    pages = max(1, -(-matches // per_page))
    number = min(max(page or pages, 1), pages)
    asked |= {"limit": per_page, "offset": (pages - number) * per_page}
    keys = session.execute(_keys(*shape), asked).all()[::-1]
    brought = opening + keys[0].balance - keys[0].amount if keys else opening
    rows = _rows(session, student_id, keys, brought)
    closing = opening + charges - credited
    return StatementPage(opening, brought, rows, closing, charges, credited, matches, number, pages)


@lru_cache  # these two are built in ten times the time in which they are read
def _sums(since: bool, until: bool) -> Select[*tuple[Any, ...]]:
    moved = _moved(since, until)
    return select(
        func.count(),
        total(case((moved.c.amount > 0, moved.c.amount), else_=0)),
        total(case((moved.c.amount < 0, -moved.c.amount), else_=0)),
    ).select_from(moved)


def _moved(since: bool, until: bool) -> Subquery:
    """What `movements` makes a row of: a line of what is charged line by line, else an entry (`n` is 0)."""
    n = case((Entry.kind.in_(CHARGED_LINE_BY_LINE), Line.n), else_=0)
    query = (
        select(Entry.date, Line.entry_id, n.label("n"), total(Line.amount).label("amount"))
        .join(Entry, Entry.id == Line.entry_id)
        .where(Line.student_id == bindparam("student"))
        .group_by(Entry.date, Line.entry_id, n)
    )
    if since:
        query = query.where(Entry.date >= bindparam("since"))
    if until:
        query = query.where(Entry.date <= bindparam("until"))
    return query.subquery()


@lru_cache
def _keys(since: bool, until: bool) -> Select[*tuple[Any, ...]]:
    """The page in order, each row with the sum of all up to it and its place among those of its day."""
    moved = _moved(since, until)
    order = (moved.c.date, moved.c.entry_id, moved.c.n)
    return (
        select(
            moved.c.date,
            moved.c.amount,
            whole(func.sum(moved.c.amount).over(order_by=order, rows=(None, 0))).label("balance"),
            func.row_number().over(partition_by=moved.c.date, order_by=order[1:]).label("place"),
        )
        .order_by(*(column.desc() for column in order))
        .limit(bindparam("limit", type_=Integer))
        .offset(bindparam("offset", type_=Integer))
    )


def _rows(session: Session, student_id: int, keys: Sequence[Any], brought: int) -> list[StatementRow]:
    if not keys:
        return []
    days = movements(session, [student_id], keys[0].date, keys[-1].date)
    first = keys[0].place - 1
    rows = [row for _, row in days[first : first + len(keys)]]
    running = list(accumulate((row.amount for row in rows), initial=brought))
    return [replace(row, balance=after) for row, after in zip(rows, running[1:], strict=True)]
