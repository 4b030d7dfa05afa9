"""A bug is one sentence with a number for the person, one line with the trace for the log, and no more."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from school import db
from school.access.rules import FINANCE, HEAD, Actor
from school.db import Database
from school.drafts import queries as drafting
from school.drafts import service as drafts
from school.errors import NotAllowed, NotFound, SchoolError
from school.incidents import queries
from school.settings import settings
from school.ui import errors
from tests import databases, make, people

REQUEST = str(uuid.UUID(int=7))
FINN = Actor(7, "finn", "Finn Obi", "row-7", frozenset({FINANCE}))
HOPE = Actor(8, "hope", "Hope Obi", "row-8", frozenset({HEAD}))


@pytest.fixture
def books(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The program pointed at a database of each engine."""
    monkeypatch.setenv("SCHOOL_DATABASE_URL", databases.url_text(database))
    settings.cache_clear()
    db.database.cache_clear()
    yield database
    errors.recorded()
    db.database().engine.dispose()
    db.database.cache_clear()
    settings.cache_clear()


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[None]:
    """The program pointed at books that are not there."""
    monkeypatch.setenv("SCHOOL_DATABASE_URL", f"sqlite:///{tmp_path / 'gone.db'}")
    settings.cache_clear()
    db.database.cache_clear()
    yield
    errors.recorded()
    db.database.cache_clear()
    settings.cache_clear()


def breaks(error: Exception, actor: object) -> None:
    import streamlit as st

    from school.ui import errors, leaving

    leaving.page_changed("payments")
    errors.remember(actor)
    st.session_state["payments.draft"] = "half filled"
    st.text_input("Amount", key="payments.amount")
    if st.button("Break"):
        errors.on_script_error(error)


def break_with(error: Exception, actor: Actor | None = FINN, **address: str) -> AppTest:
    app = AppTest.from_function(breaks, args=(error, actor)).run()
    app.session_state["guard.sign_in"] = "row-7"
    app.text_input("payments.amount").set_value("12.50")
    for name, value in (address or {"payment": REQUEST}).items():
        app.query_params[name] = value
    app.button[0].click().run()
    errors.recorded()
    return app


def raised(error: Exception) -> Exception:
    """The error with the trace of a place in this file."""
    try:
        raise error
    except type(error) as caught:
        return caught


def links(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "school.ui.errors"]


def test_the_person_reads_one_sentence_and_no_trace(books: Database) -> None:
    app = break_with(ZeroDivisionError("division by zero"))

    assert len(app.error) == 1
    assert "incident" in app.error[0].value
    assert "look at the recent receipts" in app.error[0].value
    assert "division" not in app.error[0].value
    assert not app.exception


def test_the_log_has_one_line_that_finds_the_person_the_page_and_the_request(
    books: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app = break_with(raised(ZeroDivisionError("division by zero")), payment=REQUEST, search="Amina Otieno")

    assert len(told(caplog)) == 1
    line = vars(told(caplog)[0])
    assert line["incident"] in app.error[0].value
    assert (line["user_id"], line["sign_in"]) == (7, "row-7")
    assert line["requests"] == {"payment": REQUEST}
    assert line["error"] == "ZeroDivisionError"
    assert line["place"].startswith("tests/ui/test_errors.py:")
    assert line["exc_info"]
    assert "Amina" not in str({name: value for name, value in line.items() if name != "exc_info"})


def test_the_incident_is_in_the_books_by_the_number_the_person_was_told(books: Database) -> None:
    app = break_with(raised(KeyError("Amina Otieno")))

    with books.reading() as session:
        (noted,) = queries.latest(session, 10)
    assert noted.number in app.error[0].value
    assert (noted.user_id, noted.request_id, noted.error) == (7, REQUEST, "KeyError")
    assert noted.place.startswith("tests/ui/test_errors.py:")


def test_the_page_is_opened_anew_with_its_requests_and_without_its_filters(books: Database) -> None:
    app = break_with(ZeroDivisionError(), payment=REQUEST, student="17", **{"students.search": "poison"})

    assert f'href="?payment={REQUEST}&amp;student=17"' in links(app)
    assert "poison" not in links(app)


def test_only_who_takes_payments_is_led_to_the_receipts(books: Database) -> None:
    assert 'href="/payments"' in links(break_with(ZeroDivisionError(), FINN))
    assert 'href="/payments"' not in links(break_with(ZeroDivisionError(), HOPE))


def test_the_half_filled_page_is_forgotten_the_person_and_the_request_are_not(books: Database) -> None:
    app = break_with(ZeroDivisionError())

    assert "payments.draft" not in app.session_state
    assert app.session_state["guard.sign_in"] == "row-7"
    assert app.query_params["payment"] == REQUEST


def test_a_refusal_that_no_page_caught_is_said_in_its_own_words(books: Database) -> None:
    app = break_with(NotFound("There is no such receipt."))

    assert app.error[0].value.startswith("There is no such receipt. It is noted as incident")


def test_what_one_may_not_do_is_no_incident(books: Database, caplog: pytest.LogCaptureFixture) -> None:
    app = break_with(NotAllowed("You may not reverse payments."))

    assert [error.value for error in app.error] == ["You may not reverse payments."]
    assert told(caplog) == []
    with books.reading() as session:
        assert queries.count(session) == 0


def test_books_that_are_away_cost_the_log_its_row_and_nobody_else_anything(
    nowhere: None, caplog: pytest.LogCaptureFixture
) -> None:
    app = break_with(ZeroDivisionError())

    assert "incident" in app.error[0].value
    assert len(told(caplog)) == 1


def test_what_one_has_typed_is_set_aside_only_when_the_page_breaks_again(books: Database) -> None:
    with books.writing() as session:
        make.school(session)
        actor = people.signed_in(session, people.user(session, FINANCE))
        drafts.keep(session, actor=actor, form="payment", request_id=REQUEST, fields={"amount": "12.50"})
    found = {"user_id": actor.user_id, "form": "payment", "request_id": REQUEST}

    break_with(ZeroDivisionError(), actor)
    with books.reading() as session:
        after_one = drafting.fields(session, **found)
    break_with(ZeroDivisionError(), actor)
    break_with(ZeroDivisionError(), actor)

    assert after_one == {"amount": "12.50"}
    with books.reading() as session:
        assert drafting.fields(session, **found) is None
        assert drafting.fields(session, **{**found, "form": "aside payment"}) == {"amount": "12.50"}


@pytest.mark.parametrize("error", [SchoolError("No."), ValueError("no")], ids=["ours", "not ours"])
def test_nobody_need_be_signed_in_to_meet_one(books: Database, error: Exception) -> None:
    app = break_with(error, None)

    assert "incident" in app.error[0].value
    with books.reading() as session:
        assert queries.latest(session, 1)[0].user_id is None


def test_a_line_of_the_log_is_one_json_object_with_the_trace_inside(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from school import log

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        log.start()
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            logging.getLogger("school.test").exception("incident", extra={"incident": "ABC123"})
    finally:
        root.handlers[:], root.level = handlers, level

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    line = json.loads(lines[0])
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "school.test", "incident")
    assert line["incident"] == "ABC123"
    assert "ZeroDivisionError" in line["exc_info"]
