"""What waits for somebody in the made-up school: bursaries to be approved, late fees to be charged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE
from school.db import add_rows
from school.demo.books import Span
from school.demo.families import YEARS, Household
from school.fees import late_fee_rules, schemes
from school.fees.models import Grant

BURSARIES = 3
PERCENT = 25
GRACE_DAYS, FEE, PERCENT_A_YEAR = 14, 200, 10


def bursaries(
    session: Session, homes: Iterable[Household], terms: Sequence[Span], cashier: tuple[int, str]
) -> None:
    """Asked for by one of the finance office, so that the other has something to decide."""
    scheme = schemes.add_scheme(session, actor=COMMAND_LINE, name="Board bursary", kind="bursary")
    children = [
        child
        for home in homes
        for child in home.children
        if child.form_in(YEARS - 1) and not child.relief_percent
    ]
    rows = [
        {
            "request_id": f"demo:bursary:{child.student_id}",
            "student_id": child.student_id,
            "scheme": scheme,
            "head": "TUITION",
            "share_bp": PERCENT * 100,
            "amount": None,
            "valid_from": terms[-1].starts_on,
            "valid_until": None,
            "reason": "Father lost his work",
            "state": "waiting",
            "at": clock.now(),
            "actor_id": cashier[0],
            "actor": cashier[1],
        }
        for child in children[:BURSARIES]
    ]
    add_rows(session, Grant, rows)


def late_fees(session: Session, since: date, unit: int) -> None:
    """For what falls due from a day on; no run has charged it yet."""
    late_fee_rules.add_rule(
        session,
        actor=COMMAND_LINE,
        name="Late payment",
        due_from=since,
        grace_days=GRACE_DAYS,
        flat_minor=FEE * unit,
        rate_bp_a_year=PERCENT_A_YEAR * 100,
    )
