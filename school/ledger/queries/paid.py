"""What a payment took off each charge, at the moment it was recorded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from school.languages import ENGLISH, Language
from school.ledger.models import Account, Entry, Line
from school.ledger.queries.allocation import open_items
from school.ledger.queries.statement import wording_of_charge
from school.students.models import Term


@dataclass(frozen=True)
class PaidItem:
    """What the payment took off one charge."""

    admission_no: str
    kind: str
    account_name: str
    term_name: str | None
    memo: str | None
    due_date: dt.date
    amount: int

    @property
    def description(self) -> str:
        return self.called(ENGLISH)

    def called(self, language: Language) -> str:
        """The charge; its due date has a column of its own."""
        return wording_of_charge(self, language, with_due_date=False)


def paid_items(session: Session, entry_id: int, students: dict[int, str]) -> tuple[PaidItem, ...]:
    """What is open without the payment less what is open with it, charge by charge."""
    order = list(students)
    asked = {"before": entry_id - 1, "entry": entry_id, "students": order}
    rows: list[Any] = sorted(session.execute(_paid(), asked), key=lambda row: order.index(row.student_id))
    return tuple(
        PaidItem(
            students[row.student_id],
            row.kind,
            row.account_name,
            row.term_name,
            row.memo,
            row.due_date,
            row.paid,
        )
        for row in rows
    )


@lru_cache  # built once: that takes five times as long as reading it
def _paid() -> Select[*tuple[Any, ...]]:
    students: Any = bindparam("students", expanding=True)
    before = open_items(through_entry=bindparam("before"), students=students)
    after = open_items(through_entry=bindparam("entry"), students=students)
    paid = before.c.open - func.coalesce(after.c.open, 0)
    return (
        select(
            Line.student_id,
            Line.due_date,
            Line.memo,
            Line.account,
            Account.name.label("account_name"),
            Term.name.label("term_name"),
            Entry.kind,
            paid.label("paid"),
        )
        .select_from(before)
        .outerjoin(after, after.c.line_id == before.c.line_id)
        .join(Line, Line.id == before.c.line_id)
        .join(Entry, Entry.id == Line.entry_id)
        .join(Account, Account.code == Line.account)
        .outerjoin(Term, Term.id == Line.term_id)
        .where(paid > 0)
        .order_by(Line.due_date, Line.id)
    )
