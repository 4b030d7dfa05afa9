"""The page of fees: a term is previewed, billed once and taken back; the structure is set up there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.fees import billing, queries
from school.students import queries as students
from tests import make
from tests.fees import structure
from tests.pages.conftest import Open
from tests.pages.test_payments import errors


@pytest.fixture
def school(books: Database) -> dict[str, int]:
    with books.writing() as session:
        structure.fees(session)
        ids = {name: make.student(session, name) for name in ("Ann", "Ben")}
        ids["Cem"] = make.student(session, "Cem", class_name=None)
        make.bill(session, ids["Ben"], (30_000, date(2026, 4, 1)))
    return ids


def column(at: AppTest, key: str, heading: str) -> list[str]:
    """Of the table of this key; a table that leads nowhere has none."""
    return next(
        list(table.value[heading])
        for table in at.dataframe
        if table.key in (key, None) and heading in table.value
    )


def due_date(at: AppTest) -> Any:
    return next(one for one in at.date_input if str(one.key).startswith("fees.due_date"))


def told(at: AppTest) -> str:
    return " ".join(one.value for one in at.success)


def test_a_term_is_previewed_billed_and_taken_back(
    books: Database, school: dict[str, int], open_page: Open
) -> None:
    at = open_page("fees", name="finn")
    assert not at.exception
    assert [one.value for one in at.metric] == ["2,700.00", "3 of 3", "2"]
    assert column(at, "fees.bills", "New") == ["1,000.00", "700.00", "1,000.00"]
    assert column(at, "fees.bills", "To look at") == [
        "",
        "Tuition: charged by hand already, 300.00",
        "in no class",
    ]

    for slip, refused in (
        (date(2025, 1, 1), "Choose a date from Mar 20, 2026 on."),
        (date(9999, 1, 1), "Choose a date up to"),
    ):
        due_date(at).set_value(slip)
        at.button(key="fees.bill").click().run()
        assert [error[: len(refused)] for error in errors(at)] == [refused]
    due_date(at).set_value(make.TODAY)
    at.button(key="fees.bill").click().run()

    assert "Term 2 2026 is billed: USD 2,700.00 to 3 students." in told(at)
    assert "Term 2 2026 is billed: a run would charge nothing new." in told(at)
    assert not [button for button in at.button if button.key == "fees.bill"]
    assert structure.balances(books) == dict.fromkeys(school.values(), 100_000)

    run_id = 1
    at.query_params.update({"do": "undo", "of": str(run_id)})
    at.run()
    at.button(key="fees.press").click().run()
    assert errors(at) == ["Say why: the reason stays in the books."]
    at.text_input(key="fees.reason").set_value("Wrong fees").run()
    at.button(key="fees.press").click().run()

    assert "3 entries of 3 students are reversed" in told(at)
    assert structure.balances(books) == {school["Ann"]: 0, school["Ben"]: 30_000, school["Cem"]: 0}
    assert column(at, "fees.runs", "State") == ["taken back: Wrong fees"]


def test_a_run_somebody_left_is_finished_by_whoever_opens_the_page(
    books: Database, school: dict[str, int], open_page: Open
) -> None:
    run_id = structure.begin(books)
    with books.writing() as session:
        billing.go_on(session, actor=COMMAND_LINE, run_id=run_id, students_max=1)

    at = open_page("fees", name="finn")

    assert "Term 2 2026 is billed: USD 2,700.00 to 3 students." in told(at)


def test_the_fee_structure_is_set_up_on_the_page(books: Database, open_page: Open) -> None:
    at = open_page("fees", name="finn", **{"fees.view": "Fee heads", "do": "head", "of": "TUITION"})
    at.button(key="fees.press").click().run()
    assert "Tuition is kept" in told(at)

    at = open_page("fees", name="finn", **{"fees.view": "Instalments", "do": "add_plan"})
    at.text_input(key="fees.name").set_value("Three parts")
    at.text_input(key="fees.share.3.0").set_value("40")
    at.button(key="fees.press").click().run()
    assert set(errors(at)) == {"The shares must add up to 100 %."}
    at.text_input(key="fees.share.3.1").set_value("30")
    at.text_input(key="fees.share.3.2").set_value("30 %")
    at.button(key="fees.press").click().run()
    assert "The plan is kept" in told(at)
    assert column(at, "fees.plans", "Due, from the first day of the term") == [
        "40 % when the term begins · 30 % after 30 days · 30 % after 60 days"
    ]

    at = open_page("fees", name="finn", **{"fees.view": "Fee structure", "do": "add_fee"})
    at.text_input(key="fees.amount").set_value("1,250.50")
    at.selectbox(key="fees.plan").set_value("1")
    at.button(key="fees.press").click().run()
    assert "The fee is kept" in told(at)
    assert column(at, "fees.by_class", "All must pay") == ["1,250.50", "1,250.50"]
    with books.reading() as session:
        (fee,) = queries.fees(session, students.years(session)[0].id)
    assert (fee.amount, fee.plan_id, fee.class_id) == (125_050, 1, None)
