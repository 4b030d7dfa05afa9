"""One account as a story: every charge, payment and correction of a period, with the balance after each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, groupby
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from school.languages import ENGLISH, Language
from school.ledger import wording
from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import total
from school.students.models import Student, Term

NO_SCHEME = "CONC"  # a concession of no scheme: service.chart.CONCESSIONS, which a reader does not reach
CHARGED_LINE_BY_LINE = ("bill", "late_fee", "opening")


@dataclass(frozen=True)
class StatementRow:
    """`amount` takes the balance to `balance`, in minor units, + owes. A bill has a row for each charge."""

    entry_id: int
    date: dt.date
    kind: str
    document: str | None
    description: str
    due_date: dt.date | None
    amount: int
    balance: int
    reversed_by: int | None
    reverses: int | None


@dataclass(frozen=True)
class Statement:
    """closing = opening + Σ amounts. Rows go by date, then in the order of posting."""

    opening: int
    rows: list[StatementRow]
    closing: int


def statement(
    session: Session, student_id: int, *, since: dt.date | None = None, until: dt.date | None = None
) -> Statement:
    """The account from `since` to `until`, both inclusive; `opening` is the balance before the first day."""
    opening = before(session, [student_id], since) if since else 0
    rows = [row for _, row in movements(session, [student_id], since, until)]
    running = list(accumulate((row.amount for row in rows), initial=opening))
    rows = [replace(row, balance=after) for row, after in zip(rows, running[1:], strict=True)]
    return Statement(opening, rows, running[-1])


def movements(
    session: Session,
    student_ids: Sequence[int],
    since: dt.date | None,
    until: dt.date | None,
    *,
    language: Language = ENGLISH,
    with_due_date: bool = True,
) -> list[tuple[int, StatementRow]]:
    """(student id, row) of every movement of these students by date; the rows' balances are not yet told.

    A paper says its rows in its own language, and the due date by itself.
    """
    asked = {"students": student_ids, "since": since, "until": until}
    lines = session.execute(_lines(since is not None, until is not None), asked).all()
    transfers = [r for r in lines if r.kind == "transfer"]
    others = _other_students(session, {r.entry_id for r in transfers})
    charges = _charges(session, {r.pays for r in transfers if r.pays is not None}, language)
    rows: list[tuple[int, StatementRow]] = []
    for (entry_id, student_id), group in groupby(lines, key=lambda r: (r.entry_id, r.student_id)):
        of_entry = list(group)
        if of_entry[0].kind in CHARGED_LINE_BY_LINE:
            rows += [
                (student_id, _row([line], wording_of_charge(line, language, with_due_date=with_due_date)))
                for line in of_entry
            ]
        else:
            other = next((name for who, name in others[entry_id] if who != student_id), "")
            rows.append((student_id, _row(of_entry, _wording(of_entry, other, charges, language))))
    return rows


def before(session: Session, student_ids: Sequence[int], since: dt.date) -> int:
    """What these students owed together before a day."""
    return session.scalars(
        select(total(Line.amount))
        .join(Entry, Entry.id == Line.entry_id)
        .where(Line.student_id.in_(student_ids), Entry.date < since)
    ).one()


@lru_cache
def _lines(since: bool, until: bool) -> Select[*tuple[Any, ...]]:
    later, original = aliased(Entry), aliased(Entry)
    query = (
        select(
            Line.entry_id,
            Line.student_id,
            Line.account,
            Line.amount,
            Line.due_date,
            Line.pays,
            Line.memo,
            Account.name.label("account_name"),
            Account.type.label("account_type"),
            Term.name.label("term_name"),
            Entry.date,
            Entry.kind,
            Entry.series,
            Entry.no,
            Entry.reference,
            Entry.reason,
            Entry.reverses,
            later.id.label("reversed_by"),
            original.kind.label("original_kind"),
            original.date.label("original_date"),
            original.series.label("original_series"),
            original.no.label("original_no"),
        )
        .join(Entry, Entry.id == Line.entry_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(Term, Term.id == Line.term_id)
        .outerjoin(later, later.reverses == Entry.id)
        .outerjoin(original, original.id == Entry.reverses)
        .where(Line.student_id.in_(bindparam("students", expanding=True)))
        .order_by(Entry.date, Entry.id, Line.student_id, Line.n)
    )
    if since:
        query = query.where(Entry.date >= bindparam("since"))
    if until:
        query = query.where(Entry.date <= bindparam("until"))
    return query


def _other_students(session: Session, entry_ids: Collection[int]) -> defaultdict[int, list[tuple[int, str]]]:
    """(id, name) of the students at both ends of each transfer."""
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    if entry_ids:
        rows = session.execute(
            select(Line.entry_id, Student.id, Student.name)
            .join(Student, Student.id == Line.student_id)
            .where(Line.entry_id.in_(entry_ids))
        )
        for entry_id, student_id, name in rows:
            found[entry_id].append((student_id, name))
    return found


def _charges(session: Session, line_ids: Collection[int], language: Language) -> dict[int, str]:
    """What the charges are called that a re-allocation goes to."""
    if not line_ids:
        return {}
    rows = session.execute(
        select(
            Line.id,
            Line.due_date,
            Line.memo,
            Account.name.label("account_name"),
            Term.name.label("term_name"),
            Entry.kind,
        )
        .join(Entry, Entry.id == Line.entry_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(Term, Term.id == Line.term_id)
        .where(Line.id.in_(line_ids))
    )
    return {row.id: wording_of_charge(row, language, with_due_date=False) for row in rows}


def _row(lines: list[Any], description: str) -> StatementRow:
    first = lines[0]
    return StatementRow(
        entry_id=first.entry_id,
        date=first.date,
        kind=first.kind,
        document=wording.document_or_none(first.series, first.no),
        description=description,
        due_date=first.due_date if len(lines) == 1 else None,
        amount=sum(line.amount for line in lines),
        balance=0,
        reversed_by=first.reversed_by,
        reverses=first.reverses,
    )


def wording_of_charge(line: Any, language: Language = ENGLISH, *, with_due_date: bool = True) -> str:
    """A line with kind, account_name, term_name, memo and due_date, as a person would call it."""
    due = line.due_date if with_due_date else None
    if line.kind == "bill":
        return wording.charge(
            line.account_name, term=line.term_name, memo=line.memo, due=due, language=language
        )
    return wording.movement(line.kind, what=line.memo or "", due=due, language=language)


def _wording(lines: list[Any], other: str, charges: Mapping[int, str], language: Language) -> str:
    first = lines[0]
    if first.kind == "reversal":
        return wording.reversal(
            first.original_kind,
            first.original_date,
            document=wording.document_or_none(first.original_series, first.original_no),
            reason=first.reason,
            language=language,
        )
    if first.kind == "transfer" and not other:
        to = next((charges[line.pays] for line in lines if line.amount < 0 and line.pays is not None), "")
        return wording.reallocation(first.reference or "", to, first.reason, language)
    return wording.movement(
        first.kind,
        what=_what(lines, other, language),
        document=wording.document_or_none(first.series, first.no),
        reason=first.reason,
        language=language,
    )


def _what(lines: list[Any], other: str, language: Language) -> str:
    """To whom a transfer went, by which tender money came, of which scheme a concession is."""
    first = lines[0]
    if first.kind == "transfer":
        if first.amount > 0:
            return language.say("to {name}", name=other)
        return language.say("from {name}", name=other)
    if first.account_type in ("tender", "income"):
        return wording.together(language.within(line.account_name) for line in lines)
    return wording.together(
        language.say(line.account_name)
        for line in lines
        if line.account_type == "concession" and line.account != NO_SCHEME
    )
