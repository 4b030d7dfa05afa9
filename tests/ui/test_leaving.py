"""A page that was left is forgotten: it begins anew from its address, and what others remember stays."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

KEPT = {
    "guard.user": 7,
    "feedback.messages": [],
    "today.find": "ann",
    "payment": "no page",
    "payments": "none",
}


def pages() -> None:
    import streamlit as st

    from school.errors import BadInput
    from school.ui import feedback, leaving

    page = st.query_params.get("page", "payments")
    leaving.page_changed(page)
    st.text(page)
    if page == "payments":
        st.text_input("Amount", key="payments.amount")
        st.text_input("Search", key="payments.search", bind="query-params")
        st.radio("Tender", ["Cash", "Card"], key="payments.tender", persist_state="page")
        feedback.problem("payments.amount")
    if st.button("Refuse", key=f"{page}.refuse"):
        with feedback.refusals(page):
            raise BadInput("Not so.", field="amount")
    if st.button("Break", key=f"{page}.break"):
        leaving.forget_page()


def shown(page: str = "payments") -> AppTest:
    at = AppTest.from_function(pages, default_timeout=30)
    at.query_params["page"] = page
    return at.run()


def go(at: AppTest, page: str) -> AppTest:
    at.query_params["page"] = page
    return at.run()


def remembered(at: AppTest) -> set[str]:
    return {str(key) for key in at.session_state if str(key).startswith("payments.")}


def test_what_a_page_remembers_goes_when_another_is_shown() -> None:
    at = shown()
    at.text_input(key="payments.amount").set_value("400")
    at.session_state["payments.draft"] = "half of it"
    for key, value in KEPT.items():
        at.session_state[key] = value
    at.run()

    go(at, "student")

    assert not at.exception
    assert remembered(at) == set()
    assert {key: at.session_state[key] for key in KEPT} == KEPT


def test_a_page_shown_again_remembers() -> None:
    at = shown()
    at.text_input(key="payments.amount").set_value("400").run()

    at.run()

    assert at.text_input(key="payments.amount").value == "400"


def test_a_page_whose_name_begins_like_anothers_forgets_only_its_own() -> None:
    at = shown("student")
    at.session_state["student.amount"] = "4"
    at.session_state["students.search"] = "ann"
    at.run()

    go(at, "payments")

    assert "student.amount" not in at.session_state
    assert at.session_state["students.search"] == "ann"


def test_a_refusal_belongs_to_the_page_it_was_made_on() -> None:
    at = shown()
    at.button(key="payments.refuse").click().run()
    refused = [error.value for error in at.error]

    go(at, "student")
    go(at, "payments")

    assert refused == ["Not so."]
    assert not at.error


@pytest.mark.parametrize("screen", ["payments", "student"])
def test_a_page_that_broke_forgets_all_of_its_own(screen: str) -> None:
    at = shown(screen)
    at.session_state[f"{screen}.draft"] = "half of it"
    at.session_state["guard.user"] = 7
    at.run()

    at.button(key=f"{screen}.break").click().run()

    assert f"{screen}.draft" not in at.session_state
    assert at.session_state["guard.user"] == 7
