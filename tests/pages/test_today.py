"""Today shows each role what it came for, and one field leads to the payment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from school.access.models import User
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import service
from school.ledger.service import Share, TenderPart
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text


@pytest.fixture
def school(books: Database) -> Database:
    """Ann owes 100.00 since January; today finn took 15.00 in cash for her, somebody else 20.00 by card."""
    with books.writing() as session:
        ann = make.student(session, "Ann Abel", admission_no="A-17")
        make.bill(session, ann, (13_500, date(2026, 1, 15)), on=date(2026, 1, 15))
        finn = session.scalars(select(User.id).where(User.name == "finn")).one()
        make.pay(session, ann, 2_000, tender="CARD")
        service.record_payment(
            session,
            actor=replace(COMMAND_LINE, user_id=finn, name="finn"),
            request_id=make.request_id(),
            shares=[Share(ann, 1_500)],
            tenders=[TenderPart("CASH", 1_500)],
        )
    return books


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


def test_finance_sees_the_takings_of_the_day_and_the_own_till(school: Database, open_page: Open) -> None:
    at = open_page("today", name="finn")

    assert not at.exception
    assert figures(at) == {"In all": "35.00", "Cash": "15.00", "Card": "20.00"}
    assert [str(metric.delta) for metric in at.metric] == ["15.00 by you", "15.00 by you", "0.00 by you"]
    assert list(at.dataframe[0].value["Receipt"]) == ["R-000002"]


def test_a_head_sees_what_is_owed_and_how_it_moves(school: Database, open_page: Open) -> None:
    at = open_page("today", name="hope")

    assert not at.exception
    shown = figures(at)
    assert (shown["Owed in all"], shown["Overdue"], shown["Collected in Term 2"]) == (
        "100.00",
        "100.00",
        "35.00",
    )
    assert "Taken today" not in text(at)


def test_an_administrator_sees_the_state_of_the_books(school: Database, open_page: Open) -> None:
    at = open_page("today", name="ada")

    assert not at.exception
    shown = figures(at)
    assert (shown["The books"], shown["Failed sign-ins, 24 h"]) == ("Agree", "0")
    assert list(shown).index("The books") < list(shown).index("Owed in all")


def test_an_administrator_is_told_what_is_still_to_be_set_up_and_led_there(
    school: Database, open_page: Open
) -> None:
    at = open_page("today", name="ada")

    assert "Invoices and statements do not say how to pay yet." in text(at)
    assert "No student is in the books yet." not in text(at)
    (link,) = (one for one in at.page_link if one.label == "School")
    assert link.proto.query_string == "settings.view=School"
    assert "Still to be set up" not in text(open_page("today", name="finn"))


def test_an_administrator_is_told_when_the_books_disagree(school: Database, open_page: Open) -> None:
    with school.writing() as session:
        session.execute(sql("UPDATE student_balance SET balance = balance + 1"))

    at = open_page("today", name="ada")

    assert figures(at)["The books"] == "Disagree"
    assert any("balance" in error for error in errors(at))


@pytest.mark.parametrize(("name", "page"), [("finn", "payments"), ("hope", "student")])
def test_one_field_leads_on(school: Database, open_page: Open, name: str, page: str) -> None:
    at = open_page("today", name=name)

    at.text_input(key="today.student").set_value("abel").run()

    link = next(link for link in at.page_link if "Ann Abel" in link.label)
    assert link.proto.page.endswith(page)
    assert link.proto.query_string.startswith("student=")


def test_nobody_is_found_kindly(school: Database, open_page: Open) -> None:
    at = open_page("today", name="finn")

    at.text_input(key="today.student").set_value("zed").run()

    assert "Nobody is found by “zed”." in text(at)


def test_an_empty_day_is_said_kindly(books: Database, open_page: Open) -> None:
    for name in ("finn", "hope", "ada"):
        at = open_page("today", name=name)

        assert not at.exception
    assert "Nothing was taken yet today." in text(open_page("today", name="finn"))
