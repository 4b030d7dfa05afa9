"""Concessions and late fees on the page of fees: granted, approved, charged, waived, and told in words."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from school.access.rules import COMMAND_LINE, FINANCE
from school.db import Database
from school.fees import grants, late_fee_rules, schemes
from school.fees.conceding import Rate
from school.fees.models import Grant
from school.ledger import queries as ledger
from school.ui import late_fees_view
from tests import make, people
from tests.fees import schemes as tables
from tests.fees import structure
from tests.pages.conftest import Open
from tests.pages.test_payments import errors, text

CONCESSIONS, LATE = {"fees.view": "Concessions"}, {"fees.view": "Late fees"}


@pytest.fixture
def ann(books: Database) -> int:
    """Ann owes 100.00, due on 5 January; there is a staff scheme that needs approval."""
    with books.writing() as session:
        people.user(session, FINANCE, name="fay")
        tables.heads(session)
        schemes.add_scheme(
            session, actor=COMMAND_LINE, name="Staff", kind="staff", rates=[Rate(None, share_bp=50_00)]
        )
        student = make.student(session, "Ann Abel", admission_no="A-17")
        make.bill(session, student, (100_00, date(2026, 1, 5)), on=date(2026, 1, 5))
    return student


def told(at: AppTest) -> str:
    return "\n".join(message.value for message in at.success)


def states(books: Database) -> list[str]:
    with books.reading() as session:
        return list(session.scalars(select(Grant.state).order_by(Grant.id)))


def test_a_grant_is_given_at_once_for_the_term_that_is_billed(
    open_page: Open, books: Database, ann: int
) -> None:
    with books.writing() as session:
        structure.fees(session)
    structure.run(books)
    granted = {"fees.view": "Concessions", "do": "end", "grant": "1"}
    with books.writing() as session:
        tables.grant(session, ann, "STAFF")
    at, late = (open_page("fees", name=name, **granted) for name in ("finn", "fay"))
    assert "Not given yet of what is billed: USD 500.00 for Term 2 2026." in text(at)

    at.button(key="fees.give").click().run()
    late.button(key="fees.give").click().run()
    again = open_page("fees", name="finn", **granted)

    assert told(at) == "Staff for Ann Abel is given: USD 500.00 for Term 2 2026."
    assert told(late) == "It was given already: nothing more is forgiven."
    assert "Not given yet" not in text(again)
    with books.reading() as session:
        assert ledger.balance(session, ann) == 600_00


def test_a_grant_is_asked_for_by_one_and_approved_by_another(
    open_page: Open, books: Database, ann: int
) -> None:
    at = open_page("fees", name="finn", **CONCESSIONS)
    assert not at.exception
    at.button(key="fees.new_grant").click().run()
    at.text_input(key="fees.student_search").set_value("Abel").run()
    at.selectbox(key="fees.scheme").set_value("STAFF").run()
    at.button(key="fees.press").click().run()
    assert errors(at) == ["Say why: the reason stays in the books."]
    assert at.text_input(key="fees.student_search").value == "Abel"

    at.text_input(key="fees.reason").set_value("teaches here").run()
    at.button(key="fees.press").click().run()
    assert not at.exception
    assert "waits for the approval of another person" in told(at)
    assert states(books) == ["waiting"]
    assert not [b for b in at.button if b.key and b.key.startswith("fees.approve")]

    other = open_page("fees", name="fay", **CONCESSIONS)
    other.button(key="fees.approve.1").click().run()
    assert not other.exception
    assert "Staff for Ann Abel is approved" in told(other)
    assert states(books) == ["granted"]
    account = open_page("student", name="finn", student=str(ann), **{"student.view": "Family"})
    assert "Staff" in account.dataframe[0].value.to_string()

    late = open_page("fees", name="fay", do="end", grant="1", **CONCESSIONS)
    with books.writing() as session:
        grants.end(session, actor=COMMAND_LINE, grant_id=1, on=make.TODAY, reason="first")
    late.text_input(key="fees.reason").set_value("second")
    late.button(key="fees.press").click().run()
    assert "This grant is over already." in errors(late)


def test_a_scheme_is_added_changed_and_a_grant_ended(open_page: Open, books: Database, ann: int) -> None:
    with books.writing() as session:
        grant = tables.grant(session, ann, "STAFF")
    at = open_page("fees", name="finn", do="scheme", **CONCESSIONS)
    at.text_input(key="fees.name").set_value("Siblings")
    at.selectbox(key="fees.kind").set_value("sibling").run()
    at.text_input(key="fees.rates").set_value("10")
    at.text_input(key="fees.third").set_value("20,5")
    at.button(key="fees.press").click().run()
    assert errors(at) == [
        "Type a percentage above 0 and up to 100, with two decimals at most, such as 12.5 %."
    ]
    at.text_input(key="fees.third").set_value("20.5")
    at.button(key="fees.press").click().run()
    assert not at.exception
    assert "The scheme is added, on the account SIBLINGS." in told(at)
    gives = "2nd child 10 %, 3rd child 20.5 % of Tuition"
    assert gives in list(at.dataframe[0].value["Gives"])

    at = open_page("fees", name="finn", do="end", grant=str(grant), **CONCESSIONS)
    at.text_input(key="fees.reason").set_value("left the staff")
    at.button(key="fees.press").click().run()
    assert not at.exception
    assert states(books) == ["ended"]


def test_late_fees_are_shown_charged_taken_back_and_waived(
    open_page: Open, books: Database, ann: int
) -> None:
    at = open_page("fees", name="finn", do="rule", **LATE)
    at.text_input(key="fees.name").set_value("Late payment")
    at.text_input(key="fees.flat").set_value("10")
    at.text_input(key="fees.grace_days").set_value("7")
    at.date_input(key="fees.due_from").set_value(date(2026, 1, 1))
    at.button(key="fees.press").click().run()
    assert not at.exception
    assert [m.value for m in at.metric] == ["10.00", "1", "1"]

    at.button(key="fees.charge_late").click().run()
    assert not at.exception
    assert "Late fees of USD 10.00 are charged to 1 student." in told(at)
    assert [m.value for m in at.metric] == ["0.00", "0", "0"]

    at = open_page("fees", name="finn", do="undo_late", late_run="1", **LATE)
    at.text_input(key="fees.reason").set_value("the bank was closed")
    at.button(key="fees.press").click().run()
    assert not at.exception
    assert "The run is taken back: 1 entry reversed." in told(at)

    with books.reading() as session:
        charge = ledger.open_charges(session, ann)[0].line_id
    at = open_page("fees", name="finn", do="waive", charge=str(charge), **LATE)
    at.text_input(key="fees.reason").set_value("hospital")
    at.button(key="fees.press").click().run()
    assert not at.exception
    assert "costs nothing more for being late" in told(at)
    assert [m.value for m in at.metric] == ["0.00", "0", "0"]


@pytest.mark.parametrize("view", ["Concessions", "Late fees"])
def test_an_empty_school_is_told_kindly_and_odd_addresses_open_nothing(
    open_page: Open, books: Database, view: str
) -> None:
    about = {"grant": "99", "charge": "99", "late_run": "99", "fees.view": view}
    for do in ("", "grant", "end", "decide", "change", "waive", "undo_late", "end_rule", "x"):
        at = open_page("fees", name="finn", do=do, **about)
        assert not at.exception
    assert "yet" in text(at)


def test_a_large_school_works_out_its_late_fees_when_asked(
    open_page: Open, books: Database, ann: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_fees_view, "AT_ONCE", 0)
    with books.writing() as session:
        late_fee_rules.add_rule(
            session, actor=COMMAND_LINE, name="Late", due_from=date(2026, 1, 1), flat_minor=10_00
        )
    at = open_page("fees", name="finn", **LATE)
    assert not at.metric
    at.button(key="fees.look_late").click().run()
    assert not at.exception
    assert [m.value for m in at.metric] == ["10.00", "1", "1"]
