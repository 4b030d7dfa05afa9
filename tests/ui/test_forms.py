"""What the browser sends is read again on the server; a field says itself what is wrong with it."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from school.errors import BadAmount, BadDate, BadInput
from school.money import currency
from school.ui import forms, words

USD, JPY = currency("USD"), currency("JPY")
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def amount(text: str, mark: str = ".", unit: object = USD) -> int:
    return forms.TypedAmount(text, unit, mark, "payments.amount").minor()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "  ", "twelve", "0", "0.00", "-5", "1.234", "9" * 30, "12,50 or so", "1e3"]
)
def test_what_is_not_a_positive_amount_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(BadAmount) as refused:
        amount(text)

    assert refused.value.field == "payments.amount"


def test_an_amount_is_read_as_the_reader_writes_it() -> None:
    assert amount("1,250.50") == 125_050
    assert amount("1.250,50", ",") == 125_050
    assert amount("1,250", unit=JPY) == 1_250


@pytest.mark.parametrize("value", [None, "2026-03-02", 5, (MARCH, APRIL)])
def test_what_is_not_a_date_is_refused_beside_its_field(value: object) -> None:
    with pytest.raises(BadDate) as refused:
        forms.TypedDate(value, None, None, "payments.date").day()

    assert refused.value.field == "payments.date"


def test_a_date_counts_within_its_bounds_only() -> None:
    def typed(day: date) -> forms.TypedDate:
        return forms.TypedDate(day, MARCH, APRIL, "payments.date")

    assert typed(MARCH).day() == MARCH
    assert typed(APRIL).day() == APRIL
    with pytest.raises(BadDate, match="from Mar 1, 2026 on"):
        typed(date(2026, 2, 28)).day()
    with pytest.raises(BadDate, match="up to"):
        typed(date(2026, 4, 2)).day()


@pytest.mark.parametrize("value", [None, "", "BITCOIN", 3, ["CASH"]])
def test_a_choice_that_was_not_offered_is_refused_beside_its_field(value: object) -> None:
    with pytest.raises(BadInput) as refused:
        forms.TypedChoice(value, {"CASH": "Cash"}, "payments.tender").code()

    assert refused.value.field == "payments.tender"


def fields() -> None:
    from datetime import date

    import streamlit as st

    from school.money import currency
    from school.ui import feedback, forms

    with st.form("form"):
        amount = forms.amount_field("Amount", key="page.amount", unit=currency("KES"))
        day = forms.date_field("Date", key="page.date", value=date(2026, 3, 20), most=date(2026, 3, 20))
        tender = forms.choice_field("Tender", {"CASH": "Cash", "BANK": "Bank"}, key="page.tender")
        sent = st.form_submit_button("Go", key="page.go")
    if sent:
        with feedback.refusals("page"):
            st.text(f"{amount.minor()} {day.day()} {tender.code(empty='Choose how it was paid.')}")


def test_fields_draw_refuse_and_answer() -> None:
    app = AppTest.from_function(fields).run()

    app.button("page.go").click().run()
    first = [error.value for error in app.error]
    app.text_input("page.amount").set_value("1,250")
    app.button("page.go").click().run()
    second = [error.value for error in app.error]
    app.selectbox("page.tender").select("BANK")
    app.button("page.go").click().run()

    assert first == ["Type an amount."]
    assert second == ["Choose how it was paid."]
    assert [text.value for text in app.text] == ["125000 2026-03-20 BANK"]


def test_a_balance_is_a_word_and_a_number() -> None:
    assert words.owes(125_000, USD) == "owes 1,250.00"
    assert words.owes(-4_000, USD) == "in credit 40.00"
    assert words.owes(0, USD) == "settled"
