"""One entry as it is in the books: what it is, its lines, what it reverses and what reversed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.approvals import queries as approvals
from school.approvals.queries import ApprovalFacts
from school.db import writing
from school.documents.rules import check_code
from school.ledger import queries as ledger
from school.ledger import service, wording
from school.ledger.queries import EntryFacts, Receipt
from school.students import policies
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import feedback, forms, links, once, tables, words
from school.ui.forms import TypedText

CASH = "CASH"
BOUNCED = "entry.bounced"


@dataclass(frozen=True)
class Page:
    """`receipt` is None for an entry that is no payment, `approved` for one that needed no second person.

    `bounced_fee` is what this receipt costs if it bounced, in minor units; cash never does.
    """

    entry: EntryFacts
    receipt: Receipt | None
    school: SchoolFacts
    approved: ApprovalFacts | None
    bounced_fee: int


def read(session: Session, entry_id: int) -> Page:
    """Raises NotFound."""
    entry = ledger.entry(session, entry_id)
    receipt = ledger.receipt(session, entry_id) if entry.kind == "payment" else None
    fee = policies.policy(session, policies.BOUNCED_CHEQUE_FEE) or 0
    bounces = receipt is not None and any(code != CASH for code, _, _ in receipt.tenders)
    approved = approvals.of_entry(session, entry_id)
    return Page(entry, receipt, students.school(session), approved, fee if bounces else 0)


def name(entry: EntryFacts) -> str:
    """`Receipt R-000123`, `Bill of 3 Jan 2026`"""
    if entry.kind == "payment":
        return f"Receipt {entry.document}"
    called = entry.called
    return f"{called} {entry.document}" if entry.document else f"{called} of {words.date(entry.date)}"


def head(page: Page) -> None:
    """The amount in words, and what became of the entry."""
    entry, unit = page.entry, page.school.currency
    more, less = "more is owed by", "less is owed by"
    names = words.plain(wording.together(line.student_name for line in entry.lines))
    amount = f"**{unit.code} {words.amount(abs(entry.total), unit)}**"
    if entry.total:
        st.markdown(f"{amount} {more if entry.total > 0 else less} {names}.")
    else:
        st.markdown(f"Nothing more and nothing less is owed in all, by {names}.")
    if entry.reversed_by is not None:
        st.error("This entry was reversed: it and its reversal cancel each other.", icon=":material/undo:")
        st.page_link(links.ENTRY, label="See the reversal", query_params=links.entry(entry.reversed_by))
    if entry.reverses is not None:
        st.page_link(links.ENTRY, label="See what it reverses", query_params=links.entry(entry.reverses))


def facts(page: Page) -> None:
    """Who recorded it, when and why."""
    entry = page.entry
    shown = {
        "Date": words.date(entry.date),
        "Recorded": f"{words.moment(entry.at, page.school.time_zone)} by {words.plain(entry.actor)}",
        "Paid by": words.plain(entry.payer or ""),
        "Reference": words.plain(entry.reference or ""),
        "Reason": words.plain(entry.reason or ""),
        "Approved by": words.plain(page.approved.decided_by or "") if page.approved else "",
        "Entry": f"{entry.entry_id} · check code {check_code(entry.hash)}",
    }
    st.table({label: value for label, value in shown.items() if value}, border="horizontal", width="content")


def lines(page: Page) -> None:
    """Every line; a row opens the student's account."""
    rows, unit = page.entry.lines, page.school.currency
    columns = {
        "Student": [line.student_name for line in rows],
        "Number": [line.admission_no for line in rows],
        "Account": [line.account_name for line in rows],
        "What for": [line.memo or line.term_name or "" for line in rows],
        "Due": [words.date(line.due_date) if line.due_date else "" for line in rows],
        "Charges": [words.amount(line.amount, unit) if line.amount > 0 else "" for line in rows],
        "Credits": [words.amount(-line.amount, unit) if line.amount < 0 else "" for line in rows],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.STUDENT, links.student(line.student_id)) for line in rows]
    amounts = [heading for heading in ("Charges", "Credits") if heading in kept]
    alt = f"The lines of {name(page.entry)}"
    tables.rows(kept, goals, opens="Student", amounts=amounts, key="entry.lines", alt=alt)


def reversal(page: Page, actor: Actor) -> None:
    """The form that reverses this entry, for who may: a mirror of it, with a reason, once."""
    entry = page.entry
    capability = "openings.record" if entry.kind == "opening" else "payments.reverse"
    if entry.kind == "reversal" or entry.reversed_by is not None or not actor.can(capability):
        return
    request_id = once.ticket("reversal")
    wanted = st.query_params.get("reverse") == "yes"
    with st.expander(
        f"Reverse this {'receipt' if entry.kind == 'payment' else 'entry'}",
        icon=":material/undo:",
        expanded=wanted,
    ):
        st.markdown(
            "Nothing is deleted: an entry that is its mirror is added today, and the number stays. "
            "Reverse a cheque that came back, or money given to the wrong student."
        )
        reason = forms.text_field("Reason", key="entry.reason", placeholder="Cheque returned unpaid")
        if page.bounced_fee:
            fee = words.amount(page.bounced_fee, page.school.currency)
            st.checkbox(f"It bounced: charge the fee of {fee} as well", key=BOUNCED)
        st.button(
            "Reverse",
            type="primary",
            key="entry.reverse",
            icon=":material/undo:",
            on_click=_reverse,
            args=(page, actor, request_id, reason),
        )
        feedback.problem("entry.reverse")


def _reverse(page: Page, actor: Actor, request_id: str, reason: TypedText) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("entry") as stands:
        why = reason.at(stands).words()
        bounced = bool(page.bounced_fee) and stands.get(BOUNCED) is True
        what: dict[str, Any] = {"actor": actor, "request_id": request_id, "entry_id": page.entry.entry_id}
        with once.holding(request_id), writing() as session:
            if bounced:
                service.bounce(session, **what, reason=why, fee_minor=page.bounced_fee)
            else:
                service.reverse(session, **what, reason=why)
    if not feedback.refused():
        fee = words.amount(page.bounced_fee, page.school.currency)
        charged = f" The fee of {fee} is charged." if bounced else ""
        feedback.say("success", f"{words.plain(name(page.entry))} is reversed.{charged}")
        once.done("reversal")


def more(page: Page, actor: Actor) -> None:
    """What else may be done about a receipt that stands: its credit moved to another charge."""
    receipt = page.receipt
    if receipt is None or receipt.reversed_by is not None or not actor.can("transfers.record"):
        return
    for student in receipt.students:
        of = f" of {words.plain(student.name)}" if len(receipt.students) > 1 else ""
        address = {**links.student(student.student_id), "do": "reallocate", "receipt": receipt.document}
        st.page_link(
            links.STUDENT,
            label=f"Let it pay another charge{of}",
            icon=":material/move_down:",
            query_params=address,
        )
