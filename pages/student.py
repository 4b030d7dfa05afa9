"""One account: what it stands at and why, who answers for it, and what may be done about it."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.ledger import queries as ledger
from school.students import queries as students
from school.ui import (
    concessions_view,
    feedback,
    guard,
    links,
    periods,
    receipts,
    statement,
    student_account,
    student_actions,
    student_options,
    tabs,
)

VIEWS = ("Statement", "Open charges", "Receipts", "Options", "Family", "Notes")
RECEIPTS_MAX = 100  # beyond this the list of entries is the place to look

actor = guard.require("students.read")
student_id = links.number("student")
try:
    with reading() as session:
        account = student_account.read(session, student_id, chart=student_actions.asked())
        student_account.head(account)
        feedback.show("student")
        student_account.waiting(account, actor)
        doing = st.container()
        shown, view = tabs.choose(VIEWS, key="student.view")
        with view:
            if shown == "Statement":
                terms, years = students.terms(session), students.years(session)
                since, until = periods.choose(terms, years, page="student")
                statement.show(session, account, actor, since, until)
            elif shown == "Open charges":
                student_account.open_charges(account)
            elif shown == "Receipts":
                rows = ledger.recent_receipts(session, student_id=student_id, limit=RECEIPTS_MAX)
                receipts.rows(rows, account.school, key="student.receipts", empty="No payment was taken yet.")
            elif shown == "Family":
                student_account.family(account)
                concessions_view.of_student(session, student_id, account.unit, actor)
except NotFound:
    st.title("Student")
    st.info("No student is chosen. Find one in the list of students.", icon=":material/person_search:")
    st.page_link(links.STUDENTS, label="Students", icon=":material/groups:")
    st.stop()

with doing:
    student_actions.offer(account, actor)
if shown == "Options":
    with view:
        student_options.draw(account, actor)
if shown == "Notes":
    with view:
        student_actions.notes(account, actor)
