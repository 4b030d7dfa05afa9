"""A bug is one sentence with a number for the person, one line with the trace for the log, and no more."""

from __future__ import annotations

import json
import logging

import pytest
from streamlit.testing.v1 import AppTest

from school.errors import Unavailable


def breaks(error: Exception) -> None:
    import streamlit as st

    from school.ui import errors

    st.session_state["payments.draft"] = "half filled"
    st.text_input("Amount", key="payments.amount")
    if st.button("Break"):
        errors.on_script_error(error)


def break_with(error: Exception) -> AppTest:
    app = AppTest.from_function(breaks, args=(error,)).run()
    app.session_state["guard.sign_in"] = "row-7"
    app.text_input("payments.amount").set_value("12.50")
    app.query_params["payment"] = "the-request"
    return app.button[0].click().run()


def test_the_person_reads_one_sentence_and_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    app = break_with(ZeroDivisionError("division by zero"))

    assert len(app.error) == 1
    assert "incident" in app.error[0].value
    assert "look at the recent receipts" in app.error[0].value
    assert "division" not in app.error[0].value
    assert not app.exception


def test_the_log_has_one_line_that_finds_the_person_the_page_and_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = break_with(ZeroDivisionError("division by zero"))

    lines = [record for record in caplog.records if record.name == "school.ui.errors"]
    assert len(lines) == 1
    line = vars(lines[0])
    assert line["incident"] in app.error[0].value
    assert line["sign_in"] == "row-7"
    assert line["address"] == {"payment": "the-request"}
    assert line["exc_info"]


def test_the_half_filled_page_is_forgotten_the_person_and_the_request_are_not() -> None:
    app = break_with(ZeroDivisionError())

    assert "payments.draft" not in app.session_state
    assert app.session_state["guard.sign_in"] == "row-7"
    assert app.query_params["payment"] == "the-request"


def test_books_that_cannot_be_reached_are_no_incident(caplog: pytest.LogCaptureFixture) -> None:
    app = break_with(Unavailable("The books cannot be reached at this moment."))

    assert [error.value for error in app.error] == ["The books cannot be reached at this moment."]
    assert [record.levelno for record in caplog.records if record.name == "school.ui.errors"] == [
        logging.WARNING
    ]


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
    told = json.loads(lines[0])
    assert (told["level"], told["logger"], told["message"]) == ("ERROR", "school.test", "incident")
    assert told["incident"] == "ABC123"
    assert "ZeroDivisionError" in told["exc_info"]
