"""What the books say, report by report: each on the screen, and as a file when it is asked for."""

import streamlit as st

from school.ui import guard
from school.ui.reporting import trial_balance

TABS = {  # the word on the tab, and the module that draws it
    "Trial balance": trial_balance,
}

actor = guard.require("reports.read")
st.title("Reports")
tabs = dict(zip(TABS, st.tabs(list(TABS), key="reports.view", bind="query-params"), strict=True))
shown = next((name for name, tab in tabs.items() if tab.open), next(iter(TABS)))
with tabs[shown]:
    TABS[shown].draw(actor)
