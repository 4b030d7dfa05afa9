"""What the audit log keeps as numbers, told by name: which student, which class, how much money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from school import money
from school.fees.models import InstalmentPlan
from school.ledger import queries as ledger
from school.money import Currency
from school.students import policies
from school.students import queries as students
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
_PLANS = select(InstalmentPlan.id, InstalmentPlan.name)
_NAMED: dict[str, Callable[[Session], dict[object, str]]] = {
    "class_id": lambda session: {one.id: one.name for one in students.classes(session)},
    "year_id": lambda session: {one.id: one.name for one in students.years(session)},
    "term_id": lambda session: {one.id: f"{one.name} {one.year_name}" for one in students.terms(session)},
    "plan_id": lambda session: {row.id: row.name for row in session.execute(_PLANS)},
}


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
    known = [one for one in facts if one]
    keys = {key for one in known for key in one}
    ids = {one["student_id"] for one in known if isinstance(one.get("student_id"), int)}
    of: dict[str, Mapping[object, str]] = {
        "student_id": {one.id: one.name for one in students.by_ids(session, ids).values()}
    }
    of |= {key: read(session) for key, read in _NAMED.items() if key in keys}
    if keys.intersection(_ACCOUNTS):
        accounts: Mapping[object, str] = {one.code: one.name for one in ledger.accounts(session)}
        of |= dict.fromkeys(_ACCOUNTS, accounts)
    school = students.school(session)
    return Names(of=of, unit=school.currency, locale=school.locale)
