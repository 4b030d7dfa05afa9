"""Limits and fees the school has decided: read where they count, changed on the settings page, audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.audit import events
from school.audit import service as audit
from school.db import one_writer
from school.errors import BadAmount, BadInput
from school.money import AMOUNT_MINOR_MAX
from school.students.models import Policy

WRITE_OFF_LIMIT, REFUND_LIMIT = "write_off_limit", "refund_limit"
CREDIT_NOTE_LIMIT, CONCESSION_LIMIT = "credit_note_limit", "concession_limit"
BOUNCED_CHEQUE_FEE = "bounced_cheque_fee"
RETENTION_YEARS = "retention_years"
YEARS_MAX = 50


@dataclass(frozen=True)
class PolicyFacts:
    """`label` and `says` are for the form; without a value there is no limit, or no fee.

    The value is an amount in minor units, or a count of years.
    """

    name: str
    label: str
    says: str
    years: bool = False


POLICIES = {
    one.name: one
    for one in (
        PolicyFacts(WRITE_OFF_LIMIT, "Write-offs up to", "A second person approves what is more."),
        PolicyFacts(REFUND_LIMIT, "Refunds up to", "A second person approves what is more."),
        PolicyFacts(CREDIT_NOTE_LIMIT, "Credit notes up to", "A second person approves what is more."),
        PolicyFacts(CONCESSION_LIMIT, "Concessions up to", "A second person approves what is more."),
        PolicyFacts(
            BOUNCED_CHEQUE_FEE, "Fee for a bounced cheque", "Charged, if wished, when a cheque comes back."
        ),
        PolicyFacts(
            RETENTION_YEARS,
            "Years personal data are kept",
            "From the day a student left, or from the last entry after it.",
            years=True,
        ),
    )
}


def policy(session: Session, name: str) -> int | None:
    """What the school has decided; None while it has not. Raises KeyError for what is no policy."""
    return session.scalar(select(Policy.value).where(Policy.name == POLICIES[name].name))


def policies(session: Session) -> dict[str, int | None]:
    """Every policy by its name, in the order of the form."""
    held = dict(session.execute(select(Policy.name, Policy.value)).all())
    return {name: held.get(name) for name in POLICIES}


def change_policies(session: Session, *, actor: Actor, values: Mapping[str, int | None]) -> None:
    """Decide anew what is given; None is no limit, or no fee. A limit of 0 has everything approved.

    Raises BadInput for what is no policy, BadAmount for what is no amount; `field` is the policy's name.
    """
    one_writer(session)
    authorise(session, actor, "settings.manage")
    for name, value in values.items():
        _check(name, value)
    held = policies(session)
    new = {name: value for name, value in values.items() if value != held[name]}
    if not new:
        return
    there = set(session.scalars(select(Policy.name).where(Policy.name.in_(new))))
    for name, value in new.items():
        if name in there:
            session.execute(update(Policy).where(Policy.name == name).values(value=value))
        else:
            session.execute(insert(Policy), [{"name": name, "value": value}])
    audit.record(
        session,
        actor=actor,
        event=events.POLICIES_CHANGED,
        subject="school:1",
        before={name: held[name] for name in new},
        after=new,
    )


def _check(name: str, value: object) -> None:
    if name not in POLICIES:
        raise BadInput("There is no such limit or fee.", field=name)
    if POLICIES[name].years and value is not None and not (type(value) is int and 1 <= value <= YEARS_MAX):
        raise BadInput(f"Type a number of years between 1 and {YEARS_MAX}.", field=name)
    if value is not None and (type(value) is not int or not 0 <= value <= AMOUNT_MINOR_MAX):
        raise BadAmount("Type an amount of nothing or more, or leave it empty.", field=name)
