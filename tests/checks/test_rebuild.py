"""Totals that do not follow from the entries are summed again; totals of false entries are not."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from school.access.rules import COMMAND_LINE
from school.audit import events
from school.audit import queries as audit
from school.checks import service
from school.checks.ledger import verify
from school.db import Database
from school.errors import RuleBroken
from school.ledger import guards
from tests import make


@pytest.fixture
def books(database: Database) -> Database:
    with database.writing() as session:
        make.school(session)
        make.bill(session, make.student(session), (500, make.TODAY), on=make.TODAY)
        session.execute(text("UPDATE student_balance SET balance = 499"))
        session.execute(text("DELETE FROM day_total"))
    return database


def test_totals_are_summed_again_and_the_audit_log_says_which_were_wrong(books: Database) -> None:
    with books.writing() as session:
        found = service.rebuild(session, actor=COMMAND_LINE)

    with books.reading() as session:
        noted = audit.latest(session, events.TOTALS_REBUILT, service.BOOKS)
        assert verify(session) == []
    assert {"balances", "day_totals"} <= {one.check for one in found}
    assert noted is not None
    assert noted.before == {"disagreements": [one.check for one in found]}


def test_totals_of_entries_that_were_changed_are_not(books: Database) -> None:
    with books.writing() as session:
        guards.remove(session.connection())
        session.execute(text("UPDATE line SET amount = 400"))
        guards.install(session.connection())

    with (
        pytest.raises(RuleBroken, match=r"Nothing was summed again\. .* restore"),
        books.writing() as session,
    ):
        service.rebuild(session, actor=COMMAND_LINE)

    with books.reading() as session:
        assert session.scalar(text("SELECT balance FROM student_balance")) == 499
