"""This morning in the made-up school: money taken, mistakes mended, limits, shared charges, letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE, Actor
from school.approvals import service as approvals
from school.approvals.service import Asked
from school.demo.families import YEARS, Child, Household
from school.ledger import service as ledger
from school.ledger.projections import StudentBalance
from school.ledger.service import Share, TenderPart
from school.letters import reminders, writing
from school.students import payers, policies
from school.students import queries as students

TAKEN = (("CASH", 5_000), ("MOBILE", 12_350), ("CASH", 2_500), ("BANK", 20_000), ("MOBILE", 8_000))
LIMITS = {policies.WRITE_OFF_LIMIT: 2_000, policies.REFUND_LIMIT: 10_000, policies.BOUNCED_CHEQUE_FEE: 1_500}
SPLIT, SPLIT_MOST = (6_000, 4_000), 12
FORGIVEN = 3_500  # above the limit
ASKED = (  # why, and why it was refused: "" is approved, None waits
    ("The family has moved away", ""),
    ("They pay from next month", "They have offered to pay in parts"),
    ("Father lost his work", None),
)
LETTERS, DAYS_TO_PAY = 12, 14


def morning(
    session: Session, homes: Iterable[Household], cashiers: Sequence[tuple[int, str]], today: date
) -> None:
    """A few of each, in a school of any size; a small school may not have them all."""
    first, second = (replace(COMMAND_LINE, user_id=user_id, name=name) for user_id, name in cashiers)
    unit = 10 ** students.school(session).currency.exponent
    owing = _owing(session, homes)
    _limits(session, unit)
    _split(session, homes)
    for number, ((home, child, _), (tender, amount)) in enumerate(zip(owing, TAKEN, strict=False)):
        by = (first, second)[number % 2]
        _take(session, by, home, child, tender, amount * unit, f"demo:morning:{number}")
    _mend(session, first, second, owing[len(TAKEN) :], unit)
    _remind(session, first, today)


def _owing(session: Session, homes: Iterable[Household]) -> list[tuple[Household, Child, int]]:
    """One child a family, with what it owes by now."""
    held = dict(session.execute(select(StudentBalance.student_id, StudentBalance.balance)).all())
    present = ((home, child) for home in homes for child in home.children[:1] if child.form_in(YEARS - 1))
    return [(home, child, owes) for home, child in present if (owes := held.get(child.student_id, 0)) > 0]


def _limits(session: Session, unit: int) -> None:
    values = {name: amount * unit for name, amount in LIMITS.items()}
    policies.change_policies(session, actor=COMMAND_LINE, values=values)


def _split(session: Session, homes: Iterable[Household]) -> None:
    """Parents who live apart share what their children are charged."""
    apart = (home for home in homes if home.other)
    for home in islice(apart, SPLIT_MOST):
        ids = [one.id for one in students.guardians(session, home.children[0].student_id)]
        family_id = students.student(session, home.children[0].student_id).family_id
        parts = dict(zip(ids, SPLIT, strict=True))
        payers.share_charges(session, actor=COMMAND_LINE, family_id=family_id, shares=parts)


def _take(
    session: Session, by: Actor, home: Household, child: Child, tender: str, amount: int, request_id: str
) -> None:
    ledger.record_payment(
        session,
        actor=by,
        request_id=request_id,
        shares=[Share(child.student_id, amount)],
        tenders=[TenderPart(tender, amount)],
        payer=home.guardian,
    )


def _mend(
    session: Session,
    first: Actor,
    second: Actor,
    owing: Sequence[tuple[Household, Child, int]],
    unit: int,
) -> None:
    """A credit note; a debt given up, one refused, and one that waits for the other person."""
    found = [child.student_id for _, child, owes in owing if owes >= FORGIVEN * unit]
    if found:
        ledger.credit_note(
            session,
            actor=first,
            request_id="demo:credit-note",
            student_id=found[0],
            amount_minor=1_200 * unit,
            account="TUITION",
            reason="Charged for a week of illness",
        )
    for student_id, (reason, refused) in zip(found[1:], ASKED, strict=False):
        asked = approvals.record(
            session,
            "write_off",
            actor=first,
            request_id=f"demo:write-off:{student_id}",
            student_id=student_id,
            amount_minor=FORGIVEN * unit,
            reason=reason,
        )
        if not isinstance(asked, Asked) or refused is None:
            continue
        if refused:
            approvals.refuse(session, actor=second, approval_id=asked.approval_id, reason=refused)
        else:
            approvals.approve(session, actor=second, approval_id=asked.approval_id)


def _remind(session: Session, by: Actor, today: date) -> None:
    due = reminders.preview(session).rows[:LETTERS]
    writing.remind(
        session,
        actor=by,
        request_id="demo:reminders",
        expected={row.family_id: row.stage for row in due},
        pay_by=today + timedelta(days=DAYS_TO_PAY),
        how="print",
    )
