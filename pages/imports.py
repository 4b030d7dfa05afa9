"""Bring in students and opening balances: see what a file would do, then do it once."""

import streamlit as st

from school.db import reading, writing
from school.errors import SchoolError
from school.intake import importing
from school.intake import queries as intake
from school.ui import feedback, guard, once
from school.ui import import_desk as steps

actor = guard.require("imports.run")
st.title("Imports")
st.markdown("A list of students with guardians and opening balances. Nothing is written before you say so.")
feedback.show("imports")

sent = st.file_uploader("CSV or Excel file", key="imports.file")
data = sent.getvalue() if sent else b""
try:
    table = steps.table(data, sent.name) if sent else None
except SchoolError as error:
    st.error(error.sentence, icon=":material/error:")
    st.stop()
if table and st.query_params.get(steps.ADDRESS) != table.digest:
    st.query_params[steps.ADDRESS] = table.digest

with reading() as session:
    desk = steps.read(session)
    before = intake.remembered(session, table.headings) if table else None
steps.result(desk, file_is_here=table is not None)
if table is None:
    st.stop()

steps.what_was_read(table, data)
try:
    choices = steps.choices(table, before, desk)
    with reading() as session:
        plan = importing.plan(session, table, choices)
except SchoolError as error:
    st.error(error.sentence, icon=":material/error:")
    st.stop()

steps.dry_run(plan, desk)
if steps.button(plan):
    with (
        st.spinner("Importing"),
        feedback.refusals("imports"),
        once.holding(table.digest),
        writing() as session,
    ):
        importing.apply(session, actor=actor, table=table, choices=choices)
    st.rerun()
