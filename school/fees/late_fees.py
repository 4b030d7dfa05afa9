"""What being late costs on a day, beyond what was charged for it: a flat fee once for each charge and rule,
and interest for what the days since the due date come to.

Only what is open on that day is charged, and never a late fee itself.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from school.db import among
from school.errors import NotFound
from school.fees.late_fee_rules import rules_in_use
from school.fees.lateness import Account, Movement, RuleTerms, cost, still_to_charge
from school.fees.models import LateFeeLine, LateFeeWaiver
from school.fees.rules import LateFee
from school.languages import Language, unmarked
from school.ledger import wording
from school.ledger.models import Account as LedgerAccount
from school.ledger.models import Entry, Line
from school.ledger.projections import OpenItem
from school.ledger.service.chart import LATE_FEES
from school.students.models import SchoolClass, Student


@dataclass(frozen=True)
class Overdue:
    """An overdue charge with what one rule adds to it now."""

    student_id: int
    admission_no: str
    name: str
    class_name: str
    charge_id: int
    head: str
    due_date: dt.date
    days: int
    open: int
    rule_id: int
    rule: str
    fee: LateFee

    def memo(self, language: Language) -> str:
        """What stands on the account for it."""
        said = language.count(
            "{rule}: {head} due {day}, {n} day late",
            "{rule}: {head} due {day}, {n} days late",
            self.days,
            rule=self.rule,
            head=language.say(self.head),
            day=wording.day(self.due_date, language),
        )
        return unmarked(said)


@dataclass(frozen=True)
class ChargeFacts:
    """A charge, what stands charged for being late with it, and why that was waived, if it was."""

    charge_id: int
    student_id: int
    name: str
    head: str
    due_date: dt.date
    waived: str | None
    charged: int


@dataclass(frozen=True)
class _Charge:
    line_id: int
    student_id: int
    admission_no: str
    name: str
    class_name: str
    head: str
    due_date: dt.date


def overdue(session: Session, *, through: dt.date, students: Collection[int] | None = None) -> list[Overdue]:
    """What a run of this day would charge, of everybody or of these students, by student and due date."""
    rules = rules_in_use(session)
    if not rules:
        return []
    charges = _charges(session, rules, through, students)
    accounts = _accounts(session, {charge.student_id for charge in charges}, through)
    charged = _charged(session, [charge.line_id for charge in charges])
    found = []
    for charge in charges:
        account = accounts[charge.student_id]
        for rule in rules:
            if rule.is_for(charge.due_date):
                before = charged.get((charge.line_id, rule.id), LateFee(0, 0))
                fee = _fee(rule, charge, account, before, through)
                if fee.total:
                    found.append(_overdue(rule, charge, account, fee, through))
    return found


def _fee(rule: RuleTerms, charge: _Charge, account: Account, before: LateFee, through: dt.date) -> LateFee:
    in_all = cost(
        rule,
        open_minor=account.open_on(charge.line_id, through),
        days_overdue=(through - charge.due_date).days,
        minor_days=account.minor_days(charge.line_id, charge.due_date, through) if rule.rate_bp_a_year else 0,
    )
    return still_to_charge(in_all, before)


def _overdue(rule: RuleTerms, charge: _Charge, account: Account, fee: LateFee, through: dt.date) -> Overdue:
    return Overdue(
        charge.student_id,
        charge.admission_no,
        charge.name,
        charge.class_name,
        charge.line_id,
        charge.head,
        charge.due_date,
        (through - charge.due_date).days,
        account.open_on(charge.line_id, through),
        rule.id,
        rule.name,
        fee,
    )


def charge(session: Session, charge_id: int) -> ChargeFacts:
    """Raises NotFound for what is no charge."""
    row: Any = session.execute(
        select(
            Line.id, Line.student_id, Student.name, LedgerAccount.name, Line.due_date, LateFeeWaiver.reason
        )
        .join(Student, Student.id == Line.student_id)
        .join(LedgerAccount, LedgerAccount.code == Line.account)
        .outerjoin(LateFeeWaiver, LateFeeWaiver.charge_id == Line.id)
        .where(Line.id == charge_id, Line.due_date.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such charge.", field="charge")
    charged = sum(fee.total for fee in _charged(session, [charge_id]).values())
    return ChargeFacts(*[*row, charged])


def next_students(session: Session, *, through: dt.date, after: int, count: int) -> list[int]:
    """The next students, by id, who have a charge that some rule looks at."""
    query = (
        select(OpenItem.student_id)
        .join(Student, Student.id == OpenItem.student_id)
        .where(OpenItem.student_id > after, OpenItem.due_date < through, Student.status != "left")
        .distinct()
        .order_by(OpenItem.student_id)
        .limit(count)
    )
    return list(session.scalars(query))


def _charges(
    session: Session, rules: Sequence[RuleTerms], through: dt.date, students: Collection[int] | None
) -> list[_Charge]:
    last = through - dt.timedelta(days=1 + min(rule.grace_days for rule in rules))
    query = (
        select(
            OpenItem.line_id,
            OpenItem.student_id,
            Student.admission_no,
            Student.name,
            func.coalesce(SchoolClass.name, ""),
            LedgerAccount.name,
            OpenItem.due_date,
        )
        .join(Line, Line.id == OpenItem.line_id)
        .join(LedgerAccount, LedgerAccount.code == Line.account)
        .join(Student, Student.id == OpenItem.student_id)
        .outerjoin(SchoolClass, SchoolClass.id == Student.class_id)
        .outerjoin(LateFeeWaiver, LateFeeWaiver.charge_id == OpenItem.line_id)
        .where(
            OpenItem.due_date <= last,
            OpenItem.due_date >= min(rule.due_from for rule in rules),
            Line.account != LATE_FEES,
            Student.status != "left",
            LateFeeWaiver.charge_id.is_(None),
        )
        .order_by(Student.sort_name, Student.id, OpenItem.due_date, OpenItem.line_id)
    )
    if students is not None:
        query = query.where(among(OpenItem.student_id, students))
    rows: Iterable[Any] = session.execute(query)
    return [_Charge(*row) for row in rows]


def _accounts(session: Session, student_ids: Collection[int], through: dt.date) -> dict[int, Account]:
    movements: defaultdict[int, list[Movement]] = defaultdict(list)
    query = (
        select(Line.student_id, Line.id, Entry.date, Line.amount, Line.due_date, Line.pays)
        .join(Entry, Entry.id == Line.entry_id)
        .where(among(Line.student_id, student_ids), Entry.date <= through)
    )
    rows: Iterable[Any] = session.execute(query)
    for student_id, *movement in rows:
        movements[student_id].append(Movement(*movement))
    return {student_id: Account(movements[student_id]) for student_id in student_ids}


def _charged(session: Session, charge_ids: Sequence[int]) -> Mapping[tuple[int, int], LateFee]:
    """By charge and rule, what runs that stand have charged for being late."""
    undone = aliased(Entry)
    query = (
        select(
            LateFeeLine.charge_id,
            LateFeeLine.rule_id,
            func.sum(LateFeeLine.flat),
            func.sum(LateFeeLine.interest),
        )
        .join(Line, Line.id == LateFeeLine.line_id)
        .outerjoin(undone, undone.reverses == Line.entry_id)
        .where(among(LateFeeLine.charge_id, charge_ids), undone.id.is_(None))
        .group_by(LateFeeLine.charge_id, LateFeeLine.rule_id)
    )
    return {
        (charge_id, rule_id): LateFee(int(flat), int(by_the_day))
        for charge_id, rule_id, flat, by_the_day in session.execute(query)
    }
