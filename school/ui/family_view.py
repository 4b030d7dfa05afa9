"""One family account as its page shows it: read in one moment, drawn view by view."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.ledger import queries as ledger
from school.ledger.queries import FamilyChild, PayerStanding
from school.money import Currency
from school.students import payers
from school.students import queries as students
from school.students.queries import GuardianFacts, SchoolFacts
from school.students.rules import Payer
from school.ui import links, payment_fact, tables, words

CARD = 220  # pixels: a balance in words and figures is never cut short


@dataclass(frozen=True)
class Family:
    """Amounts are minor units, + owes; `standings` is empty where the family answers as one."""

    family_id: int
    name: str
    school: SchoolFacts
    children: tuple[FamilyChild, ...]
    balance: int
    overdue: int
    guardians: tuple[GuardianFacts, ...]
    payers: tuple[Payer, ...]
    standings: tuple[PayerStanding, ...]

    @property
    def unit(self) -> Currency:
        return self.school.currency


def read(session: Session, family_id: int) -> Family:
    """Raises NotFound."""
    name = payers.family_name(session, family_id)
    children = ledger.family_children(session, family_id)
    ids = [child.student_id for child in children]
    known = payers.payers(session, family_id)
    return Family(
        family_id=family_id,
        name=name,
        school=students.school(session),
        children=tuple(children),
        balance=sum(child.closing for child in children),
        overdue=sum(ledger.summary(session, one).overdue for one in ids),
        guardians=tuple(payers.guardians_of_family(session, family_id)),
        payers=tuple(known),
        standings=tuple(ledger.payer_standings(session, ids, known)),
    )


def head(family: Family) -> None:
    """Whose account it is, and what it stands at in all, large and in words."""
    st.title(f"Family of {words.plain(family.name)}", anchor=False)
    about = [f"{g.name} {g.phone}".strip() for g in family.guardians[:2]]
    if about:
        st.caption(" · ".join(words.plain(part) for part in about))
    with st.grid(2, gap="small", min_column_width=CARD):
        st.metric("Family balance", words.owes_in_colour(family.balance, family.unit), border=True)
        if family.overdue:
            st.metric("Overdue", words.amount(family.overdue, family.unit), border=True)


def offer(family: Family, actor: Actor) -> None:
    """One payment over all the children, which is taken on the page for payments."""
    if not actor.can("payments.record"):
        return
    most = max(family.children, key=lambda child: child.closing)
    if st.button("Take a payment", type="primary", icon=":material/payments:", key="family.pay"):
        if len(family.children) > 1:
            st.session_state[payment_fact.FAMILY] = True
        st.switch_page(links.PAYMENTS, query_params=links.payment(most.student_id))


def children(family: Family) -> None:
    rows = family.children
    columns = {
        "Student": [one.name for one in rows],
        "Balance": [words.owes(one.closing, family.unit) for one in rows],
        "Class": [one.class_name or links.NO_CLASS for one in rows],
        "Number": [one.admission_no for one in rows],
    }
    goals = [(links.STUDENT, links.student(one.student_id)) for one in rows]
    alt = "The students of this family account"
    tables.rows(columns, goals, opens="Student", amounts=("Balance",), key="family.children", alt=alt)
