"""What the school charges, and the runs that charge it: one tab each, drawn by a module of its own."""

import streamlit as st

from school.ui import (
    concessions_view,
    feedback,
    fees_billing,
    fees_heads,
    fees_plans,
    fees_structure,
    guard,
    late_fees_view,
    tabs,
)

actor = guard.require("fees.manage")
VIEWS = {
    "Billing run": fees_billing,
    "Fee structure": fees_structure,
    "Fee heads": fees_heads,
    "Instalments": fees_plans,
    "Concessions": concessions_view,
    "Late fees": late_fees_view,
}
st.title("Fees")
feedback.show("fees")
shown, view = tabs.choose(list(VIEWS), key="fees.view")
with view:
    VIEWS[shown].draw(actor)
