"""Fee heads, schemes and grants put straight into their tables, with boring defaults."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from school.fees.models import ConcessionRate, ConcessionScheme, FeeHead, Grant
from school.ledger.models import Account
from school.students.models import Term
from tests import make

HEADS = ("TUITION", "TRANSPORT", "MEALS")


def heads(session: Session) -> None:
    for position, code in enumerate(HEADS):
        session.add(FeeHead(account=code, position=position))
    session.flush()


def scheme(
    session: Session,
    code: str,
    *rates: dict[str, object],
    kind: str = "bursary",
    cap: int | None = None,
    cap_bp: int | None = None,
    position: int = 0,
) -> None:
    session.add(Account(code=code, name=code.title(), type="concession", position=position))
    session.flush()
    session.add(ConcessionScheme(account=code, kind=kind, cap=cap, cap_bp=cap_bp, needs_approval=False))
    session.flush()
    session.add_all(ConcessionRate(scheme=code, **rate) for rate in rates)
    session.flush()


def grant(session: Session, student_id: int, code: str, **how: object) -> int:
    values = {
        "request_id": make.request_id(),
        "valid_from": date(2026, 1, 1),
        "reason": "board decision",
        "state": "granted",
        "at": make.NOON,
        "actor": "finn",
    }
    row = Grant(student_id=student_id, scheme=code, **{**values, **how})
    session.add(row)
    session.flush()
    return row.id


def term_id(session: Session, name: str = "Term 2") -> int:
    return session.scalars(select(Term.id).where(Term.name == name)).one()
