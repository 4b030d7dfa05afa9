"""Rules for late fees. What a rule charges never changes, because charges that fell due under it were owed on
its terms: it is ended, and another begins. Every change is audited.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import BadAmount, BadDate, BadInput, NotFound
from school.fees.lateness import RuleTerms
from school.fees.models import LateFeeRule
from school.fees.rules import WHOLE
from school.ledger.posting import authorise
from school.ledger.refusals import amount, words

GRACE_DAYS_MAX = 365
RATE_BP_MAX = 10 * WHOLE


@dataclass(frozen=True)
class RuleFacts(RuleTerms):
    active: bool


def rules(session: Session) -> list[RuleFacts]:
    """The newest first."""
    rows = session.scalars(select(LateFeeRule).order_by(LateFeeRule.id.desc()))
    return [RuleFacts(*_terms(row), row.active) for row in rows]


def rules_in_use(session: Session) -> list[RuleTerms]:
    """The oldest first: in this order they are charged."""
    rows = session.scalars(select(LateFeeRule).where(LateFeeRule.active).order_by(LateFeeRule.id))
    return [RuleTerms(*_terms(row)) for row in rows]


def _terms(row: LateFeeRule) -> tuple[int, str, dt.date, dt.date | None, int, int, int, int | None, int]:
    return (
        row.id,
        row.name,
        row.due_from,
        row.due_until,
        row.grace_days,
        row.flat,
        row.rate_bp_a_year,
        row.cap,
        row.least_open,
    )


def add_rule(
    session: Session,
    *,
    actor: Actor,
    name: str,
    due_from: dt.date,
    grace_days: int = 0,
    flat_minor: int = 0,
    rate_bp_a_year: int = 0,
    cap_minor: int | None = None,
    least_open_minor: int = 0,
) -> int:
    """A rule for charges due from a day on; its id. Raises BadInput, BadAmount."""
    authorise(session, actor, "fees.manage")
    name = words(name, "name", needed="Give the rule a name: it stands on the statement.")
    if session.scalar(select(LateFeeRule.id).where(LateFeeRule.name == name)):
        raise BadInput(f"There is a rule {name} already.", field="name")
    if type(grace_days) is not int or not 0 <= grace_days <= GRACE_DAYS_MAX:
        raise BadInput(f"Days of grace go from 0 to {GRACE_DAYS_MAX}.", field="grace_days")
    if type(rate_bp_a_year) is not int or not 0 <= rate_bp_a_year <= RATE_BP_MAX:
        raise BadInput(f"Interest goes from 0 to {RATE_BP_MAX // 100} % a year.", field="rate")
    if not flat_minor and not rate_bp_a_year:
        raise BadAmount("Give a fee, interest, or both.", field="flat")
    for value, field in ((flat_minor, "flat"), (cap_minor, "cap"), (least_open_minor, "least_open")):
        if value:
            amount(value, field)
    row = {
        "name": name,
        "due_from": due_from,
        "due_until": None,
        "grace_days": grace_days,
        "flat": flat_minor,
        "rate_bp_a_year": rate_bp_a_year,
        "cap": cap_minor or None,
        "least_open": least_open_minor,
        "active": True,
    }
    rule_id = session.scalars(insert(LateFeeRule).returning(LateFeeRule.id), [row]).one()
    after = {**row, "due_from": due_from.isoformat()}
    audit.record(
        session,
        actor=actor,
        event=events.LATE_FEE_RULE_ADDED,
        subject=f"late_fee_rule:{rule_id}",
        after=after,
    )
    return rule_id


def end_rule(session: Session, *, actor: Actor, rule_id: int, due_until: dt.date | None = None) -> None:
    """The last due date the rule is for; without one it charges nothing more at all. What it charged stays.

    Raises NotFound, and BadDate for a day before it began.
    """
    authorise(session, actor, "fees.manage")
    rule = session.get(LateFeeRule, rule_id)
    if rule is None:
        raise NotFound("There is no such rule.", field="rule")
    if due_until is not None and due_until < rule.due_from:
        raise BadDate("The rule begins later than that: stop it instead.", field="due_until")
    new = {"active": due_until is not None, "due_until": due_until or rule.due_until}
    before = {"active": rule.active, "due_until": _day(rule.due_until)}
    session.execute(update(LateFeeRule).where(LateFeeRule.id == rule_id).values(**new))
    audit.record(
        session,
        actor=actor,
        event=events.LATE_FEE_RULE_CHANGED,
        subject=f"late_fee_rule:{rule_id}",
        before=before,
        after={"active": new["active"], "due_until": _day(due_until or rule.due_until)},
    )


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
