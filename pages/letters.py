"""What the school writes to families: reminders that are due, the queue and what was sent, the words."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.ui import (
    feedback,
    guard,
    letter_view,
    letters_papers,
    letters_queue,
    letters_reminders,
    letters_words,
    links,
    tabs,
)

VIEWS = ("Reminders", "Statements", "Invoices", "Queue and sent", "Words")

actor = guard.require("letters.send")
letter_id = links.number("letter")
if letter_id:
    try:
        with reading() as session:
            page = letter_view.read(session, letter_id)
    except NotFound as error:
        st.title("Letter")
        st.info(error.sentence, icon=":material/search_off:")
        st.page_link(links.LETTERS, label="All letters", icon=":material/mail:")
        st.stop()
    letter_view.head(page)
    feedback.show("letters")
    letter_view.offer(page, actor)
    letter_view.facts(page)
    st.stop()

st.title("Letters")
feedback.show("letters")
shown, view = tabs.choose(VIEWS, key="letters.view")
with view:
    if shown == "Reminders":
        letters_reminders.draw(actor)
    elif shown == "Statements":
        letters_papers.statements(actor)
    elif shown == "Invoices":
        letters_papers.invoices(actor)
    elif shown == "Queue and sent":
        letters_queue.draw()
    else:
        letters_words.draw(actor)
