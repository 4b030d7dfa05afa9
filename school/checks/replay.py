"""The books read from the first entry to the last, each held against its own lines and the entry before.

One pass over rows in the order in which they were written, none kept: what stays are totals, and the names of
what is wrong. Rows come from the bare driver, because at millions of them nothing else is fast enough.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from math import inf
from operator import itemgetter
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school.db import Base
from school.ledger import wording
from school.ledger.models import ACCOUNT_TYPES, Account, Entry, Line
from school.ledger.rules import ENTRY_HASHED, LINE_HASHED, SERIES, entry_hash

ROWS_AT_ONCE = 5_000  # of a server; a file gives them one by one
NAMES_MAX = 1_000  # kept for one finding, in books where everything is wrong
NO_LINES: tuple[float, Iterable[Any]] = (inf, ())  # after the last line

Suiting = Mapping[str, tuple[set[str], set[str]]]
DEBIT, CREDIT = {True}, {False}
SUITS = {  # lines by the entry's kind and the account's type
    "bill": {"income": DEBIT, "concession": CREDIT},
    "late_fee": {"income": DEBIT},
    "payment": {"tender": CREDIT},
    "refund": {"tender": DEBIT},
    "concession": {"concession": CREDIT},
    "credit_note": {"income": CREDIT},
    "write_off": {"bad_debt": CREDIT},
    "opening": {"opening": DEBIT | CREDIT},
    "transfer": {"clearing": DEBIT | CREDIT},
    "reversal": dict.fromkeys(ACCOUNT_TYPES, DEBIT | CREDIT),
}
NOTHING: tuple[set[str], set[str]] = (set(), set())  # suits a kind that is none

# The text of `entry_hash` in half the time; what it takes that no writer seals comes out as another text.
_as_sealed = TypeAdapter(
    Any, config=ConfigDict(ser_json_bytes="hex", ser_json_inf_nan="constants")
).serializer.to_json


@dataclass
class Replay:
    """Totals of the lines read, keyed as projections are; under each check the names of what is wrong."""

    balances: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    by_day: defaultdict[tuple[Any, str], int] = field(default_factory=lambda: defaultdict(int))
    by_class: defaultdict[tuple[Any, Any, str], int] = field(default_factory=lambda: defaultdict(int))
    wrong: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, check: str, *names: str) -> None:
        """Keep the names under the check, as many as anybody would read."""
        self.wrong[check] += names[: max(0, NAMES_MAX - len(self.wrong[check]))]


def replay(session: Session, *, after: int = 0) -> Replay:
    """Read every entry numbered above `after`, with its lines."""
    found, suiting, numbers = Replay(), _suiting(session), _numbers(session, after)
    before = select(Line.id).where(Line.entry_id <= after).order_by(Line.entry_id.desc(), Line.n.desc())
    last_line = session.scalar(before.limit(1)) or 0
    last_hash = session.scalar(select(Entry.hash).where(Entry.id == after)) or ""
    last_entry = after
    lines = groupby(rows(session, Line, "entry_id", *LINE_HASHED, after=last_line), key=itemgetter(0))
    waiting, group = next(lines, NO_LINES)
    for entry in rows(session, Entry, *ENTRY_HASHED, "hash", after=after):
        number = entry[0]
        if number != last_entry + 1:
            found.note("entry_numbers", f"entry {number}")
        while waiting < number:
            found.note("lines", *(f"line {line[1]}" for line in group))
            waiting, group = next(lines, NO_LINES)
        own: list[Sequence[Any]] = []
        if waiting == number:
            own = [line[1:] for line in group]
            if own[0][0] != last_line + 1 or own[-1][0] != last_line + len(own):
                found.note("lines", f"entry {number}")
            last_line = own[-1][0]
            waiting, group = next(lines, NO_LINES)
        _check_number(found, numbers, entry)
        _check_lines(found, suiting, entry, own)
        if not _is_sealed(last_hash, entry, own):
            found.note("hash_chain", f"entry {number}")
        last_entry, last_hash = number, entry[-1]
    while group:
        found.note("lines", *(f"line {line[1]}" for line in group))
        _, group = next(lines, NO_LINES)
    found.by_class = _by_class(found.by_class)
    return found


def rows(session: Session, model: type[Base], *columns: str, after: int | None = None) -> Iterator[Any]:
    """Columns of a table as the driver gives them, unconverted, few held at a time: dates are text on SQLite.

    With `after`, in order of the ids above it.
    """
    table: Any = model.__table__
    query = select(*(table.c[name] for name in columns))
    if after is not None:
        query = query.where(table.c.id > after).order_by(table.c.id)
    connection = session.connection()
    statement = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = connection.connection.driver_connection
    on_server = {} if connection.dialect.name == "sqlite" else {"name": f"rows_of_{table.name}"}
    with closing(driver.cursor(**on_server)) as cursor:
        if on_server:
            cursor.itersize = ROWS_AT_ONCE
        cursor.execute(statement)
        yield from cursor


def _suiting(session: Session) -> Suiting:
    """The accounts that may be debited and those that may be credited, by the kind of the entry."""
    types = session.execute(select(Account.code, Account.type)).all()
    return {
        kind: (
            {code for code, type_ in types if True in sides.get(type_, ())},
            {code for code, type_ in types if False in sides.get(type_, ())},
        )
        for kind, sides in SUITS.items()
    }


def _numbers(session: Session, after: int) -> dict[Any, Any]:
    """The kind and the last document number of each series through the entry `after`."""
    last = select(Entry.series, func.max(Entry.kind), func.max(Entry.no)).where(Entry.id <= after)
    rows = session.execute(last.where(Entry.series.is_not(None)).group_by(Entry.series))
    return {series: (kind, no) for series, kind, no in rows}


def _by_class(sums: Mapping[tuple[Any, Any, str], int]) -> defaultdict[tuple[int, int, str], int]:
    """As lines name them, None for none, in the keys of `class_total`."""
    found: defaultdict[tuple[int, int, str], int] = defaultdict(int)
    for (term_id, class_id, account), amount in sums.items():
        found[term_id or 0, class_id or 0, account] += amount
    return found


def _check_number(found: Replay, numbers: dict[Any, Any], entry: Sequence[Any]) -> None:
    kind, series, no = entry[1], entry[7], entry[8]
    if not series and kind not in SERIES:
        return
    last_kind, last_no = numbers.get(series, (kind, 0))
    if bool(series) != (kind in SERIES) or (series and (kind, no) != (last_kind, last_no + 1)):
        found.note("document_numbers", wording.document_or_none(series, no) or f"entry {entry[0]}")
    if series:
        numbers[series] = kind, no


def _check_lines(
    found: Replay, suiting: Suiting, entry: Sequence[Any], lines: Sequence[Sequence[Any]]
) -> None:
    number, kind, day, _, _, _, _, _, _, reverses, _, _, _, n_lines, total, _ = entry
    balances, by_day, by_class = found.balances, found.by_day, found.by_class
    debits, credits_ = suiting.get(kind, NOTHING)
    n_found = total_found = 0
    moved = kind == "transfer" and len({line[2] for line in lines}) == 1  # credit re-allocated: no new charge
    charged = reverses is None and not moved
    in_order, suits, dated = True, (kind == "reversal") == (reverses is not None), True
    for _, n, student_id, account, amount, due_date, _, class_id, term_id, _ in lines:
        n_found += 1
        total_found += amount
        balances[student_id] += amount
        by_day[day, account] += amount
        by_class[term_id, class_id, account] += amount
        is_debit = amount > 0
        if n != n_found:
            in_order = False
        if account not in (debits if is_debit else credits_):
            suits = False
        if (due_date is not None) != (is_debit and charged):
            dated = False
    agree = n_found == n_lines and total_found == total and in_order
    clear = kind != "transfer" or total_found == 0
    if agree and suits and dated and clear:
        return
    for check, right in (("lines", agree), ("kinds", suits), ("due_dates", dated), ("clearing", clear)):
        if not right:
            found.note(check, f"entry {number}")


def _is_sealed(previous: str, entry: Sequence[Any], lines: Sequence[Sequence[Any]]) -> bool:
    *values, sealed = entry
    if hashlib.sha256(_as_sealed([previous, values, lines])).hexdigest() == sealed:
        return True
    try:
        return bool(entry_hash(previous, values, lines) == sealed)
    except TypeError:  # a value no writer of ours could have sealed
        return False
