"""A payment is found by typing, previewed, recorded exactly once, and answered with its receipt."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import queries, service
from school.ledger.queries import ReceiptRow
from school.ledger.service import ChargeItem
from school.ui import unwritten
from tests import make
from tests.interruptions import held
from tests.pages.conftest import Open

JAN, MAR, MAY = date(2026, 1, 15), date(2026, 3, 10), date(2026, 5, 4)


@pytest.fixture
def ann(books: Database) -> int:
    """Ann Abel, whose guardian is Mrs Abel, owes tuition of 1,000.00 and, later, transport of 200.00."""
    with books.writing() as session:
        student = make.student(session, "Ann Abel", admission_no="A-17", guardian="Mrs Abel")
        items = [ChargeItem("TUITION", 100_000, JAN), ChargeItem("TRANSPORT", 20_000, MAY)]
        make.bill(session, student, *items, on=JAN)
    return student


@pytest.fixture
def family(books: Database) -> list[int]:
    """Three children of Mrs Bell, who owe 500.00, 300.00 and 200.00 since March."""
    with books.writing() as session:
        children = [make.student(session, f"{name} Bell", guardian="Mrs Bell") for name in ("Bo", "Cy", "Di")]
        for child, owed in zip(children, (50_000, 30_000, 20_000), strict=True):
            make.bill(session, child, (owed, MAR), on=MAR)
    return children


def text(at: AppTest) -> str:
    shown = [*at.title, *at.header, *at.markdown, *at.caption, *at.info, *at.warning, *at.error]
    return "\n".join(str(element.value) for element in shown).replace("\\", "")


def errors(at: AppTest) -> list[str]:
    return [error.value for error in at.error]


def keys(at: AppTest) -> list[str]:
    return [button.key for button in at.button if button.key]


def press(at: AppTest) -> AppTest:
    at.button(key="payments.record").click().run()
    assert not at.exception
    return at


def pay(at: AppTest, amount: str) -> AppTest:
    at.radio(key="payments.tender").set_value("CASH")
    at.text_input(key="payments.amount").set_value(amount).run()
    return press(at)


def recorded(books: Database) -> list[ReceiptRow]:
    with books.reading() as session:
        return queries.recent_receipts(session, limit=50)


def balance(books: Database, student_id: int) -> int:
    with books.reading() as session:
        return queries.balance(session, student_id)


@pytest.mark.parametrize("typed", ["ann", "abel ann", "A-17", "mrs abel", "a17"])
def test_what_fits_one_student_finds_the_account(open_page: Open, ann: int, typed: str) -> None:
    at = open_page("payments", name="finn")

    at.text_input(key="payments.student").set_value(typed).run()

    assert not at.exception
    assert "Ann Abel" in text(at)
    assert "owes 1,200.00" in text(at)
    assert "1,000.00 overdue · 200.00 not yet due" in text(at)
    assert at.query_params["student"] == str(ann)


def test_what_fits_several_students_is_a_choice(open_page: Open, family: list[int]) -> None:
    at = open_page("payments", name="finn")

    at.text_input(key="payments.student").set_value("bell").run()
    offered = [key for key in keys(at) if key.startswith("payments.match.")]
    at.button(key=f"payments.match.{family[1]}").click().run()

    assert len(offered) == 3
    assert "payments.amount" in [field.key for field in at.text_input]
    assert at.query_params["student"] == str(family[1])


def test_the_own_name_comes_before_a_guardian_of_that_name(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        make.student(session, "Abe Zoe", guardian="Zuri Abe")
        own = make.student(session, "Zuri Zoe")
    at = open_page("payments", name="finn")

    at.text_input(key="payments.student").set_value("zuri").run()

    assert next(key for key in keys(at) if "match" in key) == f"payments.match.{own}"


def test_nobody_is_found_kindly(open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn")

    at.text_input(key="payments.student").set_value("[x](y) nobody").run()

    assert "Nobody is found by “[x](y) nobody”" in text(at)
    assert "payments.record" not in keys(at)


def test_other_words_let_the_student_go(open_page: Open, ann: int, family: list[int]) -> None:
    at = open_page("payments", name="finn", student=str(ann))

    at.text_input(key="payments.student").set_value("bell").run()

    assert "student" not in at.query_params
    assert "payments.record" not in keys(at)


def test_the_preview_says_what_the_payment_would_pay(open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))

    at.text_input(key="payments.amount").set_value("1,100.00").run()
    part = text(at)
    at.text_input(key="payments.amount").set_value("1250").run()

    assert "Pays Tuition, Term 1 in full and 100.00 of Transport, Term 1." in part
    assert "Pays Tuition, Term 1 and Transport, Term 1 in full; 50.00 stays as credit." in text(at)


def test_the_receipt_replaces_the_form(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.text_input(key="payments.reference").set_value("QX 12")

    pay(at, "1,100.00")

    assert "Receipt R-000001" in text(at)
    assert "USD 1,100.00** received by cash from Mrs Abel for Ann Abel (Form 1)." in text(at)
    assert "Ann Abel: :orange[owes 100.00] after this receipt." in text(at)
    assert "payments.record" not in keys(at)
    assert "payments.new" in keys(at)
    assert [(row.document, row.amount) for row in recorded(books)] == [("R-000001", 110_000)]
    assert balance(books, ann) == 10_000


def test_the_same_address_shows_the_receipt_again(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    request = at.query_params["payment"]
    pay(at, "40")

    again = open_page("payments", name="finn", student=str(ann), payment=request)

    assert "Receipt R-000001" in text(again)
    assert len(recorded(books)) == 1


def test_new_payment_is_a_new_form_for_anybody(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    before = at.query_params["payment"]
    pay(at, "40")

    at.button(key="payments.new").click().run()

    assert at.query_params["payment"] != before
    assert "student" not in at.query_params
    assert at.text_input(key="payments.student").value == ""


def test_a_form_sent_from_two_tabs_is_one_payment(books: Database, open_page: Open, ann: int) -> None:
    first = open_page("payments", name="finn", student=str(ann))
    second = open_page("payments", name="finn", student=str(ann), payment=first.query_params["payment"])
    pay(first, "40")

    second.text_input(key="payments.amount").set_value("40")
    second.radio(key="payments.tender").set_value("CASH")
    press(second)

    assert "Receipt R-000001" in text(second)
    assert not second.warning
    assert len(recorded(books)) == 1


def test_a_form_changed_in_another_tab_is_refused_by_name(books: Database, open_page: Open, ann: int) -> None:
    first = open_page("payments", name="finn", student=str(ann))
    second = open_page("payments", name="finn", student=str(ann), payment=first.query_params["payment"])
    pay(first, "40")

    second.text_input(key="payments.amount").set_value("4000")
    press(second)

    assert "This form is recorded as R-000001 already" in text(second)
    assert "Receipt R-000001" in text(second)
    assert [row.amount for row in recorded(books)] == [4_000]


WRONG_AMOUNTS = {
    "": "Type the amount received.",
    "forty": "“forty” is not an amount like 1,250.00.",
    "12.345": "“12.345” has more decimals than USD, which has 2.",
    "0": "Type an amount above zero.",
    "-5": "Type an amount above zero.",
    "9" * 30: f"“{'9' * 30}” is too large: 10,000,000,000.00 is the most.",
    "1e3": "“1e3” is not an amount like 1,250.00.",
}


@pytest.mark.parametrize(("typed", "sentence"), WRONG_AMOUNTS.items(), ids=["none", *list(WRONG_AMOUNTS)[1:]])
def test_a_wrong_amount_is_refused_beside_the_field_and_stays(
    books: Database, open_page: Open, ann: int, typed: str, sentence: str
) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.text_input(key="payments.reference").set_value("QX 12")

    pay(at, typed)

    assert errors(at) == [sentence]
    assert at.text_input(key="payments.amount").value == typed
    assert at.text_input(key="payments.reference").value == "QX 12"
    assert recorded(books) == []


def test_a_refusal_goes_when_the_amount_is_changed(open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    pay(at, "forty")

    at.text_input(key="payments.amount").set_value("40").run()

    assert errors(at) == []


def test_a_date_to_come_is_refused(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.date_input(key="payments.date").set_value(date(2026, 3, 21))

    pay(at, "40")

    assert errors(at) == ["Choose a date up to Mar 20, 2026."]
    assert at.text_input(key="payments.amount").value == "40"
    assert recorded(books) == []


def test_a_date_in_a_closed_period_is_refused(books: Database, open_page: Open, ann: int) -> None:
    with books.writing() as session:
        service.lock_period(session, actor=COMMAND_LINE, through=date(2026, 2, 28), reason="Audited")
    at = open_page("payments", name="finn", student=str(ann))
    at.date_input(key="payments.date").set_value(date(2026, 2, 27))

    pay(at, "40")

    assert errors(at) == ["The books are closed through 28 Feb 2026: use a later date, or have them opened."]
    assert recorded(books) == []


def test_no_date_at_all_is_refused(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.radio(key="payments.tender").set_value("CASH")
    at.text_input(key="payments.amount").set_value("40").run()
    at.date_input(key="payments.date").set_value(None)

    press(at)

    assert errors(at) == ["Choose a date."]
    assert recorded(books) == []


def test_a_date_that_was_emptied_or_lost_on_the_way_is_there_again(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.date_input(key="payments.date").set_value(date(2026, 3, 19)).run()

    at.date_input(key="payments.date").set_value(None).run()

    assert at.date_input(key="payments.date").value == date(2026, 3, 19)


def test_nobody_guesses_how_the_money_came(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.text_input(key="payments.amount").set_value("40")

    press(at)

    assert errors(at) == ["Choose how the money came."]
    assert recorded(books) == []


def test_a_student_who_left_may_pay_what_is_owed(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        gone = make.student(session, "Gil Gone", status="left")
    at = open_page("payments", name="finn", student=str(gone))

    pay(at, "40")

    assert "Receipt R-000001" in text(at)
    assert balance(books, gone) == -4_000


def test_the_same_amount_again_asks_first(books: Database, open_page: Open, ann: int) -> None:
    with books.writing() as session:
        make.pay(session, ann, 4_000)
    at = open_page("payments", name="finn", student=str(ann))

    pay(at, "40")
    asked, refused = [warning.value for warning in at.warning], errors(at)
    at.checkbox(key="payments.again").check().run()
    press(at)

    assert len(asked) == 1
    assert "R-000001 took 40.00 for Ann Abel" in asked[0].replace("\\", "")
    assert refused == ["R-000001 is the same amount a few minutes ago. Say that this is another payment."]
    assert [row.document for row in recorded(books)] == ["R-000002", "R-000001"]


def test_the_same_amount_recorded_while_a_press_waits_for_its_turn_asks_too(
    books: Database, open_page: Open, ann: int
) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.radio(key="payments.tender").set_value("CASH")
    at.text_input(key="payments.amount").set_value("40").run()
    assert unwritten.settled()

    with recorded_by_another_form(books, ann, 4_000):
        press(at)
    asked, refused, once = [warning.value for warning in at.warning], errors(at), recorded(books)
    at.checkbox(key="payments.again").check().run()
    press(at)

    assert len(asked) == 1
    assert "R-000001 took 40.00 for Ann Abel" in asked[0].replace("\\", "")
    assert refused == ["R-000001 is the same amount a few minutes ago. Say that this is another payment."]
    assert [row.document for row in once] == ["R-000001"]
    assert [row.document for row in recorded(books)] == ["R-000002", "R-000001"]


@contextmanager
def recorded_by_another_form(books: Database, student: int, amount: int) -> Iterator[None]:
    """A payment that has not landed when the block begins, and lands before anything else is written."""
    begun = Event()

    def record() -> None:
        with held.writers_held(books) as session:
            make.pay(session, student, amount)
            begun.set()
            held.writer_waits(books)

    with ThreadPoolExecutor(max_workers=1) as aside:
        landed = aside.submit(record)
        assert begun.wait(held.PATIENCE_S)
        yield
        landed.result(held.PATIENCE_S)


def test_one_form_pressed_in_two_tabs_is_answered_with_its_receipt_and_not_asked(
    books: Database, open_page: Open, ann: int
) -> None:
    first = open_page("payments", name="finn", student=str(ann))
    second = open_page("payments", name="finn", student=str(ann), payment=first.query_params["payment"])
    for tab in (first, second):
        tab.radio(key="payments.tender").set_value("CASH")
        tab.text_input(key="payments.amount").set_value("40").run()

    for tab in (first, second):
        press(tab)

    assert "Receipt R-000001" in text(second)
    assert [warning.value for warning in second.warning] == []
    assert [row.document for row in recorded(books)] == ["R-000001"]


def test_a_family_payment_goes_to_what_each_child_owes(
    books: Database, open_page: Open, family: list[int]
) -> None:
    at = open_page("payments", name="finn", student=str(family[0]))
    at.checkbox(key="payments.split_over_the_family").check().run()

    pay(at, "900")

    assert [balance(books, child) for child in family] == [0, 0, 10_000]
    assert [row.students for row in recorded(books)] == ["Bo Bell, Cy Bell, Di Bell"]


def test_a_family_payment_is_split_as_typed(books: Database, open_page: Open, family: list[int]) -> None:
    at = open_page("payments", name="finn", student=str(family[0]))
    at.checkbox(key="payments.split_over_the_family").check().run()
    at.text_input(key=f"payments.share.{family[2]}").set_value("150")

    pay(at, "400")

    assert [balance(books, child) for child in family] == [25_000, 30_000, 5_000]


def test_parts_that_exceed_the_amount_are_refused(
    books: Database, open_page: Open, family: list[int]
) -> None:
    at = open_page("payments", name="finn", student=str(family[0]))
    at.checkbox(key="payments.split_over_the_family").check().run()
    at.text_input(key=f"payments.share.{family[2]}").set_value("500")

    pay(at, "400")

    assert errors(at) == ["The parts add up to 500.00, more than the amount received."]
    assert recorded(books) == []


def test_two_tenders_are_one_receipt(books: Database, open_page: Open, ann: int) -> None:
    at = open_page("payments", name="finn", student=str(ann))
    at.checkbox(key="payments.two_tenders").check().run()
    at.radio(key="payments.tender_2").set_value("CARD")
    at.text_input(key="payments.amount_2").set_value("15")

    pay(at, "40")

    assert "received as 25.00 by cash and 15.00 by card" in text(at)
    assert [(row.tenders, row.amount) for row in recorded(books)] == [("Cash, Card", 4_000)]


def test_a_payment_for_one_charge_pays_that_charge(books: Database, open_page: Open, ann: int) -> None:
    with books.reading() as session:
        transport = queries.open_charges(session, ann)[1]
    at = open_page("payments", name="finn", student=str(ann))
    at.checkbox(key="payments.for_one_charge").check().run()
    at.selectbox(key="payments.pays").select(transport.line_id).run()

    pay(at, "200")

    with books.reading() as session:
        assert [charge.account for charge in queries.open_charges(session, ann)] == ["TUITION"]


def test_who_may_not_take_payments_sees_none_of_it(open_page: Open, ann: int) -> None:
    at = open_page("payments", name="hope", student=str(ann))

    assert "Ann" not in text(at)
    assert "Not for your role" in text(at)
