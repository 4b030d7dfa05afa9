"""What each role needs first in the morning: the till, what is owed and how it moves, the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.cashier import queries as cashier
from school.cashier.queries import Expected
from school.db import reading
from school.ledger import queries as ledger
from school.money import Currency
from school.reports import dashboard, movements
from school.reports.movements import AccountTotal
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import (
    cards,
    guard,
    health_state,
    health_view,
    keyboard,
    links,
    missing,
    payment_desk,
    payment_search,
    receipts,
    words,
)
from school.ui.cashier import said

SEARCH, KEYS = "today.student", "today.keys"


@st.fragment
def find(unit: Currency) -> None:
    """One field that leads to the payment, or to the account for who takes no payments; it runs by itself."""
    actor = guard.require("students.read")
    page = links.PAYMENTS if actor.can("payments.record") else links.STUDENT
    text = st.text_input(
        "Find a student",
        key=SEARCH,
        type="search",
        live=True,
        placeholder="Name, admission number, guardian or phone",
    )
    picked = keyboard.picked(KEYS)
    keyboard.mount(KEYS, form="today", start=SEARCH, pick=SEARCH)
    typed = picked or text
    if not typed:
        return
    with reading() as session:
        found = payment_desk.find(session, typed)
    if not found:
        st.caption(f"Nobody is found by “{words.plain(typed.strip())}”.")
    elif picked:
        st.switch_page(page, query_params=links.student(found[0].student_id))
    else:
        with st.container(border=True, gap="xxsmall"):
            st.caption("Enter takes the first.")
            for row in found:
                label = payment_search.match(row, unit)
                st.page_link(page, label=label, query_params=links.student(row.student_id))


def takings(session: Session, actor: Actor, school: SchoolFacts, today: date) -> None:
    """What came in today by tender, of everybody and of this cashier."""
    everybody = movements.takings(session, since=today, until=today)
    mine = cashier.taken_on(session, actor.user_id, today)
    st.header("Taken today", anchor=False)
    _tenders(everybody, mine, school.currency)
    day = links.entries(since=today, until=today, account_type="tender")
    with st.container(horizontal=True):
        _all("Everybody's entries", day)
        _all("My entries", day | {"by": str(actor.user_id)})
        if actor.can("cash_up.count"):
            st.page_link(
                links.CASHUP, label=_own_till(session, actor, school), icon=":material/point_of_sale:"
            )
    st.header("Your last receipts", anchor=False)
    rows = ledger.recent_receipts(session, actor_id=actor.user_id, limit=8)
    receipts.rows(rows, school, key="today.receipts", empty="The receipts you record stand here.")


def _own_till(session: Session, actor: Actor, school: SchoolFacts) -> str:
    """`Count your till: 15.00 since the last count`, as the page of cash-ups has it."""
    expected = cashier.since_last_count(session, actor.user_id) if actor.user_id else None
    if expected is None:
        return "Count your till"
    return f"Count your till: {said.amount(expected, school.currency)} since the last count"


def _tenders(everybody: Sequence[AccountTotal], mine: Sequence[Expected], unit: Currency) -> None:
    own = {total.account: total.amount for total in mine}
    shown = [total for total in everybody if total.amount or own.get(total.account)]
    if not shown:
        st.caption("Nothing was taken yet today.")
        return
    figures = [words.amount(one, unit) for one in (sum(t.amount for t in shown), *own.values())]
    with st.grid(4, gap="small", min_column_width=cards.width(figures)):
        _till("In all", sum(t.amount for t in shown), sum(own.values()), unit)
        for total in shown:
            _till(words.plain(total.name), total.amount, own.get(total.account, 0), unit)


def _till(label: str, amount: int, own: int, unit: Currency) -> None:
    st.metric(
        label if amount >= 0 else f"{label}, paid back",
        words.amount(abs(amount), unit),
        delta=f"{words.amount(own, unit)} by you",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )


def owed(session: Session, school: SchoolFacts) -> None:
    """What is owed, and how it moves."""
    unit, now = school.currency, dashboard.figures(session)
    months = [month for month in movements.months(session, as_at=now.as_at) if month.month <= now.as_at]
    st.header("What is owed", anchor=False)
    figures = [words.amount(one, unit) for one in (now.owed, now.overdue, now.collected)]
    with st.grid(3, gap="small", min_column_width=cards.width(figures)):
        st.metric("Owed in all", words.amount(now.owed, unit), border=True, height="stretch")
        st.metric("Overdue", words.amount(now.overdue, unit), border=True, height="stretch")
        term = f" in {now.term.name}" if now.term else ""
        st.metric(
            f"Collected{term}",
            words.amount(now.collected, unit),
            delta=f"of {words.amount(now.billed - now.conceded, unit)} billed",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
    if any(month.collected for month in months):
        st.metric(
            "Collected this month, and the months before it",
            words.amount(months[-1].collected, unit),
            chart_data=[month.collected for month in months],
            chart_type="area",
            border=True,
        )
    with st.container(horizontal=True):
        st.page_link(links.DASHBOARD, label="Dashboard", icon=":material/monitoring:")
        most = links.students(owing="Owing", order="Most owed first")
        st.page_link(links.STUDENTS, label="Who owes most", icon=":material/groups:", query_params=most)


def books(session: Session, actor: Actor, school: SchoolFacts) -> None:
    """The state of the house, for who keeps it: whether all is well, or what is wrong, in sentences."""
    st.header("The house", anchor=False)
    health = health_state.read(session, school)
    health_view.in_a_sentence(health)
    health_view.figures(health)
    with st.container(horizontal=True):
        st.page_link(links.HEALTH, label="Health", icon=":material/monitor_heart:")
        if actor.can("imports.run"):
            st.page_link(links.IMPORTS, label="Import students", icon=":material/upload_file:")
        if actor.can("students.write"):
            st.page_link(links.DETAILS, label="Add a student", icon=":material/person_add:", query_params={})
        if actor.can("users.manage"):
            st.page_link(links.USERS, label="Users", icon=":material/manage_accounts:")
        if actor.can("audit.read"):
            st.page_link(links.AUDIT, label="Audit log", icon=":material/history:")


def to_set_up(session: Session, actor: Actor, school: SchoolFacts, today: date) -> None:
    """What a school still has to decide or to add, each with the place where that is done."""
    found = missing.missing(session, school, today)
    if not found:
        return
    st.header("Still to be set up", anchor=False)
    with st.container(border=True, gap="xsmall"):
        for one in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(one.sentence, width="stretch")
                if one.capability is None or actor.can(one.capability):
                    st.page_link(one.page, label=one.action, query_params=one.address)


def _all(label: str, address: dict[str, str]) -> None:
    st.page_link(links.ENTRIES, label=label, icon=":material/list_alt:", query_params=address)


def school_and_day(session: Session) -> tuple[SchoolFacts, date]:
    school = students.school(session)
    return school, clock.today(school.time_zone)
