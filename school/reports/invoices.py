"""The facts of invoices: bills as they were posted, and the accounts right after them: a reprint agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session, aliased

from school.documents.invoice import Charge, Concession, Instalment, InvoiceFacts
from school.documents.letterhead import Letterhead
from school.documents.rules import check_code
from school.languages import Language
from school.ledger import wording
from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import balances, open_items, total
from school.ledger.queries.statement import wording_of_charge
from school.reports.letterheads import letterhead, parts
from school.students import queries as students
from school.students.models import Term

KINDS = ("bill", "late_fee")


def invoices(session: Session, entry_ids: Sequence[int]) -> Iterator[InvoiceFacts]:
    """The invoice of each bill or late fee in the order given, one for every student in it."""
    head = letterhead(session)
    for some in parts(entry_ids):
        lines = _lines(session, some)
        after: dict[tuple[int, int], _After] = {}
        for once in _without_repeats(lines):
            after |= _after(session, once)
        people = students.by_ids(session, {student_id for _, student_id in lines})
        guardians = students.guardians_of(session, people)
        for entry_id in some:
            for key in (key for key in lines if key[0] == entry_id):
                first = guardians.get(key[1])
                to = first[0].name if first else ""
                yield _invoice(head, to, people[key[1]], lines[key], after[key])


Key = tuple[int, int]  # an entry, and a student in it
_After = tuple[int, tuple[Instalment, ...]]  # the balance, and what is open of it by due date


def _lines(session: Session, entry_ids: Sequence[int]) -> dict[Key, list[Any]]:
    later = aliased(Entry)
    rows = session.execute(
        select(
            Line.entry_id,
            Line.student_id,
            Line.id.label("line_id"),
            Line.amount,
            Line.due_date,
            Line.pays,
            Line.memo,
            Account.name.label("account_name"),
            Term.name.label("term_name"),
            Entry.kind,
            Entry.date,
            Entry.hash,
            later.date.label("reversed_on"),
            later.reason.label("reversed_why"),
        )
        .join(Entry, Entry.id == Line.entry_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(Term, Term.id == Line.term_id)
        .outerjoin(later, later.reverses == Entry.id)
        .where(Line.entry_id.in_(entry_ids), Entry.kind.in_(KINDS))
        .order_by(Line.entry_id, Line.n)
    )
    found: defaultdict[Key, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.entry_id, row.student_id].append(row)
    return found


def _without_repeats(keys: Sequence[Key] | dict[Key, Any]) -> Iterator[list[Key]]:
    """The keys in rounds in which no student occurs twice: each account is read as at one entry at a time."""
    rounds: list[dict[int, Key]] = []
    for key in keys:
        free = next((one for one in rounds if key[1] not in one), None)
        if free is None:
            rounds.append(free := {})
        free[key[1]] = key
    return (list(one.values()) for one in rounds)


def _after(session: Session, keys: Sequence[Key]) -> dict[Key, _After]:
    """Each account right after the entry."""
    own = {student_id: entry_id for entry_id, student_id in keys}
    through = _through(own)
    held = session.execute(balances(through_entry=through, students=own))
    balance = dict(held.all())
    items = open_items(through_entry=through, students=own)
    open_: defaultdict[int, list[Instalment]] = defaultdict(list)
    rows = session.execute(
        select(items.c.student_id, items.c.due_date, total(items.c.open))
        .group_by(items.c.student_id, items.c.due_date)
        .order_by(items.c.student_id, items.c.due_date)
    )
    for student_id, due, amount in rows:
        open_[student_id].append(Instalment(due, amount))
    return {
        (entry_id, student_id): (balance[student_id], tuple(open_[student_id]))
        for student_id, entry_id in own.items()
    }


def _through(own: dict[int, int]) -> Subquery:
    return (
        select(Line.student_id, func.max(Line.entry_id).label("entry_id"))
        .where(Line.entry_id.in_(own.values()), Line.student_id.in_(own))
        .group_by(Line.student_id)
        .subquery()
    )


def _invoice(
    head: Letterhead, to: str, student: students.StudentFacts, lines: Sequence[Any], after: _After
) -> InvoiceFacts:
    first = lines[0]
    charged = {line.line_id for line in lines if line.amount > 0}
    less: defaultdict[int | None, list[Concession]] = defaultdict(list)
    for line in lines:
        if line.amount < 0:
            charge = line.pays if line.pays in charged else None
            less[charge].append(Concession(head.say(line.account_name), -line.amount))
    billed = sum(line.amount for line in lines)
    return InvoiceFacts(
        head=head,
        number=str(first.entry_id),
        date=first.date,
        check_code=check_code(first.hash),
        to=to,
        admission_no=student.admission_no,
        name=student.name,
        class_name=student.class_name,
        charges=tuple(
            Charge(
                wording_of_charge(line, head.language, with_due_date=False),
                line.due_date,
                line.amount,
                tuple(less[line.line_id]),
            )
            for line in lines
            if line.amount > 0
        ),
        concessions=tuple(less[None]),
        total_minor=billed,
        before_minor=after[0] - billed,
        instalments=after[1],
        reversed_by=_reversed(first.reversed_on, first.reversed_why, head.language),
    )


def _reversed(on: date | None, why: str | None, language: Language) -> str | None:
    return wording.reversed_on(on, why or "", language) if on else None
