"""One family account on one page: what it owes in all, its statement, and who pays which part."""

from __future__ import annotations

import pytest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.students import payers, queries
from tests import make
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text
from tests.pages.test_student import figures


@pytest.fixture
def family(books: Database) -> tuple[int, int]:
    """(family, guardian): Ann owes 900.00 and Abe 100.00; they are of Mrs Abel."""
    with books.writing() as session:
        ann, abe = (make.student(session, name, guardian="Mrs Abel") for name in ("Ann Abel", "Abe Abel"))
        make.bill(session, ann, (900_00, make.TODAY))
        make.bill(session, abe, (100_00, make.TODAY))
        return queries.student(session, ann).family_id, queries.guardians(session, ann)[0].id


def test_the_family_balance_stands_first_and_its_statement_runs_to_it(
    open_page: Open, family: tuple[int, int]
) -> None:
    at = open_page("family", name="hope", family=str(family[0]), **{"family.view": "Statement"})

    assert at.title[0].value == "Family of Mrs Abel"
    assert figures(at) == {"Family balance": ":orange[owes 1,000.00]"}
    assert list(at.dataframe[0].value["Student"]) == ["Ann Abel", "Abe Abel"]
    assert list(at.dataframe[0].value["Balance"]) == ["owes 900.00", "owes 1,000.00"]
    assert "family.pay" not in [button.key for button in at.button]


def test_finance_says_who_pays_and_each_payer_is_told_their_part(
    open_page: Open, family: tuple[int, int]
) -> None:
    at = open_page("family", name="finn", family=str(family[0]), **{"family.view": "Who pays"})

    at.text_input(key=f"family.share.{family[1]}").set_value("90")
    at.button(key="family.shares_so").click().run()
    refused = errors(at)
    at.text_input(key=f"family.share.{family[1]}").set_value("100")
    at.button(key="family.shares_so").click().run()

    assert refused == ["The shares add up to 90 %: make it 100 %, or leave all empty."]
    assert at.success[0].value == "The charges are shared anew."
    assert at.dataframe[0].value.iloc[0].tolist()[:3] == ["Mrs Abel", "owes 1,000.00", "100 %"]


def test_a_payer_sees_their_share_above_what_the_family_was_charged(
    books: Database, open_page: Open, family: tuple[int, int]
) -> None:
    with books.writing() as session:
        payers.share_charges(
            session, actor=COMMAND_LINE, family_id=family[0], shares={family[1]: payers.WHOLE}
        )
    view = {"family.view": "Statement", "family.for": "Mrs Abel, 100 %"}
    at = open_page("family", name="hope", family=str(family[0]), **view)

    assert figures(at)["Mrs Abel (USD)"] == ":orange[owes 1,000.00]"
    assert at.dataframe[0].value.to_numpy().tolist() == [
        ["Charged after concessions", "1,000.00", "1,000.00"],
        ["Paid", "0.00", "0.00"],
        ["Still owed", "owes 1,000.00", "owes 1,000.00"],
    ]
    assert list(at.dataframe[1].value["Balance"]) == ["owes 900.00", "owes 1,000.00"]


def test_a_family_payment_begins_with_the_child_who_owes_most(
    open_page: Open, family: tuple[int, int]
) -> None:
    at = open_page("family", name="finn", family=str(family[0]))

    at.button(key="family.pay").click().run()

    assert at.session_state["payments.split_over_the_family"] is True
    assert "Ann Abel" in text(at)


def test_no_family_is_said_kindly(open_page: Open, family: tuple[int, int]) -> None:
    at = open_page("family", name="hope", family="99")

    assert not at.exception
    assert "No family is chosen." in text(at)
