"""The audit log on its page: searched by the address, each row leads to what it is about."""

from __future__ import annotations

import pytest

from school.access.rules import ADMINISTRATOR, COMMAND_LINE, Actor
from school.db import Database
from school.students import service as students
from school.ui import links
from school.ui.audit_goals import goal
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import text

ADA = Actor(1, "ada", "", None, frozenset({ADMINISTRATOR}))


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One engine is enough here: the search is tried on both engines in tests/reports."""
    return sqlite_database


def test_the_log_is_searched_and_read_in_plain_words(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        student_id = make.student(session, "Ann Abel")
        students.change_student(session, actor=COMMAND_LINE, student_id=student_id, notes="calls in May")

    at = open_page("audit", name="ada", **{"audit.search": "abel changed"})

    assert not at.exception
    rows = at.dataframe[0].value
    assert list(rows["What"]) == ["Changed a student"]
    assert list(rows["Of"]) == ["Ann Abel"]
    assert list(rows["Before and after"]) == ["notes: calls in May"]
    of_one = open_page("audit", name="ada", subject=f"student:{student_id}")
    assert of_one.button(key="audit.all").label == "Only Ann Abel"
    assert list(of_one.dataframe[0].value["What"]) == ["Changed a student", "Added a student"]
    at.get_by_key("audit.search").set_value("nobody at all").run()
    assert "Nothing matches." in text(at)


def test_older_rows_are_a_press_away(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        for n in range(60):
            make.student(session, f"Student {n:02d}")

    at = open_page("audit", name="ada")
    first = list(at.dataframe[0].value["Of"])
    at.button(key="audit.older").click().run()

    assert not at.exception
    assert len(first) == 50
    assert not set(first) & set(at.dataframe[0].value["Of"])
    at.button(key="audit.newest").click().run()
    assert list(at.dataframe[0].value["Of"]) == first


def test_a_row_leads_to_what_it_is_about() -> None:
    assert goal("student:7", "Ann", ADA) == (links.STUDENT, {"student": "7"})
    assert goal("account:CASH", "Cash", ADA)[1] == {
        "settings.view": "Tenders and accounts",
        "settings.account": "Cash",
    }
    assert goal("roles", "roles", ADA) == (links.AUDIT, {"subject": "roles"})
    assert goal("cash-up:3", "Cash-up 3", ADA) == (links.CASHUP, {"cash_up": "3"})
    assert goal("fee:18", "Tuition", ADA) == (links.AUDIT, {"subject": "fee:18"})
    assert goal("fee:18", "Tuition", COMMAND_LINE)[1] == {
        "fees.view": "Fee structure",
        "do": "fee",
        "of": "18",
    }


def test_the_log_is_not_for_everybody(open_page: Open) -> None:
    assert open_page("audit", name="finn").title[0].value == "Not for your role"
