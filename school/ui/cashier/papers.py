"""The papers of the till: a sheet for a count, a slip for the bank. Made when they are asked for."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import streamlit as st

from school.cashier import queries
from school.cashier.queries import Cheque, Closed, Count, Slip
from school.cashier.queries.counts import REPLACED
from school.db import reading
from school.documents import day_sheet
from school.documents import deposit as paper
from school.documents.letterhead import Letterhead
from school.documents.rules import check_code
from school.reports.letterheads import letterhead

COUNTS_MAX = 1_000  # of one day


def count_button(count: Count, last_hash: str) -> None:
    """The sheet of a count, signed or not."""
    st.download_button(
        "Print",
        partial(count_pdf, count, last_hash),
        file_name=f"cash-up {count.id}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        on_click="ignore",
        key="cashup.print",
    )


def count_pdf(count: Count, last_hash: str) -> bytes:
    head = _head(count.signed_at or count.counted_at)
    return paper.cash_up_pdf(
        paper.CashUpFacts(
            head=head,
            number=str(count.id),
            date=count.date,
            cashier=count.cashier,
            entries=paper.entries_in_words(count.after_entry + 1, count.through_entry, head),
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


def slip_button(slip: Slip, cheques: list[Cheque]) -> None:
    """The slip that goes with the money."""
    st.download_button(
        "Print the slip",
        partial(slip_pdf, slip, cheques),
        file_name=f"deposit {slip.number}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        on_click="ignore",
        type="primary",
        key="cashup.print_slip",
    )


def slip_pdf(slip: Slip, cheques: list[Cheque]) -> bytes:
    head = _head(slip.at)
    return paper.deposit_pdf(
        paper.DepositFacts(
            head=head,
            number=slip.number,
            date=slip.date,
            bank=slip.bank,
            tender=slip.name,
            parts=tuple(
                paper.DepositPart(
                    paper.cash_up_name(str(part.cash_up_id), part.cashier, head), part.date, part.amount
                )
                for part in slip.parts
            ),
            total_minor=slip.amount,
            prepared_by=slip.actor,
            cheques=tuple(
                paper.Cheque(one.reference or one.document, one.payer, one.amount) for one in cheques
            ),
        )
    )


def day_button(closed: Closed) -> None:
    """The sheet of a closed day, for the file."""
    st.download_button(
        "Print the day sheet",
        partial(day_pdf, closed),
        file_name=f"day sheet {closed.date.isoformat()}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        on_click="ignore",
        key="cashup.print_day",
    )


def day_pdf(closed: Closed) -> bytes:
    """Read when it is asked for, because few ask."""
    with reading() as session:
        taken = queries.taken_by_all(session, closed.date)
        counts = queries.page(session, since=closed.date, until=closed.date, limit=COUNTS_MAX).rows
        slips = queries.deposits_on(session, closed.date)
    return day_sheet.day_pdf(
        day_sheet.DayFacts(
            head=_head(closed.at),
            date=closed.date,
            tenders=tuple(day_sheet.DayTender(one.name, one.amount) for one in taken),
            counts=tuple(
                day_sheet.DayCount(str(c.id), c.cashier, c.expected, c.counted, c.signed_by or "")
                for c in reversed(counts)
                if c.state != REPLACED
            ),
            deposits=tuple(day_sheet.DayDeposit(s.number, s.name, s.bank, s.amount) for s in slips),
            closed_by=closed.actor,
            closed_at=closed.at,
            last_entry=closed.last_entry,
            check_code=check_code(closed.last_hash) if closed.last_hash else "",
            hash=closed.last_hash,
        )
    )


def _head(made_at: datetime) -> Letterhead:
    with reading() as session:
        return letterhead(session, made_at)
