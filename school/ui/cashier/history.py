"""Counts in lists, and one of them whole: what was expected, what was there, who counted, who signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.cashier import queries, service
from school.cashier.queries import Count
from school.db import writing
from school.money import Currency
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import cards, feedback, filters, links, tables, words
from school.ui.cashier import said, till
from school.ui.cashier.papers import count_button

PAGE = "cashup.page"
STATES = {
    "Every count": None,
    "Waiting for a signature": "waiting",
    "Signed": "signed",
    "With a variance": "variance",
    "Counted again": "replaced",
}


@dataclass(frozen=True)
class Page:
    """One count and where its money went."""

    count: Count
    school: SchoolFacts
    deposits: dict[str, int]
    hash: str


def read(session: Session, cash_up_id: int) -> Page:
    """Raises NotFound."""
    found = queries.count(session, cash_up_id)
    return Page(
        found,
        students.school(session),
        queries.deposits_of(session, cash_up_id),
        queries.hash_of(session, found.through_entry),
    )


def waiting(session: Session) -> None:
    """Counts that nobody has signed yet; each opens to be looked at and signed."""
    counts = queries.waiting(session)
    if not counts:
        st.info("No count waits for a signature.", icon=":material/check_circle:")
        return
    st.metric("Wait for a signature", f"{len(counts):,} {'count' if len(counts) == 1 else 'counts'}")
    rows(counts, students.school(session).currency, key="cashup.waiting")
    st.caption("Open a count to look at it and sign. Who counted does not sign.")


def lists(session: Session) -> None:
    """Every count, by filters in the address."""
    turn = {"on_change": filters.from_page_one(PAGE)}
    unit = students.school(session).currency
    cashiers = {"Every cashier": None, **{name: one for one, name in queries.names(session).items()}}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        since, until = _day("From", "cashup.since", turn), _day("To", "cashup.until", turn)
        cashier_id = filters.choice("Cashier", cashiers, key="cashup.cashier", **turn)
        state = filters.choice("State", STATES, key="cashup.state", **turn)
    page = queries.page(
        session,
        since=since,
        until=until,
        cashier_id=cashier_id,
        state=state,
        offset=filters.first_row(PAGE),
    )
    if not page.rows:
        st.info("No count matches. Choose a longer period or wider filters.", icon=":material/search_off:")
        return
    rows(page.rows, unit, key="cashup.rows")
    if page.matches > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(page.matches), key=PAGE)


def _day(label: str, key: str, turn: dict[str, Any]) -> date | None:
    how: dict[str, Any] = {"bind": "query-params", "width": filters.WIDTH, **turn}
    value = st.date_input(label, None, key=key, format=words.date_order(), **how)
    return value if isinstance(value, date) else None


def rows(counts: Sequence[Count], unit: Currency, *, key: str) -> None:
    tables.rows(
        {
            "Cash-up": [f"{one.id}" for one in counts],
            "Cashier": [one.cashier for one in counts],
            "Date": [words.date(one.date) for one in counts],
            "Expected": [said.amount(one.expected, unit) for one in counts],
            "Counted": [said.amount(one.counted, unit) for one in counts],
            "Variance": [said.of_count(one, unit) for one in counts],
            "State": [said.STATES[one.state] for one in counts],
            "Signed by": [one.signed_by or "" for one in counts],
        },
        [(links.CASHUP, links.cash_up(one.id)) for one in counts],
        opens="Cash-up",
        amounts=("Expected", "Counted", "Variance"),
        key=key,
        alt="Counts of tills",
    )


def head(page: Page) -> None:
    """How much was there, and what became of the count."""
    count, unit = page.count, page.school.currency
    figures = {
        f"Counted ({unit.code})": said.amount(count.counted, unit),
        "Expected": said.amount(count.expected, unit),
        "Variance": said.of_count(count, unit),
    }
    with st.grid(3, gap="small", min_column_width=cards.width(figures.values())):
        for label, figure in figures.items():
            st.metric(label, figure, border=True, height="stretch")
    if count.replaced_by:
        st.warning("This count was made again and counts no more.", icon=":material/history:")
        link = links.cash_up(count.replaced_by)
        st.page_link(links.CASHUP, label=f"See cash-up {count.replaced_by}", query_params=link)


def actions(page: Page, actor: Actor) -> None:
    """Sign it, count it again, print it: what this person may do with this count."""
    count = page.count
    with st.container(horizontal=True, vertical_alignment="center"):
        if count.state == "waiting" and actor.can("cash_up.sign"):
            if count.counted_by_id != actor.user_id:
                st.button(
                    "Sign",
                    type="primary",
                    icon=":material/signature:",
                    key="cashup.sign",
                    on_click=_sign,
                    args=(count, actor),
                )
            else:
                st.caption("You counted it: somebody else signs.", width="content")
        if count.state == "waiting" and actor.can("cash_up.count"):
            again = {till.AGAIN: str(count.id), till.WHOSE: str(count.cashier_id)}
            st.page_link(
                links.CASHUP,
                label="Count again",
                icon=":material/replay:",
                query_params=links.cash_ups("My till", **again),
            )
        count_button(count, page.hash)
    feedback.problem("cashup.sign")


def _sign(count: Count, actor: Actor) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("cashup"), writing() as session:
        service.sign(session, actor=actor, cash_up_id=count.id)
    if not feedback.refused():
        feedback.say("success", f"Cash-up {count.id} of {words.plain(count.cashier)} is signed.")


def body(page: Page) -> None:
    """By tender, coin by coin, and who did it."""
    count, unit = page.count, page.school.currency
    where: dict[str, Any] = {
        "actor_id": count.cashier_id,
        "after": count.after_entry,
        "through": count.through_entry,
    }
    tables.rows(
        {
            "Tender": [one.name for one in count.tenders],
            "Expected": [said.amount(one.expected, unit) for one in count.tenders],
            "Counted": [said.amount(one.counted, unit) for one in count.tenders],
            "Variance": [said.variance(one.variance, unit) for one in count.tenders],
        },
        [(links.ENTRIES, links.entries(account=one.name, **where)) for one in count.tenders],
        opens="Tender",
        amounts=("Expected", "Counted", "Variance"),
        key="cashup.tenders",
        alt="Expected, counted and variance by tender; a tender opens its entries",
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.table(facts(page), border="horizontal", width="content")
        for account, deposit_id in page.deposits.items():
            name = next(one.name for one in count.tenders if one.account == account)
            label = f"{name} went to the bank"
            st.page_link(links.CASHUP, label=label, query_params=links.deposit(deposit_id))
    with right:
        if count.coins:
            tables.plain(
                {
                    "Note or coin": [words.amount(value, unit) for value, _ in count.coins],
                    "Pieces": [f"{pieces:,}" for _, pieces in count.coins],
                    "Amount": [words.amount(value * pieces, unit) for value, pieces in count.coins],
                },
                amounts=("Note or coin", "Pieces", "Amount"),
                key="cashup.coins",
                alt="Notes and coins as they were counted",
            )


def facts(page: Page) -> dict[str, str]:
    count, unit = page.count, page.school.currency
    zone = page.school.time_zone
    shown = {
        "Cashier": words.plain(count.cashier),
        "Counted": f"{words.moment(count.counted_at, zone)} by {words.plain(count.counted_by)}",
        "Reason": words.plain(count.reason or ""),
        "Float that stays": words.amount(count.cash_float, unit) if count.cash_float else "",
        "Signed": f"{words.moment(count.signed_at, zone)} by {words.plain(count.signed_by or '')}"
        if count.signed_at
        else "",
        "Entries": f"{count.after_entry + 1} to {count.through_entry}",
        "In place of": f"Cash-up {count.replaces}" if count.replaces else "",
    }
    return {label: value for label, value in shown.items() if value}
