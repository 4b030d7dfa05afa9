"""The whole ledger as a journal that `hledger check --strict` re-adds; each closes with an assertion."""

from __future__ import annotations

import json
import re
from typing import Any, TextIO

from sqlalchemy.orm import Session

from school import money
from school.ledger.queries import accounts
from school.reports.exports import naming, postings
from school.students.queries import school

# a comment's own syntax (tags, dates in brackets) and what ends a line anywhere
_SYNTAX = re.compile(r"[:,\[\];\x7f-\x9f\u2028\u2029]")


def write(session: Session, out: TextIO) -> None:
    """Students are `Assets:Students:<admission number>`; what people typed is quoted as JSON in comments."""
    facts, chart = school(session), accounts(session)
    unit, names = facts.currency, naming.account_names(chart)
    _, last = postings.first_and_last(session)
    out.write(f"; {quoted(facts.name)}\n\ndecimal-mark .\ncommodity {_sample(unit)} {unit.code}\n\n")
    for account in chart:
        out.write(f"account {names[account.code]}\n")
        out.write(f"  ; code: {quoted(account.code)}\n  ; name: {quoted(account.name)}\n")
    for student in postings.students(session):
        out.write(f"account {_student(student.admission_no)}\n")
        out.write(f"  ; admission_no: {quoted(student.admission_no)}\n  ; name: {quoted(student.name)}\n")
    out.writelines("\n" + _transaction(head, lines, names, unit) for head, lines in postings.entries(session))
    out.write(f"\n{last} * Closing balances\n")
    for student in postings.students(session):
        amount = money.major(student.balance, unit)
        out.write(f"    {_student(student.admission_no)}  0 {unit.code} = {amount} {unit.code}\n")


def quoted(text: str) -> str:
    """A JSON string on one line, with nothing that a hledger comment would act upon."""
    plain = json.dumps(text, ensure_ascii=False)
    return _SYNTAX.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)


def _sample(unit: money.Currency) -> str:
    return f"1000.{'0' * unit.exponent}"


def _student(admission_no: str) -> str:
    return f"{naming.STUDENTS}:{naming.hledger_part(admission_no)}"


def _transaction(head: Any, lines: list[Any], names: dict[str, str], unit: money.Currency) -> str:
    rows = [f"{head.date} * {postings.title_of(head)}"]
    rows += [f"    ; {name}: {quoted(text)}" for name, text in postings.facts_of(head)]
    for line in lines:
        rows.append(f"    {_student(line.admission_no)}  {money.major(line.amount, unit)} {unit.code}")
        rows += [f"    ; due: {quoted(line.due_date.isoformat())}"] if line.due_date else []
        rows += [f"    ; memo: {quoted(line.memo)}"] if line.memo else []
        rows.append(f"    {names[line.account]}  {money.major(-line.amount, unit)} {unit.code}")
    return "\n".join(rows) + "\n"
