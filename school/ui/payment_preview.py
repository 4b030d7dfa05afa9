"""What the books would make of the payment, while it is typed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from school.errors import SchoolError
from school.money import Currency
from school.ui import tables, words
from school.ui.payment_desk import Desk, Member
from school.ui.payment_fact import Typed, charge_name, outcomes, said, shares_of
from school.ui.payment_search import named


def draw(desk: Desk, typed: Typed) -> None:
    """What the books would make of it, while it is typed."""
    unit = desk.school.currency
    parts: dict[int, int] = {}
    try:
        done = outcomes(shares_of(typed, desk.family), desk.family)
    except SchoolError as error:
        sentence = error.sentence if typed.amount.text.strip() else "Type the amount to see what it pays."
        st.caption(words.plain(sentence))
    else:
        parts = {charge.line_id: part for one in done for charge, part in one.parts}
        for one in done:
            name = f"**{words.plain(one.member.student.name)}** · " if len(done) > 1 else ""
            st.markdown(f"{name}{words.plain(said(one, typed.amount))}")
    for member in desk.family if typed.shares else desk.family[:1]:
        if member.open_charges:
            st.caption(f"Open charges of {words.plain(member.student.name)}")
            open_charges(member, parts, unit)
    if len(desk.family) > 1 and not typed.shares:
        st.caption("Family account")
        for member in desk.family[1:]:
            st.markdown(f"{named(member.student)} {words.owes_in_colour(member.balance, unit)}")


def open_charges(member: Member, parts: Mapping[int, int], unit: Currency) -> None:
    charges = member.open_charges
    columns = {
        "Due": [words.date(c.due_date) for c in charges],
        "Charge": [charge_name(c) for c in charges],
        "Open": [words.amount(c.open, unit) for c in charges],
        "Pays": [words.amount(parts[c.line_id], unit) if c.line_id in parts else "" for c in charges],
    }
    alt = f"Open charges of {member.student.name}, oldest due first, with what this payment pays of each"
    tables.plain(columns, amounts=("Open", "Pays"), alt=alt, key=f"payments.open.{member.student.id}")
