"""The open charges behind a figure: of which age, of which class, as at which day. A name opens the entry."""

import streamlit as st

from school.db import reading
from school.reports import ageing
from school.students import queries as students
from school.ui import filters, guard, links, open_charges, tables, words

PAGE = "open_charges.page"

guard.require("reports.read")
st.title("Open charges")

with reading() as session:
    school, today = students.school(session), students.today(session)
    classes = {row.name: row.id for row in students.classes(session)}
    classes = {"Every class": None, **classes, links.NO_CLASS: 0}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        over = {"on_change": filters.from_page_one(PAGE)}
        age = filters.choice("Age", open_charges.AGES, key="open_charges.age", **over)
        in_class = filters.choice("Class", classes, key="open_charges.class", **over)
        as_at = filters.as_at(key="open_charges.as_at", today=today, **over)
    page = ageing.charges(
        session,
        bucket=age,
        class_id=in_class,
        as_at=as_at if as_at < today else None,
        offset=filters.first_row(PAGE),
    )

st.metric(
    "Open",
    f"{school.currency.code} {words.amount(page.total, school.currency)}",
    delta=f"{page.matches:,} {'charge' if page.matches == 1 else 'charges'} as at {words.date(as_at)}",
    delta_color="off",
    delta_arrow="off",
)
if not page.rows:
    st.info("No charge is open here. Choose another age or class.")
    st.stop()

tables.rows(
    {
        "Student": [row.name for row in page.rows],
        "Number": [row.admission_no for row in page.rows],
        "Class": [row.class_name or links.NO_CLASS for row in page.rows],
        "Charge": [open_charges.charge(row) for row in page.rows],
        "Due": [words.date(row.due_date) for row in page.rows],
        "Days late": [str(max(0, row.days_overdue)) for row in page.rows],
        "Charged": [words.amount(row.amount, school.currency) for row in page.rows],
        "Open": [words.amount(row.open, school.currency) for row in page.rows],
    },
    [(links.ENTRY, links.entry(row.entry_id)) for row in page.rows],
    opens="Student",
    amounts=("Days late", "Charged", "Open"),
    key="open_charges.rows",
    alt="Open charges, oldest due first",
)
if page.matches > tables.ROWS_PER_PAGE:
    st.pagination(tables.pages(page.matches), key=PAGE)
