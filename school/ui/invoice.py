"""A bill as the paper the family gets."""

from __future__ import annotations

from functools import partial

import streamlit as st

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading
from school.documents.invoice import invoices_pdf
from school.ledger.queries import EntryFacts
from school.reports import statements
from school.reports.invoices import KINDS


def offer(entry: EntryFacts, actor: Actor) -> None:
    """The invoice of what was billed, made when it is asked for; nothing for any other entry."""
    if entry.kind not in KINDS:
        return
    st.download_button(
        "Invoice as PDF",
        partial(_pdf, actor, entry.entry_id),
        file_name=f"invoice {entry.entry_id}.pdf",
        mime="application/pdf",
        icon=":material/download:",
        on_click="ignore",
        key="entry.invoice",
    )


def _pdf(actor: Actor, entry_id: int) -> bytes:
    with reading() as session:
        authorise(session, actor, "students.read")
        return invoices_pdf(list(statements.invoices(session, [entry_id])))
