"""The page of cash-ups: a till is counted, looked at by another, banked, and the day closed."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from school.access.models import User
from school.access.rules import COMMAND_LINE, FINANCE, Actor
from school.cashier import queries
from school.cashier import service as cashier
from school.db import Database
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.service import Share, TenderPart
from school.ui.cashier import banking, history, papers
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text


@pytest.fixture
def school(books: Database) -> Database:
    """Today finn took 15.00 in cash and 40.00 by cheque; bea signs."""
    with books.writing() as session:
        make.student(session, "Ann Abel", admission_no="A-17")
        people.user(session, FINANCE, name="bea")
        take(session, 1_500, "CASH")
        take(session, 4_000, "CHEQUE")
    return books


def somebody(session: Session, name: str) -> Actor:
    user_id = session.scalars(select(User.id).where(User.name == name)).one()
    return replace(COMMAND_LINE, user_id=user_id, name=name)


def take(session: Session, amount: int, tender: str, name: str = "finn") -> None:
    service.record_payment(
        session,
        actor=somebody(session, name),
        request_id=make.request_id(),
        shares=[Share(1, amount)],
        tenders=[TenderPart(tender, amount)],
        reference="CHQ 17",
    )


def counted(session: Session, cash: int, **how: object) -> int:
    return cashier.count(
        session,
        actor=somebody(session, "finn"),
        request_id=make.request_id(),
        through_entry=ledger.last_entry(session),
        coins={cash: 1},
        counted={"CHEQUE": 4_000},
        **how,  # type: ignore[arg-type]
    )


def figures(at: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in at.metric}


def fill(at: AppTest, **fields: str) -> AppTest:
    for key, value in fields.items():
        at.text_input(key=f"cashup.{key.replace('__', '.')}").set_value(value)
    return at


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=f"cashup.{key}").click().run()
    assert not at.exception
    return at


def test_a_till_is_counted_coin_by_coin_and_a_variance_is_explained(
    school: Database, open_page: Open
) -> None:
    at = open_page("cashup", name="finn")
    assert figures(at) == {"In your till (USD)": "55.00", "Cash": "15.00", "Cheque": "40.00"}

    press(at, "record")
    assert errors(at) == ["Count the cash. If there is none, type a 0 here."]
    press(fill(at, coin__1000="1"), "record")
    assert errors(at) == ["Type what you have as Cheque: 0 if nothing."]
    press(fill(at, counted__CHEQUE="40", coin__100="4"), "record")
    assert errors(at) == ["Cash is 1.00 short: say why."]
    assert list(at.dataframe[0].value["Variance"]) == ["1.00 short", "agrees"]
    press(fill(at, reason="Gave change twice"), "record")

    assert "Cash-up 1 is recorded: USD 54.00 counted, 1.00 short." in at.success[0].value
    with school.reading() as session:
        found = queries.count(session, 1)
    assert (found.coins, found.reason) == (((1_000, 1), (100, 4)), "Gave change twice")


def test_what_comes_in_while_counting_is_said_and_what_was_counted_stays(
    school: Database, open_page: Open
) -> None:
    at = fill(open_page("cashup", name="finn"), coin__1000="1", coin__500="1", counted__CHEQUE="40").run()
    with school.writing() as session:
        take(session, 700, "CASH")

    press(at, "record")
    assert "came into the till while you counted" in errors(at)[0]
    assert "R-000003 came in while you counted: USD 7.00. It is left to the next count." in text(at)
    assert at.text_input(key="cashup.coin.1000").value == "1"
    press(press(at, "take_in"), "record")
    assert errors(at) == ["Cash is 7.00 short: say why."]
    press(fill(at, coin__500="2", coin__100="2"), "record")

    with school.reading() as session:
        assert queries.count(session, 1).expected == 6_200


def test_another_signs_what_was_counted(school: Database, open_page: Open) -> None:
    with school.writing() as session:
        number = counted(session, 1_500)

    own = open_page("cashup", name="finn", cash_up=str(number))
    assert "cashup.sign" not in [button.key for button in own.button]
    waiting = open_page("cashup", name="bea", **{"cashup.view": "To sign"})
    assert list(waiting.dataframe[0].value["Cashier"]) == ["finn"]
    at = press(open_page("cashup", name="bea", cash_up=str(number)), "sign")

    assert at.success[0].value == "Cash-up 1 of finn is signed."
    with school.reading() as session:
        assert queries.count(session, number).signed_by == "bea"


def test_signed_money_is_banked_with_a_slip(school: Database, open_page: Open) -> None:
    with school.writing() as session:
        cashier.sign(session, actor=somebody(session, "bea"), cash_up_id=counted(session, 1_500))
    at = open_page("cashup", name="finn", **{"cashup.view": "Banking"})
    assert figures(at) == {"Cash to bank (USD)": "15.00", "Cheque to bank (USD)": "40.00"}

    press(at, "make_slip")
    assert errors(at) == ["Name the bank or the account, as it stands on the slip."]
    at.segmented_control(key="cashup.tender").set_value("CHEQUE").run()
    press(fill(at, bank="City Bank"), "make_slip")

    assert at.title[0].value == "Deposit D-000001"
    assert list(at.dataframe[1].value["Reference"]) == ["CHQ 17"]


def test_a_day_is_closed_when_every_till_is_done_and_opened_with_a_reason(
    school: Database, open_page: Open
) -> None:
    days = {"cashup.view": "Days"}
    at = press(open_page("cashup", name="ada", **days), "close")
    assert errors(at) == ["20 Mar 2026 cannot be closed yet: the till of finn is not counted."]
    assert [link.label for link in at.page_link if "Count the till" in link.label] == [
        "Count the till of finn"
    ]
    with school.writing() as session:
        cashier.sign(session, actor=somebody(session, "bea"), cash_up_id=counted(session, 1_500))
    press(at, "close")
    assert figures(at)["The books are closed through"] == "Mar 20, 2026"

    at.date_input(key="cashup.through").set_value(make.TODAY.replace(day=19))
    press(at, "lock")
    assert errors(at) == ["Say why: the reason stays in the books."]
    press(fill(at, lock_reason="A payment was forgotten"), "lock")

    assert figures(at)["The books are closed through"] == "Mar 19, 2026"
    assert list(at.dataframe[-1].value["State"]) == ["Opened again"]


def test_a_closed_day_a_count_and_a_deposit_are_printed(school: Database) -> None:
    with school.writing() as session:
        number = counted(session, 1_400, reason="Gave change twice")
        cashier.sign(session, actor=somebody(session, "bea"), cash_up_id=number)
        how = {"request_id": make.request_id(), "account": "CHEQUE", "bank": "City Bank"}
        slip = cashier.deposit(session, actor=somebody(session, "finn"), cash_up_ids=[number], **how)
        cashier.close_day(session, actor=somebody(session, "ada"), day=make.TODAY)
    with school.reading() as session:
        page, banked = history.read(session, number), banking.read(session, slip.id)
        closed = queries.close_of(session, make.TODAY)
    assert closed is not None

    sheet = printed(papers.count_pdf(page.count, page.hash))
    paper = printed(papers.slip_pdf(banked.slip, banked.cheques))
    day = printed(papers.day_pdf(closed))

    assert all(text in sheet for text in ("USD 1.00", "Gave change twice", "bea", closed.last_hash))
    assert all(text in paper for text in ("D-000001", "City Bank", "CHQ 17", "40.00"))
    assert all(text in day for text in ("USD 55.00", "1.00 short", "D-000001", closed.last_hash))


def printed(pdf: bytes) -> str:
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return text.replace("\u200b", "")
