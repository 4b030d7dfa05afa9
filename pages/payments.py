"""Take a payment: find the student, see what is owed, write one fact, hand over the receipt."""

import streamlit as st

from school.db import reading, writing
from school.ledger import service
from school.ui import (
    feedback,
    guard,
    once,
    payment_desk,
    payment_form,
    payment_preview,
    payment_search,
    receipts,
)

actor = guard.require("payments.record")
request_id = once.ticket("payment")
with reading() as session:
    desk = payment_desk.read(session, actor=actor, request_id=request_id, **payment_search.asked())

st.title("Payments")
feedback.show("payments")

if desk.posted:
    if payment_form.differs(desk.posted, desk.school.currency):
        st.warning(
            f"This form is recorded as {desk.posted.document} already; what was changed since is not. "
            "Take it as a new payment.",
            icon=":material/warning:",
        )
    receipts.show(desk.posted, desk.school)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "New payment",
            type="primary",
            icon=":material/add:",
            key="payments.new",
            on_click=payment_search.begin_again,
        )
        receipts.actions(desk.posted, desk.school)
    payment_search.cursor(form=f"receipt {request_id}", start="payments.new", late=True)
else:
    payment_search.draw(desk, request_id)
    if desk.family:
        payment_search.account(desk)
        left, right = st.columns(2, gap="medium")
        with left:
            typed = payment_form.fields(desk)
            pressed = st.button(
                "Record payment",
                type="primary",
                key="payments.record",
                width="stretch",
                help="Ctrl+Enter does the same",
                icon=":material/check:",
            )
        with right:
            payment_preview.draw(desk, typed)
        if pressed:
            with feedback.refusals("payments"):
                fact = payment_form.fact(desk, typed)
                with once.holding(request_id), writing() as session:
                    service.record_payment(session, actor=actor, request_id=request_id, **fact)
            st.rerun()

st.header("Your last receipts", anchor=False)
receipts.rows(desk.mine, desk.school, key="payments.recent", empty="The receipts you record stand here.")
if desk.mine and actor.can("payments.reverse"):
    st.caption("Open a receipt to print it again, or to reverse it with a reason.")
