"""Count a till, sign what others counted, take the money to the bank, close the day."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.ui import feedback, guard, links, tabs
from school.ui.cashier import banking, days, history, till

COUNTING = ("My till", "Banking")
EVERYBODY = ("To sign", "Days", "History")
ORDER = ("My till", "To sign", "Banking", "Days", "History")

actor = guard.require("cash_up.sign")
views = [view for view in ORDER if view in EVERYBODY or actor.can("cash_up.count")]
cash_up_id, deposit_id = links.number("cash_up"), links.number("deposit")
desk = None
try:
    with reading() as session:
        if cash_up_id:
            count = history.read(session, cash_up_id)
            st.title(f"Cash-up {cash_up_id}")
            feedback.show("cashup")
            history.head(count)
            history.actions(count, actor)
            history.body(count)
        elif deposit_id:
            slip = banking.read(session, deposit_id)
            st.title(f"Deposit {slip.slip.number}")
            feedback.show("cashup")
            banking.draw(slip)
        else:
            st.title("Cash-up")
            feedback.show("cashup")
            shown, place = tabs.choose(views, key="cashup.view")
            with place:
                if shown == "My till":
                    desk = till.read(session, actor)
                elif shown == "To sign":
                    history.waiting(session)
                elif shown == "Banking":
                    banking.lists(session, actor)
                elif shown == "Days":
                    days.draw(session, actor)
                else:
                    history.lists(session)
    if desk:
        with place:
            till.draw(desk, actor)
except NotFound as error:
    st.title("Cash-up")
    st.info(error.sentence, icon=":material/search_off:")
if cash_up_id or deposit_id:
    st.page_link(links.CASHUP, label="All cash-ups", icon=":material/point_of_sale:")
