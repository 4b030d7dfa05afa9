"""The address names the form: whatever is reloaded carries the same request id, until the write is done."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.testing.v1 import AppTest

from school.ui import once


def form() -> None:
    import streamlit as st

    from school.ui import once

    st.text(once.ticket("payment"))
    st.button("Again")
    if st.button("New payment", key="new"):
        once.done("payment")
        st.rerun()


def test_the_id_is_made_once_and_stays_in_the_address() -> None:
    app = AppTest.from_function(form).run()
    first = app.text[0].value

    app.button[0].click().run()

    assert app.text[0].value == first == app.query_params["payment"]
    assert uuid.UUID(first).version == 4


def test_a_reload_in_a_new_session_carries_the_id() -> None:
    before = AppTest.from_function(form).run().text[0].value
    reloaded = AppTest.from_function(form)
    reloaded.query_params["payment"] = before

    assert reloaded.run().text[0].value == before


def test_two_tabs_have_two_ids() -> None:
    assert AppTest.from_function(form).run().text[0].value != AppTest.from_function(form).run().text[0].value


def test_only_success_gives_a_new_id() -> None:
    app = AppTest.from_function(form).run()
    first = app.text[0].value

    app.button("new").click().run()

    assert app.text[0].value != first


@pytest.mark.parametrize(
    "given", ["", "1", "x" * 10_000, "' OR 1=1 --", "5E1E7A84-158A-405A-9F6F-D906D3F39F4A", "ﬀ" * 36]
)
def test_an_id_that_is_not_ours_is_replaced(given: str) -> None:
    app = AppTest.from_function(form)
    app.query_params["payment"] = given

    app.run()

    assert not app.exception
    assert app.text[0].value != given
    assert str(uuid.UUID(app.text[0].value)) == app.text[0].value


def test_writes_of_one_id_go_one_at_a_time_and_of_two_ids_together() -> None:
    inside, most = set(), {"same": 0, "other": 0}
    guard = threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def write(request_id: str, kind: str, number: int) -> None:
        with once.holding(request_id):
            with guard:
                inside.add((kind, number))
                most[kind] = max(most[kind], sum(1 for k, _ in inside if k == kind))
            both.wait() if kind == "other" else time.sleep(0.01)
            with guard:
                inside.discard((kind, number))

    with ThreadPoolExecutor(12) as pool:
        same = [pool.submit(write, "one", "same", i) for i in range(10)]
        other = [pool.submit(write, f"id-{i}", "other", i) for i in range(2)]
        for future in [*same, *other]:
            future.result(30)

    assert most == {"same": 1, "other": 2}


def test_who_asks_for_the_id_waits_for_the_write_that_is_in_flight_under_it() -> None:
    app = AppTest.from_function(form, default_timeout=30).run()
    writing, written = threading.Event(), threading.Event()
    seen: list[bool] = []

    def write() -> None:
        with once.holding(app.query_params["payment"]):
            writing.set()
            time.sleep(0.3)
            written.set()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(write)
        assert writing.wait(10)
        app.run()
        seen.append(written.is_set())
        done.result(10)

    assert seen == [True]


def test_a_write_that_fails_lets_the_next_one_in() -> None:
    with pytest.raises(ZeroDivisionError), once.holding("failing"):
        _ = 1 / 0

    with once.holding("failing"):
        pass


def test_a_form_pressed_twice_acts_once_and_both_presses_have_the_answer() -> None:
    press: once.Press[int] = once.Press()
    acted: list[str] = []

    def act(typed: str) -> int:
        acted.append(typed)
        time.sleep(0.05)
        return len(acted)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: press.once("same", lambda: act("same")), range(8)))

    assert (answers, press.once("other", lambda: act("other"))) == ([1] * 8, 2)
    assert acted == ["same", "other"]


def test_a_refusal_is_not_the_answer_of_the_next_press() -> None:
    press: once.Press[str] = once.Press()
    with pytest.raises(ZeroDivisionError):
        press.once("same", lambda: str(1 / 0))

    assert press.once("same", lambda: "done") == "done"


def test_ids_that_are_done_with_are_forgotten() -> None:
    for i in range(100):
        with once.holding(f"gone-{i}"):
            pass

    assert not [name for name in once._turns if name.startswith("gone-")]
