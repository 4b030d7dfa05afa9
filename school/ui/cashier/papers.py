"""The papers of the till: a sheet for a count, a slip for the bank. Made when they are asked for."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import streamlit as st

from school.cashier.queries import Cheque, Count, Slip
from school.documents import deposit as paper
from school.documents.letterhead import Letterhead
from school.students.queries import SchoolFacts


def count_button(count: Count, school: SchoolFacts, last_hash: str) -> None:
    """The sheet of a count, signed or not."""
    st.download_button(
        "Print",
        partial(count_pdf, count, school, last_hash),
        file_name=f"cash-up {count.id}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        on_click="ignore",
        key="cashup.print",
    )


def count_pdf(count: Count, school: SchoolFacts, last_hash: str) -> bytes:
    return paper.cash_up_pdf(
        paper.CashUpFacts(
            head=_head(school, count.signed_at or count.counted_at),
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
            hash=last_hash,
        )
    )


def slip_button(slip: Slip, cheques: list[Cheque], school: SchoolFacts) -> None:
    """The slip that goes with the money."""
    st.download_button(
        "Print the slip",
        partial(slip_pdf, slip, cheques, school),
        file_name=f"deposit {slip.number}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        on_click="ignore",
        type="primary",
        key="cashup.print_slip",
    )


def slip_pdf(slip: Slip, cheques: list[Cheque], school: SchoolFacts) -> bytes:
    return paper.deposit_pdf(
        paper.DepositFacts(
            head=_head(school, slip.at),
            number=slip.number,
            date=slip.date,
            bank=slip.bank,
            tender=slip.name,
            parts=tuple(
                paper.DepositPart(f"Cash-up {part.cash_up_id}, {part.cashier}", part.date, part.amount)
                for part in slip.parts
            ),
            total_minor=slip.amount,
            prepared_by=slip.actor,
            cheques=tuple(
                paper.Cheque(one.reference or one.document, one.payer, one.amount) for one in cheques
            ),
        )
    )


def _head(school: SchoolFacts, made_at: datetime) -> Letterhead:
    return Letterhead(
        school_name=school.name,
        school_address=school.address,
        logo=school.logo,
        currency=school.currency,
        locale=school.locale,
        time_zone=school.time_zone,
        made_at=made_at,
    )
