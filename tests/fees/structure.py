"""A fee structure for tests: tuition in three parts, meals for those who chose them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school.access.rules import COMMAND_LINE, Actor
from school.db import Database
from school.fees import billing, bills, runs, service
from school.fees.bills import Told
from school.fees.costing import Part
from school.ledger.models import Line
from school.ledger.projections import StudentBalance
from school.students import queries as students
from tests import make

TUITION, MEALS = 100_000, 20_000


def term_id(session: Session, number: int = 2) -> int:
    """The second term contains `make.TODAY`."""
    return students.terms(session)[number - 1].id


def told(session: Session, *, number: int = 2, **how: object) -> Told:
    return Told(term_id(session, number), make.TODAY, make.TODAY, **how)  # type: ignore[arg-type]


def fees(session: Session) -> None:
    """Tuition of 1,000.00 a term in parts of 50, 30 and 20 %, meals of 200.00 for those who chose them."""
    service.set_fee_head(session, actor=COMMAND_LINE, account="TUITION", position=1)
    service.set_fee_head(session, actor=COMMAND_LINE, account="MEALS", optional=True, position=2)
    parts = [Part(5_000, due_days=30), Part(3_000, due_days=60), Part(2_000, due_days=90)]
    plan = service.set_plan(session, actor=COMMAND_LINE, name="Three parts", parts=parts)
    set_fee(session, "TUITION", TUITION, plan_id=plan)
    set_fee(session, "MEALS", MEALS)


def set_fee(session: Session, account: str, amount_minor: int, **how: int | None) -> int:
    year_id = students.terms(session)[1].year_id
    return service.set_fee(
        session, actor=COMMAND_LINE, year_id=year_id, account=account, amount_minor=amount_minor, **how
    )


def begin(database: Database, *, actor: Actor = COMMAND_LINE, number: int = 2, **how: object) -> int:
    with database.writing() as session:
        return billing.begin(
            session, actor=actor, request_id=make.request_id(), told=told(session, number=number, **how)
        )


def finish(database: Database, run_id: int, *, actor: Actor = COMMAND_LINE, students_max: int = 60) -> None:
    now = None
    while now is None or not now.is_finished:
        with database.writing() as session:
            now = billing.go_on(session, actor=actor, run_id=run_id, so_far=now, students_max=students_max)


def run(database: Database, *, students_max: int = 60, **how: object) -> int:
    """A billing run from its beginning to its end."""
    run_id = begin(database, **how)
    finish(database, run_id, students_max=students_max)
    return run_id


def undo(database: Database, run_id: int, *, entries_max: int = 60) -> None:
    with database.writing() as session:
        runs.undo(session, actor=COMMAND_LINE, run_id=run_id, reason="wrong fees")
    undo_on(database, run_id, entries_max=entries_max)


def undo_on(database: Database, run_id: int, *, entries_max: int) -> None:
    """What was told on the way is what stands at the end."""
    now = None
    while now is None or now.waits:
        with database.writing() as session:
            now = runs.undo_on(
                session, actor=COMMAND_LINE, run_id=run_id, so_far=now, entries_max=entries_max
            )
    with database.reading() as session:
        assert replace(now, undone_from=None) == runs.run(session, run_id)


def balances(database: Database) -> dict[int, int]:
    with database.reading() as session:
        rows = session.execute(select(StudentBalance.student_id, StudentBalance.balance)).all()
        return {student_id: balance for student_id, balance in rows}  # noqa: C416


def lines(database: Database, student_id: int) -> list[tuple[str, int, str | None]]:
    """What stands on an account: the other account, the amount, the due date."""
    with database.reading() as session:
        rows = session.execute(
            select(Line.account, Line.amount, Line.due_date)
            .where(Line.student_id == student_id)
            .order_by(Line.id)
        )
        return [(code, amount, due.isoformat() if due else None) for code, amount, due in rows]


def count_lines(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Line)) or 0


def preview(database: Database, **how: object) -> list[bills.Bill]:
    with database.reading() as session:
        return bills.preview(session, told(session, **how))
