"""Every setting is kept where it belongs, told in words, and refused beside its field."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from school.access.models import User
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.service import Share, TenderPart
from school.reports import letterheads
from school.students import calendar, policies, promotion, queries
from tests import make, people
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One engine is enough here: what is written is tried on both in tests/students and tests/ledger."""
    return sqlite_database


def opened(open_page: Open, view: str, **address: str) -> AppTest:
    at = open_page("settings", name="ada", **{"settings.view": view, **address})
    assert not at.exception
    return at


def press(at: AppTest, button: str, **fields: object) -> AppTest:
    for name, value in fields.items():
        at.get_by_key(f"settings.{name}").set_value(value)
    at.button(key=f"settings.{button}").click().run()
    assert not at.exception
    return at


def told(at: AppTest) -> list[str]:
    return [one.value for one in at.success]


def test_the_school_is_changed_and_its_currency_only_before_the_first_entry(
    books: Database, open_page: Open
) -> None:
    at = press(
        opened(open_page, "School"), "keep_school", name="Valley School", address="Road 1", currency="KES"
    )

    with books.reading() as session:
        school = queries.school(session)
    assert (school.name, school.address, school.currency.code) == ("Valley School", "Road 1", "KES")
    assert told(at) == ["Valley School is kept. New documents say it so from now on."]

    with books.writing() as session:
        make.bill(session, make.student(session), (100, make.TODAY))
    assert "The currency is KES. It stays" in text(opened(open_page, "School"))


def test_what_another_changed_of_the_school_meanwhile_stays(books: Database, open_page: Open) -> None:
    at = opened(open_page, "School")
    with books.writing() as session:
        facts = {"name": "Hill School", "address": "Road 7", "how_to_pay": "At the office"}
        calendar.change_school(session, actor=COMMAND_LINE, **facts)
    press(at, "keep_school", address="Road 1")
    assert "“Road 7”" in errors(at)[0]
    press(at, "keep_school", name="Valley School")

    with books.reading() as session:
        school = queries.school(session)
    assert (school.name, school.address, school.how_to_pay) == ("Valley School", "Road 1", "At the office")


def test_the_language_of_documents_says_whether_there_are_words_in_it(
    books: Database, open_page: Open
) -> None:
    shown = text(press(opened(open_page, "School"), "keep_school", locale="pl-PL"))

    assert "no words in Polski (Polska) yet, so they are in English" in shown
    assert "Polski (Polska) · words in English" in opened(open_page, "School").selectbox[1].options
    again = text(press(opened(open_page, "School"), "keep_school", locale="sw-KE"))
    assert "no words" not in again


LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def test_a_logo_is_a_picture_that_can_be_printed(books: Database, open_page: Open) -> None:
    at = opened(open_page, "School")
    at.file_uploader(key="settings.logo").upload("logo.svg", b"no picture")
    press(at, "keep_school", name="Valley School")

    assert errors(at) == ["This file is no picture that can be printed: choose a PNG, JPEG or SVG."]
    assert at.text_input(key="settings.name").value == "Valley School"
    at.file_uploader(key="settings.logo").upload("logo.svg", LOGO)
    press(at, "keep_school")
    with books.reading() as session:
        assert letterheads.logo(session) == LOGO
    press(opened(open_page, "School"), "keep_school", no_logo=True)
    with books.reading() as session:
        assert letterheads.logo(session) is None


def test_a_year_is_proposed_from_the_one_before_and_added_with_its_terms(
    books: Database, open_page: Open
) -> None:
    at = press(opened(open_page, "Years and terms", **{"settings.year": "A new year"}), "keep_year_0")

    with books.reading() as session:
        added = queries.years(session)[-1]
        terms = [t.starts_on for t in queries.terms(session) if t.year_id == added.id]
    assert (added.name, added.starts_on, added.ends_on) == ("2027", date(2027, 1, 1), date(2027, 12, 31))
    assert terms == [date(2027, 1, 5), date(2027, 3, 2), date(2027, 9, 1)]
    assert told(at) == ["2027 is added, with 3 terms."]


def test_a_term_with_entries_in_the_days_between_keeps_its_first_day(
    books: Database, open_page: Open
) -> None:
    with books.writing() as session:
        make.bill(session, make.student(session), (100, make.TODAY), on=date(2026, 3, 10))
    at = opened(open_page, "Years and terms")
    first = {"year_1_term_1_from": date(2026, 3, 12)}

    press(at, "keep_year_1", **first)

    assert errors(at) == ["Term 2 keeps its first day: entries are dated between the old and the new one."]
    assert at.date_input(key="settings.year_1_term_1_from").value == date(2026, 3, 12)
    press(at, "keep_year_1", year_1_term_1_from=date(2026, 3, 9), year_1_name="This year")
    with books.reading() as session:
        assert queries.terms(session)[1].starts_on == date(2026, 3, 9)
        assert queries.years(session)[0].name == "This year"


def test_a_class_is_added_in_its_place_and_a_name_in_use_is_refused(books: Database, open_page: Open) -> None:
    at = press(opened(open_page, "Classes"), "keep_class_0", class_name_0="form 2")
    assert errors(at) == ["There is a class form 2 already."]

    at = press(at, "keep_class_0", class_name_0="Form 0", class_after_0="First of all")

    with books.reading() as session:
        assert [c.name for c in queries.classes(session)] == ["Form 0", "Form 1", "Form 2"]
    assert told(at) == ["Form 0 is added."]
    assert at.text_input(key="settings.class_name_0").value == ""

    at = press(at, "keep_class_0", class_name_0="Form 0", class_after_0="First of all")
    assert (told(at), errors(at)) == (["Form 0 is added."], []), "a third press, sent before the answer"
    at = press(at, "keep_class_0", class_name_0="Form 2", class_after_0="First of all")
    assert (told(at), errors(at)) == ([], ["There is a class Form 2 already."])


def test_tenders_are_added_and_taken_out_of_use_and_the_last_one_stays(
    books: Database, open_page: Open
) -> None:
    at = opened(open_page, "Tenders and accounts")
    press(at, "keep_tender", new_account_name="Second bank", new_account_code="bank2")
    assert told(at) == ["Second bank is added: payments may come so from now on."]

    at = opened(open_page, "Tenders and accounts", **{"settings.account": "Cash"})
    press(at, "keep_account_CASH", account_name_CASH="Coins", account_active_CASH=False)

    with books.reading() as session:
        found = {a.code: (a.name, a.active) for a in ledger.accounts(session, type="tender")}
    assert found["BANK2"] == ("Second bank", True)
    assert found["CASH"] == ("Coins", False)


def test_receipts_go_on_under_other_letters_from_number_one(books: Database, open_page: Open) -> None:
    with books.writing() as session:
        student_id = make.student(session)
        make.pay(session, student_id, 100)
    at = press(opened(open_page, "Numbering"), "keep_numbering", series_payment="F")
    assert errors(at) == ["F numbers refunds: choose other letters."]

    press(at, "keep_numbering", series_payment="r27")

    assert told(at) == ["The next receipt is R27-000001, the next refund F-000001."]
    with books.writing() as session:
        assert make.pay(session, student_id, 100).document == "R27-000001"


def test_limits_are_amounts_or_nothing(books: Database, open_page: Open) -> None:
    at = press(opened(open_page, "Limits"), "keep_limits", limit_write_off_limit="much")
    assert errors(at) == ["“much” is not an amount like 1,250.00."]

    press(at, "keep_limits", limit_write_off_limit="50.00", limit_refund_limit="0")

    assert told(at) == ["Kept: write-offs up to 50.00, refunds up to 0.00."]
    with books.reading() as session:
        assert policies.policy(session, policies.WRITE_OFF_LIMIT) == 5_000


def test_a_period_is_closed_with_a_reason_and_the_history_says_by_whom(
    books: Database, open_page: Open
) -> None:
    at = press(opened(open_page, "Period lock"), "keep_lock", locked_through=date(2026, 2, 28))
    assert errors(at) == ["Say why: the reason stays in the books."]

    press(at, "keep_lock", lock_reason="February is reported")

    with books.reading() as session:
        assert ledger.locked_through(session) == date(2026, 2, 28)
    assert list(at.dataframe[0].value["By"]) == ["ada"]


def test_tills_that_are_not_done_are_named_with_their_money_before_a_period_is_closed(
    books: Database, open_page: Open
) -> None:
    with books.writing() as session:
        ann = make.student(session, "Ann")
        make.bill(session, ann, (9_000, make.TODAY))
        finn = people.signed_in(session, session.scalars(select(User.id).where(User.name == "finn")).one())
        for minor, tender in ((4_000, "CASH"), (500, "CARD")):
            service.record_payment(
                session,
                actor=finn,
                request_id=make.request_id(),
                date=make.TODAY,
                tenders=[TenderPart(tender, minor)],
                shares=[Share(ann, minor)],
            )
    at = opened(open_page, "Period lock")
    unasked = [one.value for one in at.warning]

    at.date_input(key="settings.locked_through").set_value(make.TODAY).run()
    warned = [one.value for one in at.warning]
    press(at, "keep_lock", lock_reason="March is reported")

    assert unasked == []
    assert [one.partition(". ")[0] for one in warned] == [
        "Not counted and signed up to Mar 20, 2026: the till of finn (USD 45.00)"
    ]
    assert told(at) == [
        "Nothing can be posted for Mar 20, 2026 or before any more. "
        "Not counted and signed yet: the till of finn (USD 45.00)."
    ]
    assert not at.warning


@pytest.fixture
def pupils(books: Database) -> dict[str, int]:
    with books.writing() as session:
        found = {
            "Ann": make.student(session, "Ann"),
            "Ben": make.student(session, "Ben", class_name="Form 2"),
            "Cat": make.student(session, "Cat", class_name="Form 2"),
        }
        make.bill(session, found["Ben"], (7_000, make.TODAY))
        make.bill(session, found["Ann"], (500, make.TODAY))
    return found


def test_the_new_year_is_looked_at_first_with_the_arrears_and_then_done(
    books: Database, open_page: Open, pupils: dict[str, int]
) -> None:
    at = opened(open_page, "New year")
    at.get_by_key("settings.find").set_value("cat").run()
    at.button(key="settings.add_otherwise").click().run()

    assert not at.exception
    assert at.query_params["otherwise"] == f"{pupils['Cat']}.2"
    assert [metric.value for metric in at.metric] == ["1", "1", "1", "75.00"]
    assert list(at.dataframe[0].value["Go to"]) == ["Form 2", "Leave 1, stay 1"]
    assert list(at.dataframe[1].value["Student"]) == ["Ben"]
    assert "1 owe USD 70.00 together." in text(at)
    with books.reading() as session:
        assert [year.name for year in queries.years(session)] == ["2026"]

    at.button(key="settings.promote").click().run()

    assert not at.exception
    assert told(at) == ["The students are in 2027: 1 went to another class, 1 stayed, 1 left the school."]
    with books.reading() as session:
        ann, ben = (queries.student(session, pupils[name]) for name in ("Ann", "Ben"))
        assert (ann.class_name, ben.status, ben.left_on) == ("Form 2", "left", date(2026, 12, 31))
        assert ledger.balance(session, ben.id) == 7_000
    at.button(key="settings.turn_seen").click().run()
    assert "The students are in 2027. It is turned again once it has begun." in text(at)
    assert "settings.promote" not in {button.key for button in at.button}


def test_who_looked_before_another_did_it_is_told_and_moves_nobody_twice(
    books: Database, open_page: Open, pupils: dict[str, int]
) -> None:
    first, second = opened(open_page, "New year"), opened(open_page, "New year")

    first.button(key="settings.promote").click().run()
    second.button(key="settings.promote").click().run()

    assert not second.exception
    with books.reading() as session:
        assert len(promotion.all_done(session)) == 1
        assert queries.student(session, pupils["Ann"]).class_name == "Form 2"


def test_a_student_added_since_the_dry_run_has_it_looked_at_again(
    books: Database, open_page: Open, pupils: dict[str, int]
) -> None:
    at = opened(open_page, "New year")
    with books.writing() as session:
        make.student(session, "Late")

    at.button(key="settings.promote").click().run()

    assert "Students were added or moved since you looked" in text(at)
    with books.reading() as session:
        assert promotion.all_done(session) == []


@pytest.mark.parametrize("view", ["School", "New year"])
def test_settings_are_for_who_keeps_them(open_page: Open, view: str) -> None:
    at = open_page("settings", name="finn", **{"settings.view": view})

    assert at.title[0].value == "Not for your role"
