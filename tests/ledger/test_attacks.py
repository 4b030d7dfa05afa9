"""Raw SQL cannot bend the books: the database itself refuses, by name, on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from school.db import Database
from school.errors import BadAmount
from tests import make
from tests.ledger.attack import (
    ANN,
    BEN,
    NEXT_ENTRY,
    NEXT_LINE,
    NEXT_RECEIPT,
    NEXT_REFUND,
    books,
    entry,
    line,
    send,
    truth,
)


@dataclass(frozen=True)
class Attack:
    """Statements of one transaction, and a part of the message that refuses them."""

    name: str
    statements: Sequence[str]
    refusal: str
    engine: str = ""


def mirror(entry_id: int = 1, **values: object) -> str:
    """The head of a reversal of the bill of Ann."""
    reversal: dict[str, object] = {
        "kind": "reversal",
        "series": None,
        "no": None,
        "reverses": entry_id,
        "reason": "wrong",
        "n_lines": 2,
        "total": -300_00,
    }
    return entry(**(reversal | values))


def mirrored(*changed: dict[str, object]) -> list[str]:
    """The lines that undo the bill of Ann, with changes to the first or both."""
    right: list[dict[str, Any]] = [
        {"id": NEXT_LINE, "n": 1, "account": "TUITION", "amount": -200_00, "pays": 1, "term_id": 1},
        {"id": NEXT_LINE + 1, "n": 2, "account": "MEALS", "amount": -100_00, "pays": 2, "term_id": 1},
    ]
    for row, change in zip(right, changed, strict=False):
        row.update(change)
    return [line(**row) for row in right]


def of_kind(kind: str, account: str, amount: int, *, student_id: int = ANN, **values: object) -> list[str]:
    """An entry of one line of this kind; a debit is due on its date."""
    due = "2026-03-01" if amount > 0 else None
    head: dict[str, object] = {"kind": kind, "series": None, "no": None, "total": amount}
    if kind == "refund":
        head |= {"series": "F", "no": NEXT_REFUND}
    if kind == "payment":
        head |= {"series": "R", "no": NEXT_RECEIPT}
    return [
        line(account=account, amount=amount, student_id=student_id, due_date=due),
        entry(**(head | values)),
    ]


def moved(amount: int, *, taken_from: int | None, to: int | None) -> list[str]:
    """A re-allocation on the account of Ben, whose charge is line 5."""
    return [
        line(account="CLEAR", amount=amount, student_id=BEN, pays=taken_from),
        line(id=NEXT_LINE + 1, n=2, account="CLEAR", amount=-amount, student_id=BEN, pays=to),
        entry(kind="transfer", series=None, no=None, n_lines=2, total=0),
    ]


FORBIDDEN_CHANGES = [
    Attack(
        f"an update of {table}",
        [f"UPDATE {table} SET {column} = {column}"],
        f"rows of {table} are never changed",
    )
    for table, column in [
        ("entry", "payer"),
        ("line", "amount"),
        ("period_lock", "reason"),
        ("audit_event", "actor"),
    ]
]
KEPT = (
    *("entry", "line", "period_lock", "audit_event", "account", "family", "guardian", "school"),
    *("school_class", "student", "term", "user_account", "year"),
)
FORBIDDEN_DELETES = [
    Attack(f"a delete from {table}", [f"DELETE FROM {table}"], f"rows of {table} are never removed")
    for table in KEPT
] + [
    Attack(f"a truncate of {table}", [f"TRUNCATE {table} CASCADE"], "are never removed", "postgresql")
    for table in KEPT
]
REPLACES = [
    Attack(
        "a replace of an entry",
        [entry(id=1).replace("INSERT", "REPLACE")],
        "entry id must be last + 1",
        "sqlite",
    ),
    Attack(
        "a replace of a line", [line(id=1).replace("INSERT", "REPLACE")], "line id must be last + 1", "sqlite"
    ),
    Attack(
        "a replace of a lock",
        [
            "REPLACE INTO period_lock (id, locked_through, at, actor, reason)"
            " VALUES (1, '2020-01-01', '', 'x', 'x')"
        ],
        "lock id must be last + 1",
        "sqlite",
    ),
    Attack(
        "a replace of an audit event",
        ["REPLACE INTO audit_event (id, at, actor, event, subject) VALUES (1, '', 'x', 'x', 'x')"],
        "rows of audit_event are never changed",
        "sqlite",
    ),
    Attack(
        "a replace of a student",
        ["REPLACE INTO student (id, admission_no, name, sort_name, family_id) VALUES (1, 'X', 'X', 'x', 1)"],
        "rows of student are never removed",
        "sqlite",
    ),
    Attack(
        "a replace of an account",
        ["REPLACE INTO account (code, name, type, active) VALUES ('CASH', 'Mine', 'tender', 1)"],
        "rows of account are never removed",
        "sqlite",
    ),
    *(
        Attack(
            "an upsert of an entry",
            [entry(id=1) + " ON CONFLICT (id) DO UPDATE SET payer = 'me'"],
            name,
            engine,
        )
        for engine, name in [
            ("sqlite", "entry id must be last + 1"),
            ("postgresql", "rows of entry are never changed"),
        ]
    ),
]
NUMBERS = [
    Attack(
        "a gap in entries",
        [line(entry_id=NEXT_ENTRY + 1), entry(id=NEXT_ENTRY + 1)],
        "entry id must be last + 1",
    ),
    Attack("an entry again", [entry(id=1)], "entry id must be last + 1"),
    Attack("a gap in receipts", [line(), entry(no=NEXT_RECEIPT + 1)], "document number must be last + 1"),
    Attack("a receipt again", [line(), entry(no=1)], "document number must be last + 1"),
    Attack("a new series not from 1", [line(), entry(series="X", no=5)], "document number must be last + 1"),
    Attack("a gap in lines", [line(id=NEXT_LINE + 1), entry()], "line id must be last + 1"),
    Attack("a line before the first", [line(id=-1), entry()], "line id must be last + 1"),
    Attack("a gap within the entry", [line(n=2), entry()], "line number must be last + 1"),
    Attack("a payment without a receipt", [line(), entry(series=None, no=None)], "payment_has_a_receipt"),
    Attack(
        "a number without a series",
        [*of_kind("bill", "TUITION", 10_00, no=1)],
        "series_and_no",
    ),
]
SEAL = [
    Attack("a line into a sealed entry", [line(entry_id=1, n=3)], "entry is sealed"),
    Attack("a line without an entry", [line()], "FOREIGN KEY"),
    Attack("an entry without lines", [entry(n_lines=0, total=0)], "lines do not match the entry"),
    Attack("a count that differs", [line(), entry(n_lines=2)], "lines do not match the entry"),
    Attack("a total that differs", [line(), entry(total=-11_00)], "lines do not match the entry"),
    Attack("a request id again", [line(), entry(request_id="bounced-1")], "request id is used"),
    Attack("a request id too short", [line(), entry(request_id="short")], "request_id_length"),
    Attack("a kind nobody knows", [line(), entry(kind="gift")], "lines do not suit the kind"),
    Attack("a date in a closed period", [line(), entry(date="2025-12-31")], "period is locked"),
    Attack("a day that is none", [line(), entry(date="2026-02-31")], "date"),
    Attack(
        "a due date that is none",
        [line(account="TUITION", amount=10_00, due_date="2026-02-31"), of_kind("bill", "TUITION", 10_00)[1]],
        "date",
    ),
]
LINES = [
    Attack("no amount", [line(amount=0), entry(total=0)], "amount_is_not_zero"),
    Attack("half a cent", [line(amount=-10.5), entry(total=-10.5)], "amount_is_whole", "sqlite"),
    Attack("a total of half a cent", [line(amount=-10), entry(total=-10.5)], "lines do not match", "sqlite"),
    Attack("an unknown account", [line(account="GOLD"), entry()], "FOREIGN KEY"),
    Attack("an unknown student", [line(student_id=99), entry()], "FOREIGN KEY"),
    Attack(
        "a debit without a due date",
        [line(account="TUITION", amount=10_00), entry(kind="bill", series=None, no=None, total=10_00)],
        "a debit needs a due date",
    ),
    Attack("a credit with a due date", [line(due_date="2026-03-01"), entry()], "due_date_is_of_a_debit"),
    Attack("a pin to another's charge", [line(pays=5), entry()], "pays must be a charge of the same student"),
    Attack("a pin to a payment", [line(pays=3), entry()], "pays must be a charge of the same student"),
    Attack("a pin to nothing", [line(pays=99), entry()], "pays must be a charge of the same student"),
]
KINDS = [
    Attack(f"a {kind} on {account} of {amount}", of_kind(kind, account, amount), "lines do not suit the kind")
    for kind, account, amount in [
        ("bill", "CASH", 10_00),
        ("bill", "TUITION", -10_00),
        ("bill", "CONC", 10_00),
        ("late_fee", "CASH", 10_00),
        ("late_fee", "LATE", -10_00),
        ("payment", "TUITION", -10_00),
        ("payment", "CASH", 10_00),
        ("refund", "CASH", -10_00),
        ("refund", "CONC", 10_00),
        ("concession", "CASH", -10_00),
        ("concession", "CONC", 10_00),
        ("credit_note", "CASH", -10_00),
        ("credit_note", "TUITION", 10_00),
        ("write_off", "CASH", -10_00),
        ("write_off", "BAD", 10_00),
        ("opening", "CASH", 10_00),
        ("transfer", "CASH", 10_00),
    ]
]
LIMITS = [
    Attack(
        "a refund above the credit", of_kind("refund", "CASH", 30_01, student_id=BEN), "more than the credit"
    ),
    Attack("a refund to who owes", of_kind("refund", "CASH", 1, student_id=ANN), "more than the credit"),
    Attack(
        "a transfer above the credit",
        [
            line(account="CLEAR", amount=30_01, student_id=BEN, due_date="2026-03-01"),
            line(id=NEXT_LINE + 1, n=2, account="CLEAR", amount=-30_01),
            entry(kind="transfer", series=None, no=None, n_lines=2, total=0),
        ],
        "more than the credit",
    ),
    Attack(
        "a transfer that arrives smaller",
        [
            line(account="CLEAR", amount=20_00, student_id=BEN, due_date="2026-03-01"),
            line(id=NEXT_LINE + 1, n=2, account="CLEAR", amount=-19_00),
            entry(kind="transfer", series=None, no=None, n_lines=2, total=1_00),
        ],
        "clearing must net to zero",
    ),
    Attack(
        "more re-allocated than was paid", moved(150_01, taken_from=None, to=5), "more than was paid there"
    ),
    Attack("re-allocated from where nothing is", moved(1, taken_from=5, to=None), "more than was paid there"),
    Attack(
        "credit taken without giving it elsewhere",
        [
            line(account="CLEAR", amount=10_00, student_id=BEN),
            line(id=NEXT_LINE + 1, n=2, account="CLEAR", amount=-10_00),
            entry(kind="transfer", series=None, no=None, n_lines=2, total=0),
        ],
        "a debit needs a due date",
    ),
    Attack("a write-off above what is owed", of_kind("write_off", "BAD", -300_01), "more than is owed"),
]
REVERSALS = [
    Attack("a second reversal", [line(pays=None), mirror(2, n_lines=1, total=-10_00)], "already reversed"),
    Attack(
        "a reversal of a reversal",
        [line(amount=-50_00), mirror(3, n_lines=1, total=-50_00)],
        "a reversal cannot be reversed",
    ),
    Attack(
        "a reversal before its original", [*mirrored(), mirror(date="2026-01-31")], "not before its original"
    ),
    Attack("a reversal of nothing", [*mirrored(), mirror(99)], "a reversal mirrors its original"),
    Attack("a reversal without a reason", [*mirrored(), mirror(reason="  ")], "reversal_has_a_reason"),
    Attack("a reversal with no reason at all", [*mirrored(), mirror(reason=None)], "reversal_has_a_reason"),
    Attack("a reversal that names nothing", [*mirrored(), mirror(reverses=None)], "reversal_reverses"),
    Attack("a payment that reverses", [line(), entry(reverses=1)], "a reversal mirrors its original"),
    Attack(
        "half a reversal",
        [mirrored()[0], mirror(n_lines=1, total=-200_00)],
        "a reversal mirrors its original",
    ),
    *(
        Attack(
            f"a reversal with another {name}",
            [*mirrored(*changes), mirror()],
            "a reversal mirrors its original",
        )
        for name, changes in [
            ("amount", ({"amount": -100_00}, {"amount": -200_00})),
            ("account", ({"account": "TRANSPORT"},)),
            ("student", ({"student_id": BEN, "pays": None},)),
            ("pin", ({"pays": None},)),
            ("class", ({"class_id": 2},)),
            ("term", ({"term_id": 2},)),
        ]
    ),
]
CHANGES_OF_MEANING = [
    Attack(
        "another currency", ["UPDATE school SET currency = 'EUR'"], "the currency is fixed by the first entry"
    ),
    Attack(
        "another exponent", ["UPDATE school SET exponent = 0"], "the currency is fixed by the first entry"
    ),
    Attack(
        "another type", ["UPDATE account SET type = 'income' WHERE code = 'CASH'"], "keeps its code and type"
    ),
    Attack(
        "another code", ["UPDATE account SET code = 'GOLD' WHERE code = 'CASH'"], "keeps its code and type"
    ),
    Attack("a student under another number", ["UPDATE student SET id = 99 WHERE id = 1"], "FOREIGN KEY"),
    Attack(
        "a lock out of turn",
        [
            "INSERT INTO period_lock (id, locked_through, at, actor, reason)"
            " VALUES (9, '2020-01-01', '2026-03-01T12:00:00.000000Z', 'x', 'x')"
        ],
        "lock id must be last + 1",
    ),
]
ATTACKS = (
    FORBIDDEN_CHANGES
    + FORBIDDEN_DELETES
    + REPLACES
    + NUMBERS
    + SEAL
    + LINES
    + KINDS
    + LIMITS
    + REVERSALS
    + CHANGES_OF_MEANING
)

CONSTRAINTS = {  # PostgreSQL's own, which look before its guards do
    "an entry again": "pk_entry",
    "a receipt again": "uq_entry_series_no",
    "an entry without lines": "ck_entry_n_lines",
    "a request id again": "uq_entry_request_id",
    "a kind nobody knows": "ck_entry_kind",
    "a second reversal": "uq_entry_reverses",
    "a reversal of nothing": "fk_entry_reverses",
    "a payment that reverses": "ck_entry_reversal_reverses",
}


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_every_attack_is_refused_by_name_and_leaves_no_trace(
    engine: str, subtests: pytest.Subtests, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue(f"{engine}_database")
    books(database)
    before = truth(database)

    for attack in ATTACKS:
        if attack.engine not in ("", engine):
            continue
        with subtests.test(attack.name):
            with pytest.raises(SQLAlchemyError) as refused:
                send(database, attack.statements)

            refusal = (
                CONSTRAINTS.get(attack.name, attack.refusal) if engine == "postgresql" else attack.refusal
            )
            assert refusal.casefold() in str(refused.value.__cause__ or refused.value).casefold()
            assert truth(database) == before


RIGHT = {
    "a payment": [line(), entry()],
    "a pinned payment": [line(pays=1), entry()],
    "a bill": of_kind("bill", "TUITION", 10_00),
    "a late fee": of_kind("late_fee", "LATE", 10_00),
    "a concession": of_kind("concession", "CONC", -10_00),
    "a credit note": of_kind("credit_note", "TUITION", -10_00),
    "an opening balance": of_kind("opening", "OPEN", 10_00),
    "an opening credit": of_kind("opening", "OPEN", -10_00),
    "a refund of the whole credit": of_kind("refund", "CASH", 30_00, student_id=BEN),
    "a write-off of all that is owed": of_kind("write_off", "BAD", -300_00),
    "a reversal": [*mirrored(), mirror()],
    "a re-allocation of the whole payment": moved(150_00, taken_from=None, to=5),
    "a transfer of the whole credit": [
        line(account="CLEAR", amount=30_00, student_id=BEN, due_date="2026-03-01"),
        line(id=NEXT_LINE + 1, n=2, account="CLEAR", amount=-30_00),
        entry(kind="transfer", series=None, no=None, n_lines=2, total=0),
    ],
}


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_what_is_right_is_accepted_so_each_refusal_has_its_one_reason(
    engine: str, subtests: pytest.Subtests, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue(f"{engine}_database")
    books(database)

    for name, statements in RIGHT.items():
        with subtests.test(name), database.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            assert connection.scalar(text("SELECT MAX(id) FROM entry")) == NEXT_ENTRY
            connection.rollback()


def test_replace_is_refused_even_by_a_tool_without_our_settings(sqlite_database: Database) -> None:
    books(sqlite_database)
    before = truth(sqlite_database)
    tool = sqlite3.connect(str(sqlite_database.url.database), isolation_level=None)

    for attack in REPLACES[:4]:
        with pytest.raises(sqlite3.IntegrityError, match=re.escape(attack.refusal)):
            tool.execute(attack.statements[0])
    tool.close()

    assert truth(sqlite_database) == before


@pytest.mark.postgres
def test_raw_sql_waits_for_the_writer_at_work(postgresql_database: Database) -> None:
    books(postgresql_database)

    with postgresql_database.engine.begin() as first, postgresql_database.engine.connect() as second:
        first.exec_driver_sql(line())
        second.exec_driver_sql("SET lock_timeout = '50ms'")

        with pytest.raises(DBAPIError, match="lock timeout"):
            second.exec_driver_sql(line())
        second.rollback()
        first.rollback()


@pytest.mark.postgres
def test_a_role_that_may_only_add_posts_and_touches_nothing_else(postgresql_database: Database) -> None:
    """The guards work with the owner's rights, so the projections follow a writer who may not write them."""
    books(postgresql_database)
    with postgresql_database.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE ROLE only_adds")
        connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_adds")
        connection.exec_driver_sql("GRANT INSERT ON entry, line, period_lock TO only_adds")
        connection.exec_driver_sql("SET LOCAL ROLE only_adds")

        make.pay(Session(connection), ANN, 300_00, on=date(2026, 3, 1))

        assert connection.scalar(text("SELECT balance FROM student_balance WHERE student_id = 1")) == 0
        for forbidden in (
            "UPDATE student_balance SET balance = 0",
            "DELETE FROM line",
            "DROP TRIGGER entry_guard ON entry",
        ):
            with (
                pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
                connection.begin_nested(),
            ):
                connection.exec_driver_sql(forbidden)
        connection.rollback()


def test_the_service_takes_whole_numbers_only(database: Database) -> None:
    """PostgreSQL would round half a cent without a word."""
    books(database)
    before = truth(database)

    for amount in (10.0, 10.5, True, "10", Decimal(10), None):
        with pytest.raises(BadAmount), database.writing() as session:
            make.pay(session, ANN, amount)  # type: ignore[arg-type]

    assert truth(database) == before
