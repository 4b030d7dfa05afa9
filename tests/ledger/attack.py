"""Raw SQL against small books, past every line of Python: what a careless tool or an intruder would send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import insert, text

from school import clock
from school.access.models import User
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service as ledger
from school.ledger.service import ChargeItem
from tests import make

TRUTH = (
    *("entry", "line", "period_lock", "audit_event", "student", "account", "school"),
    *("student_balance", "open_item", "due_total", "day_total", "class_total", "roll_total"),
)
ANN, BEN = 1, 2
NEXT_ENTRY, NEXT_LINE, NEXT_RECEIPT, NEXT_REFUND = 7, 8, 3, 2


def books(database: Database) -> None:
    """Entries and their (lines): 1 bill of Ann (1, 2), 2 payment R-1 of Ann (3), 3 its reversal (4),
    4 bill of Ben (5), 5 payment R-2 of Ben (6), 6 refund F-1 to Ben (7). Ann owes 300.00, Ben has a credit of
    30.00; the books are closed through 31 December 2025.
    """
    with clock.set_to(make.NOON), database.writing() as session:
        make.school(session)
        make.student(session, "Ann", guardian="Mrs Otieno")
        make.student(session, "Ben")
        user = {"name": "bursar", "password_hash": "x", "created_at": make.NOON}
        session.execute(insert(User), [user])
        day = date(2026, 2, 1)
        make.bill(session, ANN, ChargeItem("TUITION", 200_00, day), ChargeItem("MEALS", 100_00, day), on=day)
        make.pay(session, ANN, 50_00, on=date(2026, 2, 2))
        ledger.reverse(
            session,
            actor=COMMAND_LINE,
            request_id="bounced-1",
            entry_id=2,
            reason="bounced",
            date=date(2026, 2, 9),
        )
        make.bill(session, BEN, (100_00, day), on=day)
        make.pay(session, BEN, 150_00, on=date(2026, 2, 3))
        ledger.refund(
            session,
            actor=COMMAND_LINE,
            request_id="refund-01",
            student_id=BEN,
            amount_minor=20_00,
            tender="CASH",
            reason="overpaid",
        )
        ledger.lock_period(session, actor=COMMAND_LINE, through=date(2025, 12, 31), reason="audited")


def send(database: Database, statements: Sequence[str]) -> None:
    """All statements in one transaction, committed."""
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def truth(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row nobody may touch, and the projections with them."""
    with database.reading() as session:
        return {
            name: sorted((tuple(row) for row in session.execute(text(f"SELECT * FROM {name}"))), key=repr)
            for name in TRUTH
        }


def entry(**values: object) -> str:
    """An INSERT of an entry that would be right: Ann pays 10.00."""
    row: dict[str, object] = {
        "id": NEXT_ENTRY,
        "kind": "payment",
        "date": "2026-03-01",
        "at": "2026-03-01T12:00:00.000000Z",
        "actor": "intruder",
        "request_id": "request-of-an-intruder",
        "series": "R",
        "no": NEXT_RECEIPT,
        "n_lines": 1,
        "total": -10_00,
        "hash": "0" * 64,
    }
    return _insert("entry", row | values)


def line(**values: object) -> str:
    """An INSERT of the line of that payment."""
    row: dict[str, object] = {
        "id": NEXT_LINE,
        "entry_id": NEXT_ENTRY,
        "n": 1,
        "student_id": ANN,
        "account": "CASH",
        "amount": -10_00,
        "class_id": 1,
    }
    return _insert("line", row | values)


def _insert(table: str, row: dict[str, object]) -> str:
    given = {name: value for name, value in row.items() if value is not None}
    values = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in given.values())
    return f"INSERT INTO {table} ({', '.join(given)}) VALUES ({values})"
