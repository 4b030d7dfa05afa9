"""The papers of the till: a sheet for a count, a slip for the bank. Made when they are asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from school.cashier.queries import Cheque, Slip
from school.cashier.rules import CASH
from school.documents import deposit as paper
from school.documents.letterhead import Letterhead
from school.ledger import queries as ledger
from school.students.queries import SchoolFacts
from school.ui import letterhead, words

if TYPE_CHECKING:
    from school.ui.cashier.banking import DepositPage
    from school.ui.cashier.history import Page


def count_button(page: Page) -> None:
    """The sheet of a count, signed or not."""
    st.download_button(
        "Print",
        partial(count_pdf, page),
        file_name=f"cash-up {page.count.id}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        on_click="ignore",
        key="cashup.print",
    )


def count_pdf(page: Page) -> bytes:
    count = page.count
    return paper.cash_up_pdf(
        paper.CashUpFacts(
            head=_head(page.school, count.signed_at or count.counted_at),
            number=str(count.id),
            date=count.date,
            cashier=count.cashier,
            entries=f"entries {count.after_entry + 1} to {count.through_entry}",
            tenders=tuple(paper.CashUpTender(t.name, t.expected, t.counted) for t in count.tenders),
            coins=tuple(paper.Coin(value, pieces) for value, pieces in count.coins),
            reason=count.reason or "",
            counted_by=count.counted_by,
            counted_at=count.counted_at,
            signed_by=count.signed_by or "",
            signed_at=count.signed_at,
            hash=page.hash,
        )
    )
