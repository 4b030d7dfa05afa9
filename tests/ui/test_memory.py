"""What a session holds can be looked at while the run before still takes things away."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st
from streamlit.runtime.state import get_session_state

from school.ui import memory

LOOKS = 300


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change over as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_a_look_is_not_disturbed_by_a_run_that_is_still_ending() -> None:
    """Each of two runs of a session has a lock of its own, so that neither keeps the other out."""
    st.session_state.update({"kept": 1} | {f"field.{n}": n for n in range(200)})
    other_run, over = get_session_state()._state, threading.Event()

    def ends() -> None:
        while not over.is_set():
            for n in range(200):
                del other_run[f"field.{n}"]
            for n in range(200):
                other_run._new_session_state[f"field.{n}"] = n

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(ends)
        try:
            for _ in range(LOOKS):
                assert memory.everything()["kept"] == 1
        finally:
            over.set()
        ended.result()


def test_what_is_gone_already_is_forgotten_without_a_word() -> None:
    st.session_state["there"] = 1

    memory.forget("there")
    memory.forget("there")

    assert "there" not in st.session_state
