"""The entries behind a figure, so that it can be explained down to who recorded what and when."""

import streamlit as st

from school.db import reading
from school.ledger import queries as ledger
from school.students import queries as students
from school.ui import entries_view, filters, guard, tables

guard.require("students.read")
st.title("Entries")

with reading() as session:
    unit = students.school(session).currency
    asked = entries_view.choose(session)
    page = ledger.entries(session, **asked, offset=filters.first_row(entries_view.PAGE))

if page.matches:
    entries_view.total(page, unit)
    entries_view.rows(page, unit)
    if page.matches > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(page.matches), key=entries_view.PAGE)
else:
    st.info("No entry matches. Choose a longer period or wider filters.", icon=":material/search_off:")
