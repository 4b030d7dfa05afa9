"""Take a payment: find the student, see what is owed, write one fact, hand over the receipt."""

from functools import partial

import streamlit as st

from school.db import reading
from school.ui import (
    drafts,
    feedback,
    guard,
    once,
    payment_desk,
    payment_form,
    payment_preview,
    payment_search,
    payment_unfinished,
    receipts,
    unsent,
)

actor = guard.require("payments.record")
request_id = once.ticket("payment")
with reading() as session:
    desk = payment_desk.read(session, actor=actor, request_id=request_id, **payment_search.asked())
    begun = payment_unfinished.read(session, actor) if not (desk.posted or desk.family) else []
form = (payment_form.DRAFT, actor, request_id, desk.family[0].student.id if desk.family else 0)
if desk.family and drafts.restore(*form):
    st.rerun()

st.title("Payments")
if desk.posted and feedback.refused():
    feedback.forget_refusals()
    st.warning(
        f"This form is recorded as {desk.posted.document} already; what was changed since is not. "
        "Take it as a new payment.",
        icon=":material/warning:",
    )
feedback.show("payments")

if desk.posted:
    receipts.show(desk.posted, desk.school, page="payments")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "New payment",
            type="primary",
            icon=":material/add:",
            key="payments.new",
            on_click=payment_search.begin_again,
        )
        receipts.actions(desk.posted, page="payments")
    payment_search.cursor(form=f"receipt {request_id}", start="payments.new", late=True)
else:
    payment_search.draw(desk, request_id)
    if desk.family:
        payment_search.account(desk)
        left, right = st.columns(2, gap="medium")
        with left:
            typed = payment_form.fields(desk, partial(drafts.keep, *form))
            st.button(
                "Record payment",
                type="primary",
                key="payments.record",
                width="stretch",
                help="Ctrl+Enter does the same",
                icon=":material/check:",
                on_click=payment_form.record,
                args=(desk, typed, actor, request_id),
            )
            unsent.watch(*form)
        with right:
            payment_preview.draw(desk, typed)
    else:
        payment_unfinished.draw(begun, desk.school.currency, actor)

st.header("Your last receipts", anchor=False)
receipts.rows(desk.mine, desk.school, key="payments.recent", empty="The receipts you record stand here.")
if desk.mine and actor.can("payments.reverse"):
    st.caption("Open a receipt to print it again, or to reverse it with a reason.")
