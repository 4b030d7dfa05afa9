"""The only writer of the fee structure: heads, fees and instalment plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.errors import BadDate, BadInput, NotFound
from school.fees import queries
from school.fees.costing import Part
from school.fees.models import Fee, FeeHead, Instalment, InstalmentPlan
from school.fees.queries import FeeFacts, PlanFacts
from school.fees.rules import WHOLE
from school.ledger.models import Account
from school.ledger.posting import authorise
from school.ledger.refusals import amount, words
from school.ledger.service.chart import open_account
from school.students import queries as students

PARTS_MAX = 24
DUE_DAYS_MAX = 730  # two years after the first day of a term is a slip


def add_fee_head(
    session: Session,
    *,
    actor: Actor,
    code: str,
    name: str,
    refundable: bool = True,
    optional: bool = False,
    prorated: bool = True,
    position: int | None = None,
) -> str:
    """A new income account, and a fee head over it; its code. Raises BadInput as an account does."""
    authorise(session, actor, "fees.manage")
    last = session.scalar(select(func.max(Account.position)).where(Account.type == "income")) or 0
    code = open_account(session, actor=actor, code=code, name=name, type="income", position=last + 1)
    _set_head(session, actor, code, refundable, optional, prorated, position)
    return code


def set_fee_head(
    session: Session,
    *,
    actor: Actor,
    account: str,
    refundable: bool = True,
    optional: bool = False,
    prorated: bool = True,
    position: int | None = None,
) -> None:
    """Make an income account a fee head, or say anew what kind of one it is; without a position it stays
    where it is, or comes last. Raises NotFound for an account that is none of income.
    """
    authorise(session, actor, "fees.manage")
    _set_head(session, actor, account, refundable, optional, prorated, position)


def _set_head(
    session: Session,
    actor: Actor,
    account: str,
    refundable: bool,
    optional: bool,
    prorated: bool,
    position: int | None,
) -> None:
    known = {head.account: head for head in queries.heads(session)}
    held = known.get(account)
    if held is None:
        raise NotFound("There is no such income account.", field="account")
    if position is None:
        last = max((head.position for head in known.values() if head.is_head), default=0)
        position = held.position if held.is_head else last + 1
    after = {"refundable": refundable, "optional": optional, "prorated": prorated, "position": position}
    before = {name: getattr(held, name) for name in after} if held.is_head else None
    if before == after:
        return
    if held.is_head:
        session.execute(update(FeeHead).where(FeeHead.account == account).values(**after))
    else:
        session.execute(insert(FeeHead), [{"account": account, **after}])
    audit.record(
        session,
        actor=actor,
        event=events.FEE_HEAD_SET,
        subject=f"account:{account}",
        before=before,
        after=after,
    )


def set_fee(
    session: Session,
    *,
    actor: Actor,
    year_id: int,
    account: str,
    amount_minor: int,
    term_id: int | None = None,
    class_id: int | None = None,
    plan_id: int | None = None,
) -> int:
    """What a term costs on a fee head, for a term or every term of the year, for a class or every class.

    A row for the same year, term, class and head is replaced. The id of the row.
    """
    authorise(session, actor, "fees.manage")
    _check_reach(session, year_id, term_id, class_id)
    if not any(head.account == account for head in queries.heads_in_use(session)):
        raise BadInput("Choose a fee head.", field="account")
    if plan_id is not None and not any(plan.id == plan_id and plan.active for plan in queries.plans(session)):
        raise BadInput("Choose an instalment plan.", field="plan")
    after: dict[str, Any] = {
        "year_id": year_id,
        "term_id": term_id,
        "class_id": class_id,
        "account": account,
        "amount": amount(amount_minor),
        "plan_id": plan_id,
    }
    held = _same_reach(session, after)
    if held is None:
        fee_id = session.scalars(insert(Fee).returning(Fee.id), [{**after, "active": True}]).one()
        before = None
    else:
        fee_id, before = held.id, {name: getattr(held, name) for name in after}
        if before == after:
            return fee_id
        session.execute(update(Fee).where(Fee.id == fee_id).values(**after))
    audit.record(
        session, actor=actor, event=events.FEE_SET, subject=f"fee:{fee_id}", before=before, after=after
    )
    return fee_id


def end_fee(session: Session, *, actor: Actor, fee_id: int) -> None:
    """Take a row out of the fee structure; it stays on record. What was charged by it stays charged."""
    authorise(session, actor, "fees.manage")
    held = session.get(Fee, fee_id)
    if held is None or not held.active:
        raise NotFound("This row is not in the fee structure any more.", field="fee")
    session.execute(update(Fee).where(Fee.id == fee_id).values(active=False))
    audit.record(
        session,
        actor=actor,
        event=events.FEE_SET,
        subject=f"fee:{fee_id}",
        before={"active": True},
        after={"active": False},
    )


def _check_reach(session: Session, year_id: int, term_id: int | None, class_id: int | None) -> None:
    if not any(year.id == year_id for year in students.years(session)):
        raise NotFound("There is no such year.", field="year")
    terms = {term.id for term in students.terms(session) if term.year_id == year_id}
    if term_id is not None and term_id not in terms:
        raise BadInput("Choose a term of this year.", field="term")
    if class_id is not None and not any(one.id == class_id for one in students.classes(session)):
        raise BadInput("Choose a class.", field="class")


def _same_reach(session: Session, wanted: dict[str, Any]) -> FeeFacts | None:
    reach = ("term_id", "class_id", "account")
    rows = queries.fees(session, wanted["year_id"])
    return next((row for row in rows if all(getattr(row, name) == wanted[name] for name in reach)), None)


def set_plan(
    session: Session, *, actor: Actor, name: str, parts: Sequence[Part], plan_id: int | None = None
) -> int:
    """An instalment plan, or with `plan_id` that plan anew; the id. What was billed keeps its due dates.

    Raises BadInput unless the shares add up to the whole and each part says when it is due.
    """
    authorise(session, actor, "fees.manage")
    name = words(name, "name", needed="Give the plan a name, such as Three instalments.")
    _check_parts(parts)
    known = queries.plans(session)
    held = next((plan for plan in known if plan.id == plan_id), None)
    if plan_id is not None and held is None:
        raise NotFound("There is no such plan.", field="plan")
    if any(plan.name.casefold() == name.casefold() and plan.id != plan_id for plan in known):
        raise BadInput(f"There is a plan {name} already.", field="name")
    if held is None:
        plan_id = session.scalars(
            insert(InstalmentPlan).returning(InstalmentPlan.id), [{"name": name, "active": True}]
        ).one()
    else:
        session.execute(
            update(InstalmentPlan).where(InstalmentPlan.id == plan_id).values(name=name, active=True)
        )
        session.execute(delete(Instalment).where(Instalment.plan_id == plan_id))
    session.execute(
        insert(Instalment),
        [{"plan_id": plan_id, "n": n, **vars(part)} for n, part in enumerate(parts, start=1)],
    )
    before = {"name": held.name, "parts": _told(held)} if held else None
    after = {"name": name, "parts": [_part(part) for part in parts]}
    audit.record(
        session, actor=actor, event=events.PLAN_SET, subject=f"plan:{plan_id}", before=before, after=after
    )
    return int(plan_id or 0)


def _check_parts(parts: Sequence[Part]) -> None:
    if not 1 <= len(parts) <= PARTS_MAX:
        raise BadInput(f"A plan has from 1 to {PARTS_MAX} parts.", field="parts")
    if any(type(part.share_bp) is not int or part.share_bp <= 0 for part in parts):
        raise BadInput("The share of each part is more than nothing.", field="parts")
    if sum(part.share_bp for part in parts) != WHOLE:
        raise BadInput("The shares must add up to 100 %.", field="parts")
    for part in parts:
        if (part.due_on is None) == (part.due_days is None):
            raise BadDate(
                "Say of each part when it is due: a date, or days after the term begins.", field="parts"
            )
        if part.due_days is not None and abs(part.due_days) > DUE_DAYS_MAX:
            raise BadDate(f"Use at most {DUE_DAYS_MAX} days.", field="parts")


def _told(plan: PlanFacts) -> list[str]:
    return [_part(part) for part in plan.parts]


def _part(part: Part) -> str:
    when = part.due_on.isoformat() if part.due_on else f"day {part.due_days}"
    return f"{part.share_bp // 100}.{part.share_bp % 100:02} % {when}"
