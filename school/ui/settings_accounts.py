"""How money comes, and the other accounts of the books: what they are called, and which are in use."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading
from school.ledger import queries as ledger
from school.ledger import service
from school.ledger.queries import AccountFacts
from school.ui import feedback, filters, tables, words
from school.ui.settings_form import WIDTH, Stands, Tell, button, text

CHOSEN, NEW = "settings.account", "A new tender"
NAME, CODE = "settings.new_account_name", "settings.new_account_code"
TYPES = {
    "tender": "Tender",
    "income": "Fee head",
    "concession": "Concession",
    "bad_debt": "Bad debts",
    "opening": "Opening balances",
    "clearing": "Transfers",
}
RESTING = ("tender", "income")  # what may be taken out of use


def draw(actor: Actor) -> None:
    with reading() as session:
        held = sorted(ledger.accounts(session), key=lambda account: list(TYPES).index(account.type))
    chosen = filters.choice("Account", {NEW: None, **{a.name: a for a in held}}, key=CHOSEN)
    if chosen:
        _change(actor, chosen)
    else:
        _add(actor)
    columns = {
        "Account": [account.name for account in held],
        "Kind": [TYPES[account.type] for account in held],
        "Code": [account.code for account in held],
        "In use": ["Yes" if account.active else "No longer" for account in held],
    }
    goals = [(tables.HERE, {CHOSEN: account.name}) for account in held]
    alt = "Accounts of the books, tenders first"
    tables.rows(columns, goals, opens="Account", key="settings.accounts", alt=alt)


def _add(actor: Actor) -> None:
    with st.form("settings.add_tender", width=WIDTH):
        left, right = st.columns(2)
        with left:
            st.text_input("Name", key=NAME, autocomplete="off", placeholder="Bank transfer, second bank")
            feedback.problem(NAME)
        with right:
            st.text_input("Code", key=CODE, autocomplete="off", placeholder="BANK2", help="It stays.")
            feedback.problem(CODE)

        def write(session: Session, stands: Stands) -> Tell:
            name = text(stands, NAME)
            position = 1 + len(ledger.accounts(session, type="tender"))
            service.add_account(
                session, actor=actor, code=text(stands, CODE), name=name, type="tender", position=position
            )
            return lambda: f"{words.plain(name.strip())} is added: payments may come so from now on."

        button("Add the tender", "settings.keep_tender", write, empties=(NAME, CODE), name=NAME, code=CODE)


def _change(actor: Actor, account: AccountFacts) -> None:
    name, active = f"settings.account_name_{account.code}", f"settings.account_active_{account.code}"
    rests = account.type in RESTING
    with st.form(f"settings.account_{account.code}", width=WIDTH):
        st.text_input("Name", account.name, key=name, autocomplete="off")
        feedback.problem(name)
        if rests:
            st.checkbox("In use", account.active, key=active)
            feedback.problem(active)
            st.markdown(words.quiet("What is no longer in use stays in the books and in every report."))

        def write(session: Session, stands: Stands) -> Tell:
            typed, used = text(stands, name), bool(stands.get(active)) if rests else None
            service.change_account(session, actor=actor, code=account.code, name=typed, active=used)
            offered = " It is offered no longer." if used is False else ""
            return lambda: f"{words.plain(typed.strip())} is kept.{offered}"

        button("Keep", f"settings.keep_account_{account.code}", write, name=name, active=active)
