"""One entry, whole: where every drill-down ends, and where a receipt is printed again or reversed."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.ui import entry_view, feedback, guard, invoice, links, receipts, words

actor = guard.require("students.read")
try:
    with reading() as session:
        page = entry_view.read(session, links.number("entry"))
except NotFound as error:
    st.title("Entry")
    st.info(f"{error.sentence} Open one from a list of entries.", icon=":material/search_off:")
    st.page_link(links.ENTRIES, label="All entries", icon=":material/list_alt:")
    st.stop()

if page.receipt is None:
    st.title(words.plain(entry_view.name(page.entry)))
feedback.show("entry")
if page.receipt is None:
    entry_view.head(page)
    entry_view.facts(page)
    invoice.offer(page.entry, actor)
else:
    receipts.show(page.receipt, page.school, page="entry")
    with st.container(horizontal=True, vertical_alignment="center"):
        receipts.actions(page.receipt, page="entry")
st.header("Lines", anchor=False)
entry_view.lines(page)
if page.receipt is not None and page.entry.reversed_by is not None:
    st.page_link(links.ENTRY, label="See the reversal", query_params=links.entry(page.entry.reversed_by))
entry_view.more(page, actor)
entry_view.reversal(page, actor)
