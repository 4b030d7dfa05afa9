"""A form that was left is found again as it was left, by its own user, for the student it was meant for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import delete, event, select, text
from streamlit.testing.v1 import AppTest

from school.access.models import SignIn, User
from school.access.rules import FINANCE, Actor
from school.db import Database, database
from school.drafts import service
from school.drafts.models import Draft
from school.settings import ROOT
from school.ui import unwritten
from tests import make, people
from tests.interruptions import held
from tests.pages.conftest import Open
from tests.pages.test_payments import balance, errors, keys, pay, recorded
from tests.pages.test_payments import text as shown

MAR = date(2026, 3, 10)


@pytest.fixture
def zuri(books: Database) -> int:
    """Zuri owes tuition of 1,000.00 and transport of 200.00 and has a sister, Zola, who owes 300.00."""
    with books.writing() as session:
        one, other = (make.student(session, name, guardian="Mrs Otieno") for name in ("Zuri", "Zola"))
        make.bill(session, one, (100_000, MAR), (20_000, MAR), on=MAR)
        make.bill(session, other, (30_000, MAR), on=MAR)
    return one


@pytest.fixture
def writes(books: Database) -> Iterator[list[str]]:
    """Every statement that changed a row since."""
    seen: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            seen.append(statement)

    event.listen(database().engine, "before_cursor_execute", note)
    yield seen
    event.remove(database().engine, "before_cursor_execute", note)


def type_half(at: AppTest, amount: str = "400") -> AppTest:
    type_on(at, amount)
    assert unwritten.settled()
    return at


def type_on(at: AppTest, amount: str = "400") -> AppTest:
    at.text_input(key="payments.amount").set_value(amount)
    at.text_input(key="payments.reference").set_value("QX 12")
    at.text_input(key="payments.payer").set_value("An aunt")
    at.date_input(key="payments.date").set_value(date(2026, 3, 18))
    at.radio(key="payments.tender").set_value("CHEQUE").run()
    assert not at.exception
    return at


def fields(at: AppTest) -> tuple[object, ...]:
    texts = [at.text_input(key=f"payments.{name}").value for name in ("amount", "reference", "payer")]
    return (*texts, at.date_input(key="payments.date").value, at.radio(key="payments.tender").value)


LEFT = ("400", "QX 12", "An aunt", date(2026, 3, 18), "CHEQUE")
UNTOUCHED = ("", "", "", date(2026, 3, 20), None)


def kept(books: Database) -> list[dict[str, object]]:
    with books.reading() as session:
        return list(session.scalars(select(Draft.fields)))


def finn(books: Database) -> Actor:
    with books.writing() as session:
        user_id = session.scalars(select(User.id).where(User.name == "finn")).one()
        return people.signed_in(session, user_id)


def put(books: Database, request_id: str, fields: dict[str, object]) -> None:
    """A draft of finn's, as anything might have written it."""
    actor = finn(books)
    with books.writing() as session:
        service.keep(session, actor=actor, form="payment", request_id=request_id, fields=fields)


def test_the_same_address_brings_back_what_was_typed(open_page: Open, zuri: int) -> None:
    left = type_half(open_page("payments", name="finn", student=str(zuri)))

    again = open_page("payments", name="finn", **address(left))

    assert not again.exception
    assert fields(again) == LEFT


def address(at: AppTest) -> dict[str, str]:
    return {name: at.query_params[name] for name in ("payment", "student")}


def go_to(at: AppTest, there: dict[str, str]) -> AppTest:
    """The payment page at this address, in a tab that was open before."""
    at.switch_page(str(ROOT / "pages" / "payments.py"))
    for name, value in there.items():
        at.query_params[name] = value
    return at.run()


def test_while_another_writes_for_long_all_that_was_typed_is_found_and_the_next_key_loses_nothing(
    books: Database, open_page: Open, zuri: int
) -> None:
    left, again = open_page("payments", name="finn", student=str(zuri)), open_page("today", name="finn")

    with held.writers_held(books):
        type_on(left)
        at_once = fields(go_to(again, address(left)))
        again.text_input(key="payments.payer").set_value("An aunt and uncle").run()
        later = kept(books)
    again.text_input(key="payments.reference").set_value("QX 123").run()

    assert at_once == LEFT
    assert later == []
    assert unwritten.settled()
    (row,) = kept(books)
    assert {name.removeprefix("payments."): value for name, value in row.items()} == {
        "student": zuri,
        "amount": "400",
        "reference": "QX 123",
        "payer": "An aunt and uncle",
        "date": "2026-03-18",
        "tender": "CHEQUE",
    } | dict.fromkeys(("split_over_the_family", "two_tenders", "for_one_charge"), False)


def test_while_another_writes_for_long_it_is_offered_to_its_own_user_alone_and_can_be_given_up(
    books: Database, open_page: Open, zuri: int
) -> None:
    with books.writing() as session:
        people.user(session, FINANCE, name="fay")
    left = open_page("payments", name="finn", student=str(zuri))
    own, other, offered = (open_page("today", name=name) for name in ("finn", "fay", "fay"))

    with held.writers_held(books):
        type_on(left)
        assert "400.00** for Zuri" in shown(go_to(own, {}))
        assert "Begun and not recorded" not in shown(go_to(offered, {}))
        assert fields(go_to(other, address(left))) == UNTOUCHED
        own.button(key=f"payments.forget.{address(left)['payment']}").click().run()
        assert "Begun and not recorded" not in shown(own)

    assert unwritten.settled()
    assert kept(books) == []


def test_what_is_recorded_while_its_draft_waits_leaves_no_draft(
    books: Database, open_page: Open, zuri: int
) -> None:
    left = open_page("payments", name="finn", student=str(zuri))

    with held.writers_held(books) as session:
        type_on(left)
        held.writer_waits(books)
        make.pay(session, zuri, 40_000, request=address(left)["payment"])

    assert unwritten.settled()
    assert kept(books) == []


def test_what_the_books_did_not_take_is_found_all_the_same_and_written_with_the_next_draft(
    books: Database, open_page: Open, zuri: int
) -> None:
    left, other = (open_page("payments", name="finn", student=str(one)) for one in (zuri, zuri + 1))
    with books.writing() as session:
        session.execute(text("ALTER TABLE draft RENAME TO draft_elsewhere"))

    type_half(left)
    found = fields(open_page("payments", name="finn", **address(left)))
    with books.writing() as session:
        session.execute(text("ALTER TABLE draft_elsewhere RENAME TO draft"))
    type_half(other)

    assert found == LEFT
    assert {row["student"] for row in kept(books)} == {zuri, zuri + 1}


def test_what_comes_back_can_be_recorded_and_is_gone_then(
    books: Database, open_page: Open, zuri: int
) -> None:
    left = type_half(open_page("payments", name="finn", student=str(zuri)))
    again = open_page("payments", name="finn", **address(left))

    again.button(key="payments.record").click().run()

    assert "Receipt R-000001" in shown(again)
    assert [row.amount for row in recorded(books)] == [40_000]
    assert unwritten.settled()
    assert kept(books) == []


def test_a_page_that_was_left_brings_it_back(open_page: Open, zuri: int) -> None:
    at = type_half(open_page("payments", name="finn", student=str(zuri)))
    there = address(at)

    at.switch_page(str(ROOT / "pages" / "today.py")).run()

    assert fields(go_to(at, there)) == LEFT


def test_another_user_at_the_same_address_finds_an_empty_form(
    books: Database, open_page: Open, zuri: int
) -> None:
    left = type_half(open_page("payments", name="finn", student=str(zuri)))
    with books.writing() as session:
        people.user(session, FINANCE, name="fay")

    other = open_page("payments", name="fay", **address(left))
    offered = open_page("payments", name="fay")

    assert fields(other) == UNTOUCHED
    assert "Begun and not recorded" not in shown(offered)
    assert "An aunt" not in shown(other) + str(other.session_state)


def test_nothing_is_written_unless_what_stands_there_changed(
    books: Database, open_page: Open, zuri: int, writes: list[str]
) -> None:
    at = open_page("payments", name="finn", student=str(zuri))
    before = len(writes)
    for _ in range(20):
        at.run()
    assert unwritten.settled()
    assert len(writes) == before

    type_half(at)
    changed = [statement for statement in writes[before:] if "draft" in statement]
    for _ in range(20):
        at.run()
    assert unwritten.settled()

    assert [statement for statement in writes[before:] if "draft" in statement] == changed
    assert 1 <= len([statement for statement in changed if "INSERT" in statement]) <= 2


def test_what_is_emptied_again_is_no_draft(books: Database, open_page: Open, zuri: int) -> None:
    at = type_half(open_page("payments", name="finn", student=str(zuri)))

    for name in ("amount", "reference", "payer"):
        at.text_input(key=f"payments.{name}").set_value("")
    at.run()

    assert unwritten.settled()
    assert kept(books) == []


def test_rarer_kinds_of_payment_come_back_too(books: Database, open_page: Open, zuri: int) -> None:
    at = open_page("payments", name="finn", student=str(zuri))
    for flag in ("split_over_the_family", "two_tenders", "for_one_charge"):
        at.checkbox(key=f"payments.{flag}").check()
    at.run()
    at.text_input(key=f"payments.share.{zuri + 1}").set_value("150")
    at.radio(key="payments.tender_2").set_value("CARD")
    at.text_input(key="payments.amount_2").set_value("15")
    charge = at.selectbox(key="payments.pays").options[1]
    at.selectbox(key="payments.pays").select_index(1)
    type_half(at)

    again = open_page("payments", name="finn", **address(at))

    assert fields(again) == LEFT
    assert again.text_input(key=f"payments.share.{zuri + 1}").value == "150"
    assert again.radio(key="payments.tender_2").value == "CARD"
    assert again.text_input(key="payments.amount_2").value == "15"
    assert again.selectbox(key="payments.pays").options[1] == charge
    again.button(key="payments.record").click().run()
    assert balance(books, zuri + 1) == 15_000


def test_a_charge_paid_meanwhile_is_chosen_no_more(books: Database, open_page: Open, zuri: int) -> None:
    at = open_page("payments", name="finn", student=str(zuri))
    at.checkbox(key="payments.for_one_charge").check().run()
    type_half(at)
    with books.writing() as session:
        make.pay(session, zuri, 100_000)

    again = open_page("payments", name="finn", **address(at))

    assert not again.exception
    assert fields(again) == LEFT
    assert len(again.selectbox(key="payments.pays").options) == 1


ODD = {
    "nothing of the kind": {"payments.amount": 400, "payments.date": 5, "payments.two_tenders": "yes"},
    "no such choice": {"payments.tender": "BITCOIN", "payments.pays": 10**30, "payments.amount": "400"},
    "no such day": {"payments.date": "2026-02-31", "payments.amount": "400"},
    "keys of others": {
        "guard.user": 1,
        "student.amount": "4",
        "payments.draft": "x",
        "payments.amount": "400",
    },
    "nested": {"payments.amount": ["400"], "payments.tender": {"a": 1}, "payments.share.1.2": "4"},
    "endless": {"payments.amount": "9" * 2000, "payments.reference": "QX"},
    "nonsense": {"payments.amount": "four hundred", "payments.share.x": "4"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_whatever_is_stored_the_form_is_drawn_and_can_be_used(
    books: Database, open_page: Open, zuri: int, odd: dict[str, object]
) -> None:
    request_id = "5e1e7a84-158a-405a-9f6f-d906d3f39f4a"
    put(books, request_id, {"student": zuri, **odd})

    at = open_page("payments", name="finn", student=str(zuri), payment=request_id)
    at.date_input(key="payments.date").set_value(MAR)
    pay(at, "40")

    assert not at.exception
    assert errors(at) == []
    assert [row.amount for row in recorded(books)] == [4_000]


def test_a_draft_for_another_student_is_not_put_into_this_ones_form(
    books: Database, open_page: Open, zuri: int
) -> None:
    left = type_half(open_page("payments", name="finn", student=str(zuri)))

    at = open_page("payments", name="finn", payment=address(left)["payment"], student=str(zuri + 1))

    assert fields(at) == UNTOUCHED


def test_other_words_in_the_search_begin_another_form(books: Database, open_page: Open, zuri: int) -> None:
    at = type_half(open_page("payments", name="finn", student=str(zuri)))
    before = address(at)

    at.text_input(key="payments.student").set_value("zola").run()

    assert at.query_params["payment"] != before["payment"]
    assert at.query_params["student"] == str(zuri + 1)
    assert fields(at)[:3] == ("", "", "")
    assert [fields["student"] for fields in kept(books)] == [zuri]


def test_what_was_begun_is_offered_to_go_on_with_or_to_forget(
    books: Database, open_page: Open, zuri: int
) -> None:
    left = type_half(open_page("payments", name="finn", student=str(zuri)))

    at = open_page("payments", name="finn")
    offered = shown(at)
    at.button(key=f"payments.forget.{address(left)['payment']}").click().run()

    assert "400.00** for Zuri" in offered
    assert "Begun and not recorded" not in shown(at)
    assert kept(books) == []


def test_what_is_recorded_is_not_offered(books: Database, open_page: Open, zuri: int) -> None:
    with books.writing() as session:
        make.pay(session, zuri, 4_000, request="request-recorded")
    put(books, "request-recorded", {"student": zuri, "payments.amount": "40"})

    assert "Begun and not recorded" not in shown(open_page("payments", name="finn"))


def test_of_many_drafts_the_last_few_are_offered_and_odd_ones_are_not(
    books: Database, open_page: Open, zuri: int
) -> None:
    for number in range(12):
        put(books, f"request-{number:04d}", {"student": zuri, "payments.amount": f"{number + 1}"})
    for number, student in enumerate((99_999, "1", None, True, -1, 1.5)):
        put(books, f"odd-{number:04d}", {"student": student, "payments.amount": "7"})

    at = open_page("payments", name="finn")

    assert not at.exception
    assert len([key for key in keys(at) if key.startswith("payments.forget.")]) == 3


def test_a_disabled_user_who_presses_record_writes_nothing_and_sees_the_sign_in(
    books: Database, open_page: Open, zuri: int
) -> None:
    at = type_half(open_page("payments", name="finn", student=str(zuri)))
    with books.writing() as session:
        session.execute(delete(SignIn))

    at.button(key="payments.record").click().run()

    assert recorded(books) == []
    assert "payments.amount" not in [field.key for field in at.text_input]
    assert "An aunt" not in str(at.session_state)


def test_half_a_concession_comes_back_and_is_gone_when_it_is_recorded(
    books: Database, open_page: Open, zuri: int
) -> None:
    at = open_page("student", name="finn", student=str(zuri), do="concession")
    at.text_input(key="student.amount").set_value("12")
    at.text_input(key="student.reason").set_value("Bursary").run()
    assert unwritten.settled()
    there = {name: at.query_params[name] for name in ("student", "do", "action")}

    again = open_page("student", name="finn", **there)
    found = [again.text_input(key=f"student.{name}").value for name in ("amount", "reason")]
    again.button(key="student.record").click().run()

    assert found == ["12", "Bursary"]
    assert "Concession of USD 12.00 is recorded." in again.success[0].value
    assert unwritten.settled()
    assert kept(books) == []


def test_an_address_whose_fact_is_recorded_says_so_and_opens_no_dialog(
    books: Database, open_page: Open, zuri: int
) -> None:
    with books.writing() as session:
        make.pay(session, zuri, 1_000, request="5e1e7a84-158a-405a-9f6f-d906d3f39f4a")
    there = {"do": "concession", "action": "5e1e7a84-158a-405a-9f6f-d906d3f39f4a"}

    at = open_page("student", name="finn", student=str(zuri), **there)

    assert at.success[0].value == "Payment of USD 10.00 is recorded."
    assert "do" not in at.query_params
