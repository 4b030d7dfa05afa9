"""The facts of statements, invoices and reminders, read set by set: one as cheaply as a thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from school.documents.letterhead import Letterhead
from school.documents.statement import Ageing, DueCharge, Movement, StatementFacts, StatementStudent
from school.errors import BadDate, NotFound
from school.languages import Language
from school.ledger import queries as ledger
from school.ledger.queries import OpenCharge, StatementRow
from school.ledger.queries.allocation import balances
from school.ledger.queries.statement import movements
from school.reports.ageing import BUCKETS, bucket_of
from school.reports.invoices import invoices
from school.reports.letterheads import charge_name, families, letterhead, parts
from school.reports.reminders import reminders
from school.students import queries as students
from school.students.queries import StudentFacts

__all__ = [
    "family_statement",
    "family_statements",
    "invoices",
    "letterhead",
    "reminders",
    "student_statements",
]


def student_statements(
    session: Session, student_ids: Sequence[int], since: date | None = None, until: date | None = None
) -> Iterator[StatementFacts]:
    """A statement of each student in the order given, from `since` to `until` or today, both inclusive.

    Raises BadDate for a period that ends before it begins.
    """
    head, as_at = letterhead(session), _last_day(session, since, until)
    for some in parts(student_ids):
        accounts = _accounts(session, some, since, as_at, head.language)
        guardians = students.guardians_of(session, some)
        for student_id in some:
            if student_id in accounts:
                first = guardians.get(student_id)
                to = first[0].name if first else ""
                yield _statement(head, to, since, as_at, [accounts[student_id]])


def family_statements(
    session: Session, family_ids: Sequence[int], since: date | None = None, until: date | None = None
) -> Iterator[StatementFacts]:
    """A statement of each family in the order given, of all its children. A child who is not at school is
    left out while nothing is owed or told of it; a family without children has no statement.
    """
    return (facts for _, facts in by_family(session, family_ids, since, until))


def by_family(
    session: Session, family_ids: Sequence[int], since: date | None = None, until: date | None = None
) -> Iterator[tuple[int, StatementFacts]]:
    """The same, each with the family's id."""
    head, as_at = letterhead(session), _last_day(session, since, until)
    for some in parts(family_ids):
        names, children = families(session, some)
        every = [child for family_id in some for child in children.get(family_id, [])]
        accounts = _accounts(session, every, since, as_at, head.language)
        for family_id in some:
            told = [accounts[child] for child in children.get(family_id, [])]
            kept = [one for one in told if one.counts] or told
            if kept:
                yield family_id, _statement(head, names[family_id], since, as_at, kept)


def family_statement(
    session: Session, family_id: int, since: date | None = None, until: date | None = None
) -> StatementFacts:
    """Raises NotFound for a family without students."""
    found = next(family_statements(session, [family_id], since, until), None)
    if found is None:
        raise NotFound("There is no such family account.")
    return found


def _last_day(session: Session, since: date | None, until: date | None) -> date:
    """No entry is dated after today, so a statement does not end after it."""
    if since and until and until < since:
        raise BadDate("The period ends before it begins.", field="until")
    today = students.today(session)
    return min(until, today) if until else today


@dataclass(frozen=True)
class _Account:
    student: StudentFacts
    opening: int
    rows: list[StatementRow]
    open: list[OpenCharge]

    @property
    def closing(self) -> int:
        return self.opening + sum(row.amount for row in self.rows)

    @property
    def counts(self) -> bool:
        return self.student.status == "enrolled" or bool(self.rows or self.opening)


def _accounts(
    session: Session, student_ids: Sequence[int], since: date | None, as_at: date, language: Language
) -> dict[int, _Account]:
    opening: dict[int, int] = {}
    if since:
        before = session.execute(balances(as_at=since - timedelta(days=1), students=student_ids))
        opening = dict(before.all())
    rows: dict[int, list[StatementRow]] = {}
    for student_id, row in movements(
        session, student_ids, since, as_at, language=language, with_due_date=False
    ):
        rows.setdefault(student_id, []).append(row)
    still_open = ledger.open_charges_of(session, student_ids, as_at=as_at)
    return {
        i: _Account(facts, opening.get(i, 0), rows.get(i, []), still_open.get(i, []))
        for i, facts in students.by_ids(session, student_ids).items()
    }


def _statement(
    head: Letterhead, to: str, since: date | None, as_at: date, accounts: Sequence[_Account]
) -> StatementFacts:
    return StatementFacts(
        head=head,
        to=to,
        since=since,
        as_at=as_at,
        students=tuple(_student(account, head.language) for account in accounts),
        ageing=_ageing(accounts),
    )


def _student(account: _Account, language: Language) -> StatementStudent:
    told, balance = [], account.opening
    for row in account.rows:
        balance += row.amount
        told.append(Movement(row.date, _what(row, language), row.due_date, row.amount, balance))
    return StatementStudent(
        admission_no=account.student.admission_no,
        name=account.student.name,
        class_name=account.student.class_name,
        opening_minor=account.opening,
        movements=tuple(told),
        closing_minor=balance,
        open_charges=tuple(DueCharge(charge_name(c, language), c.due_date, c.open) for c in account.open),
    )


def _what(row: StatementRow, language: Language) -> str:
    if row.reversed_by is None:
        return row.description
    return language.say("{what} (reversed)", what=row.description)


def _ageing(accounts: Iterable[_Account]) -> Ageing:
    sums = dict.fromkeys(BUCKETS, 0)
    credit = 0
    for account in accounts:
        credit += max(0, -account.closing)
        for charge in account.open:
            sums[bucket_of(charge.days_overdue)] += charge.open
    return Ageing(**sums, credit=credit)
