"""What is signed and still in the house goes to the bank, with a slip for each tender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.cashier import queries, service
from school.cashier.queries import Bankable, Cheque, Slip
from school.cashier.rules import CHEQUE
from school.db import writing
from school.errors import BadInput
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import cards, feedback, filters, forms, links, once, tables, words
from school.ui.cashier import papers
from school.ui.forms import TypedDate, TypedText

TICKET, PAGE = "deposit_form", "cashup.deposits"
PARTS, TENDER, BANK, DAY = "cashup.parts", "cashup.tender", "cashup.bank", "cashup.day_banked"


@dataclass(frozen=True)
class Page:
    """One deposit, whole."""

    slip: Slip
    cheques: list[Cheque]
    school: SchoolFacts


def read(session: Session, deposit_id: int) -> Page:
    """Raises NotFound."""
    slip = queries.deposit(session, deposit_id)
    listed = slip.account == CHEQUE
    cheques = queries.cheques(session, [part.cash_up_id for part in slip.parts]) if listed else []
    return Page(slip, cheques, students.school(session))


def lists(session: Session, actor: Actor) -> None:
    """What waits for the bank, the form that takes it there, and what was taken."""
    school, waiting = students.school(session), queries.bankable(session)
    slips, matches = queries.deposits(session, offset=filters.first_row(PAGE))
    request_id = once.ticket(TICKET)
    made = queries.deposit_of_request(session, request_id)
    if made:
        _say_what_is_recorded(made)
    if not waiting:
        st.info("Nothing waits for the bank: every signed count is banked.", icon=":material/check_circle:")
    else:
        _waiting(waiting, school)
        if actor.can("cash_up.count"):
            _form(waiting, school, slips[0].bank if slips else "", actor, request_id, students.today(session))
    if slips:
        st.header("Deposits", anchor=False)
        _rows(slips, school)
        if matches > tables.ROWS_PER_PAGE:
            st.pagination(tables.pages(matches), key=PAGE)


def _waiting(waiting: Sequence[Bankable], school: SchoolFacts) -> None:
    figures = [words.amount(one.total, school.currency) for one in waiting]
    with st.grid(4, gap="small", min_column_width=cards.width(figures)):
        for one in waiting:
            counts = f"{len(one.parts)} {'count' if len(one.parts) == 1 else 'counts'}"
            st.metric(
                f"{words.plain(one.name)} to bank ({school.currency.code})",
                words.amount(one.total, school.currency),
                delta=counts,
                delta_color="off",
                delta_arrow="off",
                border=True,
            )


def _form(
    waiting: Sequence[Bankable],
    school: SchoolFacts,
    last_bank: str,
    actor: Actor,
    request_id: str,
    today: Any,
) -> None:
    by_account = {one.account: one for one in waiting}
    with st.container(border=True):
        forms.only_known(TENDER, by_account)
        account = st.segmented_control(
            "Tender",
            list(by_account),
            default=waiting[0].account,
            format_func=lambda code: by_account[code].name,
            required=True,
            key=TENDER,
        )
        chosen = by_account.get(account or "", waiting[0])
        parts = {part.cash_up_id: part for part in chosen.parts}
        key = f"{PARTS}.{chosen.account}"
        picked = st.multiselect(
            "Counts",
            list(parts),
            default=list(parts),
            format_func=lambda one: (
                f"Cash-up {one}, {parts[one].cashier}: {words.amount(parts[one].amount, school.currency)}"
            ),
            key=key,
        )
        feedback.problem("cashup.parts")
        left, right = st.columns(2)
        with left:
            bank = forms.text_field("Bank or account", key=BANK, default=last_bank)
        with right:
            day = forms.date_field("Taken on", key=DAY, value=today, most=today)
        total = sum(parts[one].amount for one in picked)
        st.button(
            f"Make the slip of {school.currency.code} {words.amount(total, school.currency)}",
            type="primary",
            icon=":material/account_balance:",
            key="cashup.make_slip",
            on_click=_make,
            args=(chosen.account, key, bank, day, actor, request_id),
        )


def _make(account: str, picked: str, bank: TypedText, day: TypedDate, actor: Actor, request_id: str) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("cashup") as stands:
        where, when = bank.at(stands).words(), day.at(stands).day()
        with once.holding(request_id), writing() as session:
            service.deposit(
                session,
                actor=actor,
                request_id=request_id,
                account=account,
                cash_up_ids=_chosen(stands, picked),
                bank=where,
                date=when,
            )


def _chosen(stands: Mapping[str, Any], key: str) -> list[int]:
    chosen = stands.get(key)
    if not isinstance(chosen, list) or not all(isinstance(one, int) for one in chosen):
        raise BadInput("Choose the counts whose money goes to the bank.", field="parts")
    return chosen


def _say_what_is_recorded(deposit_id: int) -> None:
    """A form whose deposit is made is done with, and leads to the slip."""
    once.done(TICKET)
    feedback.say("success", f"Deposit {queries.number(deposit_id)} is recorded. Print its slip for the bank.")
    st.switch_page(links.CASHUP, query_params=links.deposit(deposit_id))


def _rows(slips: Sequence[Slip], school: SchoolFacts) -> None:
    tables.rows(
        {
            "Deposit": [slip.number for slip in slips],
            "Tender": [slip.name for slip in slips],
            "Amount": [words.amount(slip.amount, school.currency) for slip in slips],
            "Taken on": [words.date(slip.date) for slip in slips],
            "Bank": [slip.bank for slip in slips],
            "By": [slip.actor for slip in slips],
        },
        [(links.CASHUP, links.deposit(slip.id)) for slip in slips],
        opens="Deposit",
        amounts=("Amount",),
        key="cashup.slips",
        alt="Deposits, the latest first",
    )


def draw(page: Page) -> None:
    """One deposit: how much, where, of which counts, and the cheques in it."""
    slip, unit = page.slip, page.school.currency
    st.metric(f"{words.plain(slip.name)} ({unit.code})", words.amount(slip.amount, unit))
    st.markdown(
        words.quiet(f"To {words.plain(slip.bank)} on {words.date(slip.date)}, by {words.plain(slip.actor)}.")
    )
    papers.slip_button(slip, page.cheques)
    tables.rows(
        {
            "Cash-up": [f"{part.cash_up_id}" for part in slip.parts],
            "Cashier": [part.cashier for part in slip.parts],
            "Date": [words.date(part.date) for part in slip.parts],
            "Amount": [words.amount(part.amount, unit) for part in slip.parts],
        },
        [(links.CASHUP, links.cash_up(part.cash_up_id)) for part in slip.parts],
        opens="Cash-up",
        amounts=("Amount",),
        key="cashup.slip_parts",
        alt="The counts this deposit is made of",
    )
    if page.cheques:
        st.header("Cheques", anchor=False)
        tables.rows(
            {
                "Receipt": [one.document for one in page.cheques],
                "Reference": [one.reference for one in page.cheques],
                "Paid by": [one.payer for one in page.cheques],
                "Amount": [words.amount(one.amount, unit) for one in page.cheques],
            },
            [(links.ENTRY, links.entry(one.entry_id)) for one in page.cheques],
            opens="Receipt",
            amounts=("Amount",),
            key="cashup.cheques",
            alt="The cheques of these counts",
        )
