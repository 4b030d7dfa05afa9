"""Whatever is wrong with the books is found by name, and nothing else is: every check bites, one at a time.

Each test tampers with the accountant's term behind the guards' back, in a transaction that is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from school.checks.findings import named
from school.checks.ledger import verify
from school.db import Database
from school.ledger import guards, projecting
from school.ledger.models import Entry, Line
from school.ledger.rules import ENTRY_HASHED, LINE_HASHED, entry_hash
from tests.ledger import hand_school

HandBooks = tuple[Database, dict[str, int]]

# entries: 1 opening, 4 and 5 bills, 8 a payment reversed by 10, 14 a transfer, 15 a write-off, 17 a payment
KEPT = {
    "a balance": ("UPDATE student_balance SET balance = balance + 1 WHERE student_id = 2", "balances"),
    "a missing balance": ("DELETE FROM student_balance WHERE student_id = 4", "balances"),
    "an open charge": ("UPDATE open_item SET open = open + 1 WHERE student_id = 3", "open_items"),
    "a missing open charge": (
        "DELETE FROM open_item WHERE student_id = 2 AND due_date = '2026-04-30'",
        "open_items",
    ),
    "an open charge that is paid": (
        "INSERT INTO open_item SELECT id, student_id, due_date, 1 FROM line WHERE entry_id = 6 AND n = 1",
        "open_items",
    ),
    "an open charge of another day": (
        "UPDATE open_item SET due_date = '2026-04-29' WHERE student_id = 5",
        "open_items",
    ),
    "a day": (
        "UPDATE day_total SET amount = amount - 1 WHERE account = 'CASH' AND date = '2026-01-20'",
        "day_totals",
    ),
    "a missing day": ("DELETE FROM day_total WHERE account = 'BANK'", "day_totals"),
    "a day too many": ("INSERT INTO day_total VALUES ('2026-01-02', 'CARD', 5)", "day_totals"),
    "a class": (
        "UPDATE class_total SET amount = amount + 1 WHERE account = 'TUITION' AND term_id = 1",
        "class_totals",
    ),
    "a missing class": ("DELETE FROM class_total WHERE account = 'MOBILE'", "class_totals"),
    "a due date": ("UPDATE due_total SET open = open + 1 WHERE due_date = '2026-04-30'", "due_totals"),
    "a missing due date": ("DELETE FROM due_total WHERE due_date = '2026-03-31'", "due_totals"),
    "what a class owes": ("UPDATE roll_total SET owed = owed - 1", "roll_totals"),
    "the head count": ("UPDATE roll_total SET students = students + 1", "roll_totals"),
    "a class that is not there": ("INSERT INTO roll_total VALUES (9, 'left', 1, 0, 0, 0)", "roll_totals"),
}
SEALED = {
    "a payer": "UPDATE entry SET payer = 'Mr X' WHERE id = 7",
    "a moment": "UPDATE entry SET at = '2026-03-15T12:00:00.000001Z' WHERE id = 9",
    "a cashier": "UPDATE entry SET actor = 'somebody' WHERE id = 12",
    "a memo": "UPDATE line SET memo = 'something else' WHERE entry_id = 5 AND n = 2",
    "the last hash": "UPDATE entry SET hash = 'x' WHERE id = 19",
}
RESEALED = {  # by one who also seals and sums everything again
    "an entry is gone": (
        "UPDATE entry SET id = 20 WHERE id = 19; UPDATE line SET entry_id = 20 WHERE entry_id = 19",
        "entry_numbers",
    ),
    "a receipt is gone": ("UPDATE entry SET no = 9 WHERE series = 'R' AND no = 5", "document_numbers"),
    "receipts change places": (
        "UPDATE entry SET no = 99 WHERE id = 8; UPDATE entry SET no = 2 WHERE id = 9;"
        "UPDATE entry SET no = 3 WHERE id = 8",
        "document_numbers",
    ),
    "a bill has a receipt number": (
        "UPDATE entry SET series = 'R', no = 6 WHERE id = 19",
        "document_numbers",
    ),
    "a line too few": ("UPDATE entry SET n_lines = 3 WHERE id = 4", "lines"),
    "another total": ("UPDATE entry SET total = total + 1 WHERE id = 4", "lines"),
    "a line is gone": ("DELETE FROM line WHERE entry_id = 16 AND n = 3", "lines"),
    "lines in another order": ("UPDATE line SET n = 7 WHERE entry_id = 16 AND n = 3", "lines"),
    "a bill takes cash": ("UPDATE line SET account = 'CASH' WHERE entry_id = 6", "kinds"),
    "an opening is called a late fee": ("UPDATE entry SET kind = 'late_fee' WHERE id = 1", "kinds"),
    "a payment is called a refund": (
        "UPDATE entry SET kind = 'refund', series = 'F', no = 2 WHERE id = 17",
        "kinds",
    ),
    "a charge is never due": ("UPDATE line SET due_date = NULL WHERE entry_id = 19", "due_dates"),
    "a transfer gives more": (
        "UPDATE line SET amount = amount + 1 WHERE entry_id = 14 AND amount > 0;"
        "UPDATE entry SET total = 1 WHERE id = 14",
        "clearing",
    ),
    "a credit pays a payment": (
        "UPDATE line SET pays = (SELECT id FROM line WHERE entry_id = 8) WHERE entry_id = 15",
        "pins",
    ),
    "a credit pays another student's charge": (
        "UPDATE line SET pays = (SELECT id FROM line WHERE entry_id = 11) WHERE entry_id = 18",
        "pins",
    ),
    "a reversal of other money": (
        "UPDATE line SET amount = 599 WHERE entry_id = 10; UPDATE entry SET total = 599 WHERE id = 10",
        "reversals",
    ),
    "a reversal of another class": ("UPDATE line SET class_id = 2 WHERE entry_id = 10", "reversals"),
    "a reversal before its original": ("UPDATE entry SET date = '2026-01-24' WHERE id = 10", "reversals"),
    "a reversal of nothing": ("UPDATE entry SET reverses = 999 WHERE id = 10", "reversals"),
    "a line of no class": ("UPDATE line SET class_id = 99 WHERE entry_id = 4", "foreign_keys"),
    "a line of no term": ("UPDATE line SET term_id = 99 WHERE entry_id = 4", "foreign_keys"),
    "a student of no family": ("UPDATE student SET family_id = 99 WHERE id = 1", "foreign_keys"),
    "a student of no class": ("UPDATE student SET class_id = 99 WHERE id = 1", "foreign_keys"),
}


class TakeBack(Exception):
    pass


@pytest.fixture
def books(hand_books: HandBooks) -> Iterator[Session]:
    """A write that never lands, without guards and with foreign keys that look away."""
    with suppress(TakeBack), hand_books[0].writing() as session:
        guards.remove(session.connection())
        if session.connection().dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session
        raise TakeBack


def tamper(session: Session, statements: str) -> None:
    for statement in statements.split(";"):
        session.execute(text(statement))


def seal_again(session: Session) -> None:
    """What an intruder does who knows how entries are chained."""
    entry, line, previous = Entry.__table__, Line.__table__, ""
    for sealed in session.execute(
        select(*(entry.c[name] for name in ENTRY_HASHED)).order_by(entry.c.id)
    ).all():
        lines = session.execute(
            select(*(line.c[name] for name in LINE_HASHED))
            .where(line.c.entry_id == sealed.id)
            .order_by(line.c.n)
        ).all()
        at = session.scalar(text("SELECT at FROM entry WHERE id = :id"), {"id": sealed.id})
        values = [at if name == "at" else value for name, value in zip(ENTRY_HASHED, sealed, strict=True)]
        previous = entry_hash(previous, values, [list(row) for row in lines])
        session.execute(entry.update().where(entry.c.id == sealed.id).values(hash=previous))


def found(session: Session, *, deep: bool = True) -> set[str]:
    return {finding.check for finding in verify(session, deep=deep)}


def test_nothing_is_found_in_the_accountants_term(hand_books: HandBooks) -> None:
    with hand_books[0].reading() as session:
        assert verify(session) == []
        assert verify(session, deep=False) == []


def test_nothing_is_found_in_empty_books(database: Database) -> None:
    with database.reading() as session:
        assert verify(session) == []
        assert verify(session, deep=False) == []


@pytest.mark.parametrize("what", KEPT)
def test_a_projection_that_was_changed_is_found(books: Session, what: str) -> None:
    statement, check = KEPT[what]
    tamper(books, statement)
    guards.install(books.connection())

    findings = verify(books)

    assert [finding.check for finding in findings] == [check]
    assert findings[0].severity == "error"
    assert "school rebuild" in findings[0].mend


@pytest.mark.parametrize("what", KEPT)
def test_a_rebuild_mends_every_projection(books: Session, what: str) -> None:
    tamper(books, KEPT[what][0])

    projecting.rebuild(books)

    assert verify(books) == []


@pytest.mark.parametrize("what", SEALED)
def test_what_was_changed_after_it_was_sealed_is_found(books: Session, what: str) -> None:
    tamper(books, SEALED[what])
    guards.install(books.connection())

    assert found(books) == {"hash_chain"}
    assert found(books, deep=False) == {"hash_chain"}


@pytest.mark.parametrize("what", RESEALED)
def test_what_no_writer_of_ours_does_is_found_even_when_sealed_and_summed_again(
    books: Session, what: str
) -> None:
    statement, check = RESEALED[what]
    tamper(books, statement)
    seal_again(books)
    projecting.rebuild(books)

    findings = verify(books)

    assert [finding.check for finding in findings] == [check]
    assert "restore" in findings[0].mend


def test_a_line_of_an_entry_that_never_came_is_found(books: Session) -> None:
    tamper(
        books,
        "INSERT INTO line (id, entry_id, n, student_id, account, amount) "
        "SELECT MAX(id) + 1, 20, 1, 4, 'CASH', -5 FROM line",
    )
    guards.install(books.connection())

    assert found(books) == {"lines"}


def test_a_guard_that_is_missing_or_changed_is_named(hand_books: HandBooks) -> None:
    with suppress(TakeBack), hand_books[0].writing() as session:
        table = "" if session.connection().dialect.name == "sqlite" else " ON line"
        session.execute(text(f"DROP TRIGGER line_guard{table}"))

        findings = verify(session, deep=False)
        raise TakeBack

    assert [finding.check for finding in findings] == ["guards"]
    assert "line_guard" in findings[0].message
    assert "migrate" in findings[0].mend


@pytest.mark.parametrize("what", ["a balance", "an open charge", "an open charge that is paid"])
def test_the_quick_check_recomputes_the_accounts_of_the_last_entries(books: Session, what: str) -> None:
    statement, check = KEPT[what]
    tamper(books, statement)
    guards.install(books.connection())

    assert check in found(books, deep=False)


@pytest.mark.parametrize(
    "what", ["a day", "a missing class", "a due date", "what a class owes", "the head count"]
)
def test_the_quick_check_compares_the_sums(books: Session, what: str) -> None:
    tamper(books, KEPT[what][0])
    guards.install(books.connection())

    assert found(books, deep=False) == {"sums"}


@pytest.mark.parametrize(
    "what", ["a bill takes cash", "a line is gone", "a reversal of another class", "a receipt is gone"]
)
def test_the_quick_check_replays_the_last_entries(books: Session, what: str) -> None:
    statement, check = RESEALED[what]
    tamper(books, statement)
    seal_again(books)
    projecting.rebuild(books)

    assert found(books, deep=False) == {check}


def test_the_quick_check_begins_in_the_middle_of_long_books(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("school.checks.ledger.RECENT", 5)
    hand_school.tell(database)

    with database.reading() as session:
        assert verify(session, deep=False) == []


def test_a_finding_names_the_student_by_admission_number(books: Session) -> None:
    tamper(books, KEPT["a balance"][0])
    guards.install(books.connection())

    assert "student S002" in verify(books)[0].message


def test_many_things_are_counted_rather_than_named() -> None:
    assert named(["1"]) == "1"
    assert named(["1", "2", "3"]) == "1, 2 and 3"
    assert named([str(n) for n in range(1, 46)]) == "1, 2, 3, 4, 5 and 40 more"
