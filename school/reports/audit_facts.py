"""What the audit log keeps as numbers, told by name: which student, which class, how much money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from school import money
from school.fees.models import InstalmentPlan
from school.ledger.models import Account
from school.money import Currency
from school.students import policies
from school.students import queries as students
from school.students.models import SchoolClass, Term, Year
from school.students.payers import percent

AMOUNTS = {
    "amount",
    "amount_minor",
    "flat",
    "cap",
    "least_open",
    "total",
    "expected",
    "counted",
    "cash_float",
}
AMOUNTS |= {name for name, policy in policies.POLICIES.items() if not policy.years}

Facts = Mapping[str, Any]

_ACCOUNTS = ("account", "head", "scheme", "tender")
# What is few in any school, by the key of the facts and its number or its code: one statement, built once.
_NAMES = union_all(
    select(literal("class_id"), SchoolClass.id, literal(""), SchoolClass.name),
    select(literal("year_id"), Year.id, literal(""), Year.name),
    select(literal("term_id"), Term.id, literal(""), Term.name + " " + Year.name).join(
        Year, Year.id == Term.year_id
    ),
    select(literal("plan_id"), InstalmentPlan.id, literal(""), InstalmentPlan.name),
    select(literal("account"), literal(0), Account.code, Account.name),
)


@dataclass(frozen=True)
class Names:
    """Names by kind and number, as of now, and how the school writes amounts."""

    of: Mapping[str, Mapping[object, str]]
    unit: Currency
    locale: str

    def told(self, facts: Facts | None) -> dict[str, Any] | None:
        return None if facts is None else {key: self._value(key, value) for key, value in facts.items()}

    def _value(self, key: str, value: Any) -> Any:
        if type(value) is int and key in AMOUNTS:
            return money.show(value, self.unit, self.locale)
        if type(value) is int and "_bp" in key:
            return percent(value)
        if isinstance(value, int | str):
            return self.of.get(key, {}).get(value, value)
        return value


def names(session: Session, facts: Iterable[Facts | None]) -> Names:
    """What these facts need: read once for a page of the log."""
    ids = {one["student_id"] for one in facts if one and isinstance(one.get("student_id"), int)}
    of: dict[str, dict[object, str]] = defaultdict(dict)
    of["student_id"] = {one.id: one.name for one in students.by_ids(session, ids).values()}
    for key, number, code, name in session.execute(_NAMES):
        of[key][code or number] = name
    of |= dict.fromkeys(_ACCOUNTS, of["account"])
    school = students.school(session)
    return Names(of=of, unit=school.currency, locale=school.locale)
