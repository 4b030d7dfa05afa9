"""A receipt on the screen, and lists of receipts that lead to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from school.ledger.queries import Receipt, ReceiptRow
from school.students.queries import SchoolFacts
from school.ui import letters_offer, links, papers, tables, words


def show(receipt: Receipt, school: SchoolFacts, *, page: str) -> None:
    """What was received, from whom, for whom, what it paid, and what the accounts stand at after it."""
    unit = school.currency
    with st.container(border=True):
        st.title(f"Receipt {words.plain(receipt.document)}", anchor=False)
        st.markdown(_sentence(receipt, school))
        if reversed_by := papers.reversed_by(receipt):
            st.error(words.plain(reversed_by), icon=":material/undo:")
        _paid(receipt, school, page)
        for student in receipt.students:
            after = words.owes_in_colour(student.balance_after, unit)
            st.markdown(f"{words.plain(student.name)}: {after} after this receipt.")
        st.caption(_small_print(receipt, school))


def _sentence(receipt: Receipt, school: SchoolFacts) -> str:
    """`KES 1,250.00 received by cash from Grace Odhiambo for Amina Odhiambo (Form 3B).`"""
    unit = school.currency
    if len(receipt.tenders) == 1:
        how = f"by {words.plain(receipt.tenders[0][1].lower())}"
    else:
        how = "as " + " and ".join(
            f"{words.amount(amount, unit)} by {words.plain(name.lower())}"
            for _, name, amount in receipt.tenders
        )
    payer = f" from {words.plain(receipt.payer)}" if receipt.payer else ""
    students = " and ".join(
        words.plain(f"{s.name} ({s.class_name})" if s.class_name else s.name) for s in receipt.students
    )
    return f"**{unit.code} {words.amount(receipt.total, unit)}** received {how}{payer} for {students}."


def _paid(receipt: Receipt, school: SchoolFacts, page: str) -> None:
    names = {student.admission_no: student.name for student in receipt.students}
    rows = [
        (names[item.admission_no], item.description, words.date(item.due_date), item.amount)
        for item in receipt.paid_items
    ]
    if receipt.credit_kept:
        rows.append(("", "Kept as credit", "", receipt.credit_kept))
    columns = {
        "Student": [row[0] for row in rows],
        "What it paid": [row[1] for row in rows],
        "Due": [row[2] for row in rows],
        "Amount": [words.amount(row[3], school.currency) for row in rows],
    }
    if len(names) == 1:
        del columns["Student"]
    if not receipt.paid_items:
        del columns["Due"]
    tables.plain(columns, amounts=("Amount",), alt=f"What {receipt.document} paid", key=f"{page}.paid")


def _small_print(receipt: Receipt, school: SchoolFacts) -> str:
    parts = [
        f"Dated {words.date(receipt.date)}",
        f"recorded {words.moment(receipt.at, school.time_zone)} by {words.plain(receipt.actor)}",
    ]
    if receipt.reference:
        parts.append(f"reference {words.plain(receipt.reference)}")
    return " · ".join(parts)


def actions(receipt: Receipt, *, page: str) -> None:
    """The paper, and where to go from here; to be drawn in a row of buttons."""
    st.download_button(
        "Download PDF",
        partial(papers.receipt_pdf, receipt),
        file_name=f"{receipt.document}.pdf",
        mime="application/pdf",
        icon=":material/download:",
        on_click="ignore",
        key=f"{page}.download",
    )
    st.link_button("Print", papers.receipt_address(receipt), icon=":material/print:")
    letters_offer.receipt(receipt, page=page)
    for student in receipt.students:
        label = "Open account" if len(receipt.students) == 1 else f"Open {words.plain(student.name)}"
        address = links.student(student.student_id)
        st.page_link(links.STUDENT, label=label, icon=":material/person:", query_params=address)


def rows(found: Sequence[ReceiptRow], school: SchoolFacts, *, key: str, empty: str) -> None:
    """Receipts, newest first; each opens, and there it is printed again or reversed by who may."""
    if not found:
        st.caption(empty)
        return
    columns = {
        "Receipt": [row.document for row in found],
        "Amount": [words.amount(row.amount, school.currency) for row in found],
        "Students": [row.students for row in found],
        "Tender": [row.tenders for row in found],
        "Recorded": [words.moment(row.at, school.time_zone) for row in found],
        "State": ["Reversed" if row.reversed else "" for row in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.ENTRY, links.entry(row.entry_id)) for row in found]
    tables.rows(kept, goals, opens="Receipt", amounts=("Amount",), key=key, alt="Receipts, newest first")
