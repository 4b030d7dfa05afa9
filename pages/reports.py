"""What the books say, report by report: each on the screen, and as a file when it is asked for."""

import streamlit as st

from school.ui import guard, statement_run, tabs
from school.ui.reporting import aged_debtors, collections, concessions, corrections, day_book, trial_balance

actor = guard.require("reports.read")
st.title("Reports")

REPORTS = {  # the word on the tab, and the module that draws it
    "Day book": day_book,
    "Aged debtors": aged_debtors,
    "Collections": collections,
    "Concessions": concessions,
    "Corrections": corrections,
    "Trial balance": trial_balance,
    "Statement run": statement_run,
}
shown, view = tabs.choose(list(REPORTS), key="reports.view")
with view:
    REPORTS[shown].draw(actor)
