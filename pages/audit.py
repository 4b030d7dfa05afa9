"""Who changed what, before and after: searched, filtered, and each row leads to what it is about."""

import streamlit as st

from school.db import reading
from school.reports import audit_log
from school.students import queries as students
from school.ui import audit_view, guard

actor = guard.require("audit.read")
st.title("Audit log")

with reading() as session:
    zone = students.time_zone(session)
    asked = audit_view.choose(session)
    rows = audit_log.page(session, asked, older_than=audit_view.older_than(), limit=audit_view.ROWS + 1)

if rows:
    audit_view.rows(rows[: audit_view.ROWS], zone, actor)
    with st.container(horizontal=True, vertical_alignment="center"):
        audit_view.turn(rows)
        audit_view.download(asked, actor)
else:
    st.info("Nothing matches. Choose a longer period or wider filters.", icon=":material/search_off:")
audit_view.entries_too(asked)
