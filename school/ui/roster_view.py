"""The list of students: its filters in the address, its rows, and the file of all that match."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import streamlit as st
from defusedcsv import csv as safe_csv
from sqlalchemy.orm import Session

from school import money
from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading
from school.money import Currency
from school.reports import roster
from school.reports.roster import RosterPage, RosterRow
from school.students import rules
from school.students.queries import ClassFacts
from school.ui import filters, links, tables, words

PAGE = "students.page"
STATUSES: dict[str, str | None] = {
    "Every status": None,
    **{code.capitalize(): code for code in rules.STATUSES},
}
OWING = {"Owing or not": None, "Owing": "owing", "In credit": "credit", "Settled": "settled"}
ORDERS = {
    "Name": ("name", False),
    "Most owed first": ("balance", True),
    "Most credit first": ("balance", False),
    "Admission number": ("admission_no", False),
    "Class": ("class", False),
}
CHUNK = 1_000  # students read at a time for the file


def choose(classes: Sequence[ClassFacts]) -> dict[str, Any]:
    """What is asked of `roster.page`, by fields that live in the address."""
    turn = filters.from_page_one(PAGE)
    known = {"Every class": None, **{row.name: row.id for row in classes}, links.NO_CLASS: 0}
    text = st.text_input(
        "Find",
        key="students.search",
        type="search",
        live=True,
        bind="query-params",
        placeholder="Name, admission number, guardian or phone",
        on_change=turn,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        class_id = filters.choice("Class", known, key="students.class", on_change=turn)
        status = filters.choice("Status", STATUSES, key="students.status", on_change=turn)
        owing = filters.choice("Balance", OWING, key="students.owing", on_change=turn)
        order = filters.choice("Order", ORDERS, key="students.order", on_change=turn)
    by, descending = order or ORDERS["Name"]
    return {
        "text": text or "",
        "class_id": class_id,
        "status": status,
        "owing": owing,
        "order": by,
        "descending": descending,
    }


def totals(page: RosterPage, unit: Currency) -> None:
    """Of all that match, not of the page."""
    count = f"{page.matches:,} student{'' if page.matches == 1 else 's'}"
    owed = f":orange[owe {words.amount(page.owed, unit)}]" if page.owed else "owe nothing"
    credit = f", :green[{words.amount(page.credit, unit)} in credit]" if page.credit else ""
    st.markdown(f"**{count}** {owed}{credit}")


def rows(page: RosterPage, unit: Currency) -> None:
    columns = {
        "Student": [row.name for row in page.rows],
        "Balance": [words.owes(row.balance, unit) for row in page.rows],
        "Class": [row.class_name or links.NO_CLASS for row in page.rows],
        "Number": [row.admission_no for row in page.rows],
        "Guardian": [row.guardian for row in page.rows],
        "Phone": [row.phone for row in page.rows],
        "Status": [row.status.capitalize() if row.status != "enrolled" else "" for row in page.rows],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.STUDENT, links.student(row.student_id)) for row in page.rows]
    alt = "Students with what they owe"
    tables.rows(kept, goals, opens="Student", amounts=("Balance",), key="students.rows", alt=alt)


def download(asked: dict[str, Any], actor: Actor, unit: Currency) -> None:
    """The file is made when it is asked for, of all that match at that moment."""
    st.download_button(
        "All as CSV",
        partial(_file, asked, actor, unit),
        file_name="students.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="students.download",
    )


def _file(asked: dict[str, Any], actor: Actor, unit: Currency) -> bytes:
    with reading() as session:
        authorise(session, actor, "students.read")
        return csv_file(_all(session, asked), unit)


def csv_file(found: Iterator[RosterRow] | Sequence[RosterRow], unit: Currency) -> bytes:
    """UTF-8 with the mark spreadsheets look for; balances in major units, + owes; no cell is a formula."""
    text = io.StringIO(newline="")
    writer = safe_csv.writer(text)
    writer.writerow(
        ["admission_no", "name", "class", "status", "guardian", "phone", f"balance_{unit.code.lower()}"]
    )
    for row in found:
        balance = money.major(row.balance, unit)
        writer.writerow(
            [row.admission_no, row.name, row.class_name, row.status, row.guardian, row.phone, balance]
        )
    return text.getvalue().encode("utf-8-sig")


def _all(session: Session, asked: dict[str, Any]) -> Iterator[RosterRow]:
    offset = 0
    while found := roster.page(session, **asked, limit=CHUNK, offset=offset).rows:
        yield from found
        offset += len(found)
