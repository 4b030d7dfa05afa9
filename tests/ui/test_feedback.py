"""A refusal stands beside its field with what was typed still there; a message is never lost to a rerun."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from school.errors import BadAmount, PeriodLocked
    from school.ui import feedback

    st.title("Payments")
    feedback.show("payments")
    with st.form("payment"):
        amount = st.text_input("Amount", key="payments.amount")
        feedback.problem("payments.amount")
        date = st.text_input("Date", key="payments.date")
        feedback.problem("payments.date")
        sent = st.form_submit_button("Record", key="payments.record")
    if sent:
        with feedback.refusals("payments", value_date="payments.date"):
            if amount == "words":
                raise BadAmount("“words” is not an amount.", field="payments.amount")
            if amount == "short":
                raise BadAmount("That is short.", field="amount")
            if date == "locked":
                raise PeriodLocked("January is locked.", field="value_date")
            if amount == "closed":
                raise PeriodLocked("The books are closed.")
            if amount == "bug":
                raise ValueError("a bug")
            feedback.say("success", "Recorded.")
            st.rerun()


def send(app: AppTest, amount: str = "", date: str = "") -> AppTest:
    app.text_input("payments.amount").set_value(amount)
    app.text_input("payments.date").set_value(date)
    return app.button("payments.record").click().run()


def drawn(app: AppTest) -> list[str]:
    found: list[str] = []

    def walk(block: object) -> None:
        for child in getattr(block, "children", {}).values():
            if child.type in {"text_input", "error"}:
                found.append(child.key if child.type == "text_input" else child.value)
            walk(child)

    walk(app.main)
    return found


def test_a_refusal_stands_right_under_the_field_it_belongs_to() -> None:
    app = AppTest.from_function(page).run()

    assert drawn(send(app, "words")) == ["payments.amount", "“words” is not an amount.", "payments.date"]
    assert drawn(send(app, "short")) == ["payments.amount", "That is short.", "payments.date"]
    assert drawn(send(app, "5", "locked")) == ["payments.amount", "payments.date", "January is locked."]
    assert drawn(send(app, "closed")) == ["The books are closed.", "payments.amount", "payments.date"]


def test_what_was_typed_stays() -> None:
    app = send(AppTest.from_function(page).run(), "words", "12 March")

    assert app.text_input("payments.amount").value == "words"
    assert app.text_input("payments.date").value == "12 March"


def test_the_next_attempt_clears_the_refusal() -> None:
    app = send(AppTest.from_function(page).run(), "closed")

    send(app, "12")

    assert not app.error
    assert [message.value for message in app.success] == ["Recorded."]


def test_a_message_is_shown_once() -> None:
    app = send(AppTest.from_function(page).run(), "12")

    app.run()

    assert not app.success


def test_a_bug_is_not_a_refusal() -> None:
    app = send(AppTest.from_function(page).run(), "bug")

    assert len(app.exception) == 1
    assert not app.error


def page_with_a_callback() -> None:
    import streamlit as st

    from school.errors import BadAmount
    from school.ui import feedback

    def record() -> None:
        with feedback.attempt("payments") as stands:
            if stands["payments.amount"] == "words":
                raise BadAmount("“words” is not an amount.", field="amount")
            if stands["payments.amount"] == "bug":
                raise ValueError("a bug")
        if not feedback.refused():
            feedback.say("success", f"Recorded {stands['payments.amount']}.")

    feedback.show("payments")
    st.text_input("Amount", key="payments.amount")
    feedback.problem("payments.amount")
    st.button("Record", key="payments.record", on_click=record)


def press(app: AppTest, amount: str) -> AppTest:
    app.text_input("payments.amount").set_value(amount)
    return app.button("payments.record").click().run()


def test_a_callback_reads_what_was_typed_a_moment_ago() -> None:
    app = press(AppTest.from_function(page_with_a_callback).run(), "12")

    assert [message.value for message in app.success] == ["Recorded 12."]
    assert not app.error


def test_a_callbacks_refusal_stands_beside_its_field_until_that_changes() -> None:
    app = press(AppTest.from_function(page_with_a_callback).run(), "words")
    refused = drawn(app)

    app.text_input("payments.amount").set_value("12").run()

    assert refused == ["payments.amount", "“words” is not an amount."]
    assert not app.error
    assert not app.success


def test_a_callbacks_next_attempt_clears_the_refusal() -> None:
    app = press(AppTest.from_function(page_with_a_callback).run(), "words")

    press(app, "12")

    assert not app.error
    assert len(app.success) == 1


def test_a_bug_in_a_callback_is_not_a_refusal() -> None:
    app = press(AppTest.from_function(page_with_a_callback).run(), "bug")

    assert len(app.exception) == 1
