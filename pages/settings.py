"""What the school has decided about itself and its books: one tab each, drawn by a function of its own."""

import streamlit as st

from school.ui import (
    feedback,
    guard,
    settings_accounts,
    settings_books,
    settings_classes,
    settings_privacy,
    settings_promotion,
    settings_school,
    settings_years,
    tabs,
)

actor = guard.require("settings.manage")
VIEWS = {
    "School": settings_school.draw,
    "Years and terms": settings_years.draw,
    "Classes": settings_classes.draw,
    "Tenders and accounts": settings_accounts.draw,
    "Numbering": settings_books.numbering,
    "Limits": settings_books.limits,
    "Period lock": settings_books.period_lock,
    "New year": settings_promotion.draw,
    "Privacy": settings_privacy.draw,
}
st.title("Settings")
feedback.show("settings")
shown, view = tabs.choose(list(VIEWS), key="settings.view")
with view:
    VIEWS[shown](actor)
