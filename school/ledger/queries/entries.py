"""The rows behind every figure: which entries it is made of, and one entry with all its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, select
from sqlalchemy.orm import Session, aliased

from school.errors import NotFound
from school.ledger import wording
from school.ledger.models import Account, Entry, Line
from school.ledger.projections import DayTotal
from school.ledger.queries.allocation import total
from school.students.models import SchoolClass, Student, Term

ROWS_PER_PAGE = 50  # beyond this the browser is slow


@dataclass(frozen=True)
class LineFacts:
    """`amount` is minor units, + = the student owes more; class and term are as at posting."""

    line_id: int
    n: int
    student_id: int
    admission_no: str
    student_name: str
    class_name: str | None
    term_name: str | None
    account: str
    account_name: str
    amount: int
    due_date: date | None
    pays: int | None
    memo: str | None


@dataclass(frozen=True)
class EntryFacts:
    """One sealed event; total = Σ line amounts."""

    entry_id: int
    kind: str
    date: date
    at: datetime
    actor: str
    request_id: str
    document: str | None
    reverses: int | None
    reversed_by: int | None
    payer: str | None
    reference: str | None
    reason: str | None
    total: int
    hash: str
    lines: tuple[LineFacts, ...]

    @property
    def called(self) -> str:
        """`Payment`; a transfer within one student's account is a re-allocation."""
        within = self.kind == "transfer" and len({line.student_id for line in self.lines}) == 1
        return "Re-allocation" if within else wording.KIND_NAMES[self.kind]


@dataclass(frozen=True)
class EntryRow:
    """`amount` is of the matching lines only (+ = owes more), so the rows of a figure add up to it."""

    entry_id: int
    date: date
    at: datetime
    kind: str
    document: str | None
    actor: str
    reason: str | None
    students: str
    accounts: str
    amount: int
    reversed: bool


@dataclass(frozen=True)
class EntryPage:
    """`matches` entries in all, whose matching lines add up to `total`; `rows` are one page of them."""

    rows: list[EntryRow]
    matches: int
    total: int


def entry(session: Session, entry_id: int) -> EntryFacts:
    """One entry and its lines. Raises NotFound."""
    later = aliased(Entry)
    found = session.execute(
        select(Entry, later.id).outerjoin(later, later.reverses == Entry.id).where(Entry.id == entry_id)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no entry {entry_id}.")
    e, reversed_by = found
    return EntryFacts(
        entry_id=e.id,
        kind=e.kind,
        date=e.date,
        at=e.at,
        actor=e.actor,
        request_id=e.request_id,
        document=wording.document_or_none(e.series, e.no),
        reverses=e.reverses,
        reversed_by=reversed_by,
        payer=e.payer,
        reference=e.reference,
        reason=e.reason,
        total=e.total,
        hash=e.hash,
        lines=_lines(session, entry_id),
    )


def _lines(session: Session, entry_id: int) -> tuple[LineFacts, ...]:
    rows: Iterable[Any] = session.execute(
        select(
            Line.id,
            Line.n,
            Line.student_id,
            Student.admission_no,
            Student.name,
            SchoolClass.name,
            Term.name,
            Line.account,
            Account.name,
            Line.amount,
            Line.due_date,
            Line.pays,
            Line.memo,
        )
        .join(Student, Student.id == Line.student_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(SchoolClass, SchoolClass.id == Line.class_id)
        .outerjoin(Term, Term.id == Line.term_id)
        .where(Line.entry_id == entry_id)
        .order_by(Line.n)
    )
    return tuple(LineFacts(*row) for row in rows)


def entry_of_request(session: Session, request_id: str) -> int | None:
    """The entry that this form has already brought about, or None."""
    return session.scalar(select(Entry.id).where(Entry.request_id == request_id))


_LAST = select(func.max(Entry.id))


def last_entry(session: Session) -> int:
    """The number of the last entry, which is how many there are: entries are numbered without a gap."""
    return session.scalar(_LAST) or 0


def entries(
    session: Session,
    *,
    since: date | None = None,
    until: date | None = None,
    account: str | Sequence[str] | None = None,
    account_type: str | None = None,
    kind: str | None = None,
    class_id: int | None = None,
    term_id: int | None = None,
    student_id: int | None = None,
    actor_id: int | None = None,
    after: int | None = None,
    through: int | None = None,
    limit: int = ROWS_PER_PAGE,
    offset: int = 0,
) -> EntryPage:
    """Entries that match everything given, latest date first. Dates are inclusive.

    `after` and `through` are numbers of entries, the second of them included.
    `class_id` and `term_id` are as at posting, 0 for lines without one: the keys of `class_total`.
    """
    asked: Iterable[tuple[Any, Callable[[Any], ColumnElement[bool]]]] = (
        (since, Entry.date.__ge__),
        (until, Entry.date.__le__),
        (kind, Entry.kind.__eq__),
        (actor_id, Entry.actor_id.__eq__),
        (after, Entry.id.__gt__),
        (through, Entry.id.__le__),
    )
    of_entry = [matches_of(value) for value, matches_of in asked if value is not None]
    of_line: list[ColumnElement[bool]] = []
    if account is not None:
        of_line.append(Line.account.in_([account] if isinstance(account, str) else account))
    if account_type is not None:
        of_line.append(Line.account.in_(select(Account.code).where(Account.type == account_type)))
    if class_id is not None:
        of_line.append(Line.class_id == class_id if class_id else Line.class_id.is_(None))
    if term_id is not None:
        of_line.append(Line.term_id == term_id if term_id else Line.term_id.is_(None))
    if student_id is not None:
        of_line.append(Line.student_id == student_id)
    only_dates = not of_line and len(of_entry) == (since is not None) + (until is not None)
    matches, amount = (
        _totals_of_days(session, since, until) if only_dates else _totals(session, of_entry, of_line)
    )
    page = _page(of_entry, of_line, by_line=student_id is not None).limit(limit).offset(offset)
    return EntryPage(_rows(session, list(session.scalars(page)), of_line), matches, amount)


def _totals_of_days(session: Session, since: date | None, until: date | None) -> tuple[int, int]:
    """Of all entries of some days, or of all days: what they come to is kept by day."""
    first, last = since or date.min, until or date.max
    amount = session.scalars(select(total(DayTotal.amount)).where(DayTotal.date.between(first, last))).one()
    if since is None and until is None:
        return last_entry(session), amount
    counted = select(func.count()).where(Entry.date.between(first, last))
    return session.scalar(counted) or 0, amount


def _totals(
    session: Session, of_entry: list[ColumnElement[bool]], of_line: list[ColumnElement[bool]]
) -> tuple[int, int]:
    if not of_line:
        row = session.execute(select(func.count(), total(Entry.total)).where(*of_entry)).one()
    else:
        query = select(func.count(distinct(Line.entry_id)), total(Line.amount)).where(*of_line)
        if of_entry:
            query = query.join(Entry, Entry.id == Line.entry_id).where(*of_entry)
        row = session.execute(query).one()
    return row[0], row[1]


def _page(
    of_entry: list[ColumnElement[bool]], of_line: list[ColumnElement[bool]], *, by_line: bool
) -> Select[int]:
    query = select(Entry.id).where(*of_entry).order_by(Entry.date.desc(), Entry.id.desc())
    if by_line:  # one student's lines are few: start from them
        return query.where(Entry.id.in_(select(Line.entry_id).where(*of_line)))
    if of_line:  # many lines: walk the dates backwards and stop when the page is full
        return query.where(exists().where(Line.entry_id == Entry.id, *of_line))
    return query


def _rows(session: Session, entry_ids: list[int], of_line: list[ColumnElement[bool]]) -> list[EntryRow]:
    later = aliased(Entry)
    found = session.execute(
        select(
            Entry.id,
            Entry.date,
            Entry.at,
            Entry.kind,
            Entry.series,
            Entry.no,
            Entry.actor,
            Entry.reason,
            later.id.label("reversed_by"),
        )
        .outerjoin(later, later.reverses == Entry.id)
        .where(Entry.id.in_(entry_ids))
    )
    by_id = {row.id: row for row in found}
    students: defaultdict[int, list[str]] = defaultdict(list)
    accounts: defaultdict[int, list[str]] = defaultdict(list)
    amounts: defaultdict[int, int] = defaultdict(int)
    lines = session.execute(
        select(Line.entry_id, Student.name, Account.name, Line.amount)
        .join(Student, Student.id == Line.student_id)
        .join(Account, Account.code == Line.account)
        .where(and_(Line.entry_id.in_(entry_ids), *of_line))
        .order_by(Line.entry_id, Line.n)
    )
    for entry_id, student, account, amount in lines:
        students[entry_id].append(student)
        accounts[entry_id].append(account)
        amounts[entry_id] += amount
    return [_row(by_id[i], students[i], accounts[i], amounts[i]) for i in entry_ids]


def _row(found: Any, students: list[str], accounts: list[str], amount: int) -> EntryRow:
    return EntryRow(
        entry_id=found.id,
        date=found.date,
        at=found.at,
        kind=found.kind,
        document=wording.document_or_none(found.series, found.no),
        actor=found.actor,
        reason=found.reason,
        students=wording.together(students),
        accounts=wording.together(accounts),
        amount=amount,
        reversed=found.reversed_by is not None,
    )
