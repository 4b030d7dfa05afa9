"""Entries in one statement, which PostgreSQL looks at together: each is refused as it would be alone."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import SQLAlchemyError

from school.checks.ledger import verify
from school.db import Database
from tests.ledger.attack import NEXT_ENTRY, NEXT_LINE, NEXT_RECEIPT, books, entry, line, send, truth

LINES = [line(), line(id=NEXT_LINE + 1, entry_id=NEXT_ENTRY + 1)]


def both(first: dict[str, object], second: dict[str, object]) -> str:
    """Two payments as one statement."""
    other: dict[str, object] = {
        "id": NEXT_ENTRY + 1,
        "no": NEXT_RECEIPT + 1,
        "request_id": "another-request",
    }
    return f"{entry(**first)}, {entry(**other | second).partition(' VALUES ')[2]}"


REFUSED = {
    "entry id must be last + 1": both({"id": NEXT_ENTRY + 1}, {"id": NEXT_ENTRY + 3}),
    "document number must be last + 1": both({}, {"no": NEXT_RECEIPT + 2}),
    "period is locked": both({}, {"date": "2025-12-31"}),
    "lines do not match the entry": both({"total": -11_00}, {"total": -9_00}),
    "lines do not suit the kind": both({}, {"kind": "concession"}),
}


def test_what_comes_with_another_entry_is_refused_as_if_it_came_alone(
    database: Database, subtests: pytest.Subtests
) -> None:
    books(database)
    before = truth(database)

    for refusal, statement in REFUSED.items():
        with subtests.test(refusal):
            with pytest.raises(SQLAlchemyError, match=refusal.replace("+", r"\+")):
                send(database, [*LINES, statement])
            assert truth(database) == before

    send(database, [*LINES, both({}, {})])
    assert len(truth(database)["entry"]) == len(before["entry"]) + 2
    with database.reading() as session:
        assert {one.check for one in verify(session)} == {"hash_chain"}  # the intruder's hashes are none
