"""The whole ledger as a Beancount file that `bean-check` re-adds; each student closes with an assertion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TextIO

from sqlalchemy.orm import Session

from school import money
from school.ledger.queries import accounts
from school.reports.exports import naming, postings
from school.students.queries import school

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\n"}


def write(session: Session, out: TextIO) -> None:
    """Students are `Assets:Students:<admission number>`; `admission_no` is what the school writes."""
    facts, chart = school(session), accounts(session)
    unit, names = facts.currency, naming.account_names(chart)
    first, last = postings.first_and_last(session)
    out.write(f'option "title" {quoted(facts.name)}\noption "operating_currency" "{unit.code}"\n\n')
    for account in chart:
        out.write(f"{first} open {names[account.code]} {unit.code}\n")
        out.write(f"  code: {quoted(account.code)}\n  name: {quoted(account.name)}\n")
    for student in postings.students(session):
        out.write(f"{first} open {_student(student.admission_no)} {unit.code}\n")
        out.write(f"  admission_no: {quoted(student.admission_no)}\n  name: {quoted(student.name)}\n")
    out.writelines("\n" + _transaction(head, lines, names, unit) for head, lines in postings.entries(session))
    out.write("\n")
    for student in postings.students(session):
        amount = money.major(student.balance, unit)
        day = last + timedelta(days=1)  # a balance is as at the beginning of its day
        out.write(f"{day} balance {_student(student.admission_no)}  {amount} ~ 0 {unit.code}\n")


def quoted(text: str) -> str:
    """A string of Beancount; control characters but tabs and newlines become spaces."""
    return '"' + "".join(_ESCAPES.get(c, c if c >= " " and c != "\x7f" else " ") for c in text) + '"'


def _student(admission_no: str) -> str:
    return f"{naming.STUDENTS}:{naming.beancount_part(admission_no)}"


def _transaction(head: Any, lines: list[Any], names: dict[str, str], unit: money.Currency) -> str:
    rows = [f"{head.date} * {quoted(postings.title_of(head))}"]
    rows += [f"  {name}: {quoted(text)}" for name, text in postings.facts_of(head)]
    for line in lines:
        rows.append(f"  {_student(line.admission_no)}  {money.major(line.amount, unit)} {unit.code}")
        rows += [f"    due: {line.due_date}"] if line.due_date else []
        rows += [f"    memo: {quoted(line.memo)}"] if line.memo else []
        rows.append(f"  {names[line.account]}  {money.major(-line.amount, unit)} {unit.code}")
    return "\n".join(rows) + "\n"
