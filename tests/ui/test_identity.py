"""Whenever the person behind a session changes, the session forgets everything before anything is drawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from school import clock, db, errors
from school.access import sign_ins
from school.access.models import SignIn
from school.access.rules import FINANCE, HEAD
from school.db import Database
from school.ui import identity
from tests import make, people

REQUEST = "2c1f0a52-6a4e-4a53-9a52-3f8f1f7f0d11"


@pytest.fixture
def books(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that `reading()` and `writing()` of this process open."""
    with database.writing() as session:
        make.school(session)
        people.everybody(session)
    monkeypatch.setattr(db, "database", lambda: database)
    return database


def page() -> None:
    import streamlit as st

    from school.ui import guard, identity

    actor = guard.require("payments.record")
    st.session_state.setdefault("drafts", []).append(actor.name)
    st.text(f"{actor.name}: {', '.join(st.session_state['drafts'])}")
    st.text(f"address: {', '.join(st.query_params) or 'empty'}")
    st.text_input("Amount", key="payments.amount")
    st.button("Sign out", key="out", on_click=identity.leave)


def opened(books: Database, role: str, name: str) -> str:
    with books.writing() as session:
        return str(people.signed_in(session, people.user(session, role, name=name)).sign_in_id)


def tab(sign_in_id: str | None) -> AppTest:
    app = AppTest.from_function(page, default_timeout=20)
    if sign_in_id:
        app.session_state[identity.SIGN_IN] = sign_in_id
    return app.run()


def type_in(app: AppTest, name: str) -> AppTest:
    app.text_input("sign_in.name").set_value(name)
    app.text_input("sign_in.password").set_value(people.PASSWORD)
    return app.button("sign_in.send").click().run()


def test_a_stranger_sees_the_sign_in_and_nothing_of_the_page(books: Database) -> None:
    app = tab(None)

    assert not app.exception
    assert [field.key for field in app.text_input] == ["sign_in.name", "sign_in.password"]
    assert not app.text


def test_a_person_without_the_capability_reads_one_sentence(books: Database) -> None:
    app = tab(opened(books, HEAD, "head_two"))

    assert not app.text
    assert not app.text_input
    assert "not part of your role" in app.info[0].value


def test_when_the_sign_in_ends_the_session_is_emptied(books: Database) -> None:
    sign_in_id = opened(books, FINANCE, "fin_two")
    app = tab(sign_in_id)
    app.text_input("payments.amount").set_value("12.50").run()
    assert app.text[0].value == "fin_two: fin_two, fin_two"

    with books.writing() as session:
        sign_ins.end(session, SignIn.id == sign_in_id, why="test")
    app.run()

    assert not app.text
    assert app.info[0].value == errors.SignInNeeded().sentence
    assert "drafts" not in app.session_state
    assert "payments.amount" not in app.session_state


def test_the_next_person_in_the_tab_finds_no_state_and_no_request_of_the_one_before(books: Database) -> None:
    first, second = opened(books, FINANCE, "first"), opened(books, FINANCE, "second")
    app = tab(first)
    app.query_params["payment"] = REQUEST
    app.run()

    with books.writing() as session:
        sign_ins.end(session, SignIn.id == first, why="test")
    app.run()
    app.session_state[identity.SIGN_IN] = second
    app.run()

    assert app.text[0].value == "second: second"


def test_signing_out_ends_the_row_and_empties_the_session(books: Database) -> None:
    sign_in_id = opened(books, FINANCE, "leaver")
    app = tab(sign_in_id)

    app.button("out").click().run()

    assert not app.text
    assert app.info[0].value == "You are signed out."
    with books.reading() as session:
        row = session.get(SignIn, sign_in_id)
        assert row is not None
        assert row.revoked_why == "signed out"


def test_the_same_person_signing_in_again_keeps_the_request_in_the_address(books: Database) -> None:
    """A payment whose outcome is unknown is found again after the sign-in has gone idle."""
    sign_in_id = opened(books, FINANCE, "returning")
    app = tab(sign_in_id)
    app.query_params["payment"] = REQUEST
    with books.writing() as session:
        sign_ins.end(session, SignIn.id == sign_in_id, why="idle")
    app.run()

    type_in(app, "returning")

    assert app.text[0].value == "returning: returning"
    assert app.query_params["payment"] == REQUEST


def test_somebody_else_signing_in_drops_the_request_in_the_address(books: Database) -> None:
    with books.writing() as session:
        people.user(session, FINANCE, name="one_before")
        people.user(session, FINANCE, name="one_after")
    app = type_in(tab(None), "one_before")
    app.query_params["payment"] = REQUEST
    app.run()
    assert app.text[1].value == "address: payment"
    app.button("out").click().run()

    type_in(app, "one_after")

    assert [text.value for text in app.text] == ["one_after: one_after", "address: empty"]


def filtered() -> None:
    import streamlit as st

    from school.ui import identity

    st.text_input("Search", key="students.search", bind="query-params")
    st.query_params["payment"] = "somebody's"
    identity._empty_address()
    st.text(", ".join(st.query_params))


def test_a_filter_bound_to_the_address_does_not_stop_the_change_of_person() -> None:
    app = AppTest.from_function(filtered, default_timeout=20)
    app.query_params["students.search"] = "otieno"

    app.run()

    assert not app.exception
    assert app.text[0].value == "students.search"


@pytest.mark.parametrize("held", ["", "x", "no-such-row", "' OR 1=1 --", 5, b"bytes"])
def test_a_session_that_holds_nonsense_is_a_strangers(books: Database, held: object) -> None:
    app = AppTest.from_function(page, default_timeout=20)
    app.session_state[identity.SIGN_IN] = held

    app.run()

    assert not app.exception
    assert not app.text


@pytest.mark.parametrize(
    "value", [None, "", "x", "A" * 42, "A" * 44, "A" * 42 + "!", "é" * 43, b"A" * 43, object()]
)
def test_a_cookie_of_another_shape_never_reaches_the_database(value: object) -> None:
    assert identity.usable_token(value) is None


def test_a_page_goes_on_under_a_sign_in_whose_cookie_the_browser_never_fetched(books: Database) -> None:
    with books.writing() as session:
        people.user(session, FINANCE, name="cookieless")
    app = type_in(tab(None), "cookieless")

    with clock.set_to(clock.now() + 2 * sign_ins.TICKET_LIFE):
        app.run()

    assert app.text[0].value.startswith("cookieless: ")


def test_the_last_use_is_written_when_it_is_old_and_not_before(books: Database) -> None:
    sign_in_id = opened(books, FINANCE, "seen")

    def last_seen() -> object:
        with books.reading() as session:
            row = session.get(SignIn, sign_in_id)
            assert row is not None
            return row.last_seen_at

    app = tab(sign_in_id)
    at_first = last_seen()
    app.run()
    unchanged = last_seen()
    with clock.set_to(clock.now() + timedelta(minutes=6)):
        app.run()
        then = last_seen()

    assert at_first == unchanged != then
