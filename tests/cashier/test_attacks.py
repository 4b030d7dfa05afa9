"""Raw SQL cannot bend counts, signatures, deposits or closed days; what gets past the guards is found."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from school.cashier import service as cashier
from school.checks import cash_ups
from school.checks.ledger import verify
from school.ledger import guards
from tests import make
from tests.cashier.conftest import Office, count, take
from tests.ledger.attack import send

SIGNATURE = "INSERT INTO cash_up_signature VALUES ({}, {}, {}, 'x', 'x')"
HEAD = (
    "INSERT INTO cash_up (id, request_id, cashier_id, cashier, date, after_entry, through_entry, counted_at,"
    " counted_by, cash_float, replaces) VALUES ({})"
)
DEPOSIT = (
    "INSERT INTO deposit VALUES ({}, 'request-of-an-intruder', 'CASH', {}, '2026-03-20', 'x', 'x', NULL, 'x')"
)
ATTACKS = {  # 1 and 2 are finn's, 2 is waiting; 3 is bea's, signed and in deposit 1
    "a count that expects less": (
        [
            "INSERT INTO cash_up_tender VALUES (4, 'CASH', 500, 500)",
            "INSERT INTO cash_up_coin VALUES (4, 500, 1)",
            HEAD.format("4, 'intruder-1', 1, 'finn', '2026-03-20', 3, 5, 'x', 'x', 0, NULL"),
        ],
        "what is expected is what the books say",
    ),
    "a count that begins later": (
        [HEAD.format("4, 'intruder-1', 1, 'finn', '2026-03-20', 5, 5, 'x', 'x', 0, NULL")],
        "a count begins where the last one ended",
    ),
    "a signed count made again": (
        [HEAD.format("4, 'intruder-1', 2, 'bea', '2026-03-20', 4, 5, 'x', 'x', 0, 3")],
        "a signed count stays",
    ),
    "a coin into a sealed count": (["INSERT INTO cash_up_coin VALUES (2, 100, 1)"], "the count is sealed"),
    "a tender into a sealed count": (
        ["INSERT INTO cash_up_tender VALUES (2, 'CARD', 0, 1)"],
        "the count is sealed",
    ),
    "a signature by who counted": ([SIGNATURE.format(2, 1, 1)], "second_person"),
    "a signature under another name": ([SIGNATURE.format(2, 2, 1)], "signed for another count"),
    "a signature of what was counted again": ([SIGNATURE.format(1, 1, 2)], "the count was made again"),
    "a deposit of what nobody signed": (
        ["INSERT INTO deposit_part VALUES (2, 2, 'CASH', 300)", DEPOSIT.format(2, 300)],
        "only signed counts are banked",
    ),
    "a deposit without parts": ([DEPOSIT.format(2, 300)], "parts do not match the deposit"),
    "a gap in deposits": ([DEPOSIT.format(7, 300)], "deposit id must be last"),
    "a part into a sealed deposit": (["INSERT INTO deposit_part VALUES (1, 3, 'CARD', 1)"], "is sealed"),
    "a close without a lock": (
        ["INSERT INTO day_close VALUES (1, '2026-03-20', 1, 6, 'x', 'x', NULL, 'x')"],
        "a day is closed by its lock",
    ),
    **{
        f"a change of {table}": ([f"UPDATE {table} SET {column} = {column}"], "are never changed")
        for table, column in (("cash_up", "reason"), ("cash_up_signature", "signed_by"), ("deposit", "bank"))
    },
    **{
        f"a removal from {table}": ([f"DELETE FROM {table}"], "are never removed")
        for table in ("cash_up_tender", "cash_up_coin", "deposit_part", "cash_up_signature")
    },
}
TAMPERED = {
    "an expectation": ("UPDATE cash_up_tender SET expected = expected - 1 WHERE cash_up_id = 2", "cash_ups"),
    "a coin": ("UPDATE cash_up_coin SET pieces = 2 WHERE cash_up_id = 2", "cash_ups"),
    "the beginning of a count": ("UPDATE cash_up SET after_entry = 1 WHERE id = 2", "cash_ups"),
    "a signature": ("UPDATE cash_up_signature SET counted_by_id = 1", "signatures"),
    "a deposit": ("UPDATE deposit SET amount = amount + 1", "deposits"),
    "a banked count": ("DELETE FROM cash_up_signature", "deposits"),
    "a closed day": ("UPDATE day_close SET last_hash = 'x'", "day_closes"),
}
CHECKS = {
    "cash_ups": cash_ups.counts,
    "signatures": cash_ups.signatures,
    "deposits": cash_ups.deposits,
    "day_closes": cash_ups.closes,
}


class Undo(Exception):
    pass


@pytest.fixture
def counted(office: Office) -> Office:
    with office.database.writing() as session:
        take(session, office.finn, office.ann, 300)
        first = count(session, office.finn, 200, reason="too fast")
        count(session, office.finn, 300, replaces=first)
        take(session, office.bea, office.ann, 500)
        third = count(session, office.bea, 500)
        cashier.sign(session, actor=office.ada, cash_up_id=third)
        take(session, office.finn, office.ann, 900)
        how = {"request_id": make.request_id(), "account": "CASH", "bank": "City Bank"}
        cashier.deposit(session, actor=office.finn, cash_up_ids=[third], **how)
    return office


def test_the_database_refuses_what_no_cashier_could_do(counted: Office) -> None:
    seen = {}
    for name, (statements, refusal) in ATTACKS.items():
        with pytest.raises(DBAPIError) as refused:
            send(counted.database, statements)
        seen[name] = refusal in str(refused.value)

    assert [name for name, is_so in seen.items() if not is_so] == []
    with counted.database.reading() as session:
        assert verify(session) == []


def test_what_was_changed_behind_the_guards_is_found(counted: Office) -> None:
    with counted.database.writing() as session:
        cashier.sign(session, actor=counted.ada, cash_up_id=2)
        cashier.sign(session, actor=counted.ada, cash_up_id=count(session, counted.finn, 900))
        cashier.close_day(session, actor=counted.ada, day=make.TODAY)
    found = {}
    with suppress(Undo), counted.database.writing() as session:
        guards.remove(session.connection())
        for name, (statement, check) in TAMPERED.items():
            with suppress(Undo), session.begin_nested():
                session.execute(text(statement))
                found[name] = CHECKS[check](session)
                raise Undo
        assert [CHECKS[check](session) for check in CHECKS] == [[], [], [], []]
        for statement, _ in list(TAMPERED.values())[-2:]:
            session.execute(text(statement))
        assert {one.check for one in verify(session)} == {"guards", "deposits", "day_closes"}
        raise Undo

    assert [name for name, wrong in found.items() if not wrong] == []
