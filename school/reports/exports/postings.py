"""Every entry as ordinary double entry, two postings a line, read in order and never held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, TextIO

from defusedcsv import csv
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school import money
from school.columns import moment_text
from school.ledger import wording
from school.ledger.models import STUDENTS_CONTROL, Entry, Line
from school.ledger.projections import StudentBalance
from school.ledger.queries import accounts
from school.students.models import SchoolClass, Student, Term
from school.students.queries import school, today

ROWS_AT_ONCE = 2_000  # lines held at a time

CSV_COLUMNS = (
    "entry",
    "line",
    "date",
    "recorded_at",
    "kind",
    "document",
    "account",
    "account_name",
    "admission_no",
    "student",
    "amount",
    "currency",
    "due_date",
    "term",
    "class",
    "payer",
    "reference",
    "reason",
    "memo",
    "recorded_by",
)


@dataclass(frozen=True)
class StudentRow:
    """A student and the balance our own books give, minor units, + owes."""

    admission_no: str
    name: str
    balance: int


def first_and_last(session: Session) -> tuple[date, date]:
    """The first and the last accounting date; the school's today twice in empty books."""
    dates: Any = session.execute(select(func.min(Entry.date), func.max(Entry.date))).one()
    return (dates[0], dates[1]) if dates[0] else (today(session), today(session))


def students(session: Session) -> Iterator[StudentRow]:
    """Every student, by admission number."""
    rows = session.execute(
        select(Student.admission_no, Student.name, StudentBalance.balance)
        .join(StudentBalance, StudentBalance.student_id == Student.id)
        .order_by(Student.admission_no),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    return (StudentRow(*row) for row in rows)


def entries(session: Session, *, after: int = 0) -> Iterator[tuple[Any, list[Any]]]:
    """(head, lines) of entries above `after`, in order; a line is a row of `_lines`, head the first one."""
    query = _lines().where(Line.entry_id > after)
    rows = session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    for _, group in groupby(rows, key=attrgetter("entry_id")):
        lines = list(group)
        yield lines[0], lines


def _lines() -> Any:
    return (
        select(
            Line.entry_id,
            Line.n,
            Line.account,
            Line.amount,
            Line.due_date,
            Line.memo,
            Student.admission_no,
            Student.name.label("student"),
            Entry.date,
            Entry.at,
            Entry.kind,
            Entry.series,
            Entry.no,
            Entry.actor,
            Entry.payer,
            Entry.reference,
            Entry.reason,
            Entry.reverses,
            Entry.hash,
            Term.name.label("term"),
            SchoolClass.name.label("class_name"),
        )
        .join(Entry, Entry.id == Line.entry_id)
        .join(Student, Student.id == Line.student_id)
        .outerjoin(Term, Term.id == Line.term_id)
        .outerjoin(SchoolClass, SchoolClass.id == Line.class_id)
        .order_by(Line.entry_id, Line.n)
    )


def facts_of(head: Any) -> Iterator[tuple[str, str]]:
    """What a journal notes of an entry beside its date and postings; only what there is."""
    document = wording.document_or_none(head.series, head.no)
    facts = {
        "entry": str(head.entry_id),
        "kind": head.kind,
        "document": document,
        "reverses": str(head.reverses) if head.reverses else None,
        "payer": head.payer,
        "reference": head.reference,
        "reason": head.reason,
        "recorded_by": head.actor,
        "recorded_at": moment_text(head.at),
        "hash": head.hash,
    }
    return ((name, text) for name, text in facts.items() if text)


def title_of(head: Any) -> str:
    """`Payment · R-000123`: no word of it was typed by anyone."""
    document = wording.document_or_none(head.series, head.no)
    return wording.KIND_NAMES[head.kind] + (f" · {document}" if document else "")


def write_csv(session: Session, out: TextIO, *, after: int = 0) -> None:
    """A row a posting, debits +, in major units; cells a spreadsheet would run as formulas are defused.

    Entries numbered above `after` alone.
    """
    unit = school(session).currency
    names = {STUDENTS_CONTROL: "Students"} | {account.code: account.name for account in accounts(session)}
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for _, lines in entries(session, after=after):
        for line in lines:
            for code, amount in ((STUDENTS_CONTROL, line.amount), (line.account, -line.amount)):
                writer.writerow(_csv_row(line, code, names[code], amount, unit))


def _csv_row(line: Any, code: str, name: str, amount: int, unit: money.Currency) -> tuple[Any, ...]:
    return (
        line.entry_id,
        line.n,
        line.date,
        moment_text(line.at),
        line.kind,
        wording.document_or_none(line.series, line.no),
        code,
        name,
        line.admission_no,
        line.student,
        str(money.major(amount, unit)),
        unit.code,
        line.due_date,
        line.term,
        line.class_name,
        line.payer,
        line.reference,
        line.reason,
        line.memo,
        line.actor,
    )
