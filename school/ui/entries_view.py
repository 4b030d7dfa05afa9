"""The entries behind a figure: filters in the address, a total that is the figure, rows that open."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.errors import NotFound
from school.ledger import queries as ledger
from school.ledger.queries import EntryPage
from school.ledger.wording import KIND_NAMES
from school.money import Currency
from school.students import queries as students
from school.ui import filters, links, tables, words

PAGE = "entries.page"


def choose(session: Session) -> dict[str, Any]:
    """What is asked of `ledger.entries`, by fields that live in the address."""
    turn = filters.from_page_one(PAGE)
    kinds = {"Every kind": None} | {name: kind for kind, name in KIND_NAMES.items()}
    accounts: dict[str, dict[str, str]] = {"Every account": {}}
    accounts |= {name: {"account_type": kind} for kind, name in links.ANY_OF_TYPE.items()}
    accounts |= {a.name: {"account": a.code} for a in ledger.accounts(session)}
    classes = {"Every class": None, **{c.name: c.id for c in students.classes(session)}, links.NO_CLASS: 0}
    terms: dict[str, int | None] = {"Every term": None}
    terms |= {f"{t.name} {t.year_name}": t.id for t in reversed(students.terms(session))}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        since = _day("From", "entries.since", turn)
        until = _day("To", "entries.until", turn)
        kind = filters.choice("Kind", kinds, key="entries.kind", on_change=turn)
        account = filters.choice("Account", accounts, key="entries.account", on_change=turn)
        class_id = filters.choice("Class", classes, key="entries.class", on_change=turn)
        term_id = filters.choice("Term", terms, key="entries.term", on_change=turn)
    asked = {"since": since, "until": until, "kind": kind, "class_id": class_id, "term_id": term_id}
    return asked | (account or {}) | _persons(session)


def _day(label: str, key: str, turn: Any) -> date | None:
    how: dict[str, Any] = {"bind": "query-params", "width": filters.WIDTH, "on_change": turn}
    value = st.date_input(label, None, key=key, format=words.date_order(), **how)
    return value if isinstance(value, date) else None


def _persons(session: Session) -> dict[str, int]:
    """One student, one cashier, one count: chosen by a link that leads here, let go by a button."""
    found: dict[str, int] = {}
    with st.container(horizontal=True):
        if student_id := links.number("student"):
            found["student_id"] = student_id
            try:
                name = students.student(session, student_id).name
            except NotFound:
                name = "an unknown student"
            _let_go("student", f"Only {words.plain(name)}")
        if actor_id := links.number("by"):
            found["actor_id"] = actor_id
            _let_go("by", "Only of one cashier")
        if through := links.number("through"):
            found |= {"after": links.number("after"), "through": through}
            _let_go("through", "Only of one count")
    return found


def _let_go(name: str, label: str) -> None:
    st.button(
        label,
        icon=":material/close:",
        key=f"entries.all_of_{name}",
        help="Show those of everybody",
        on_click=_forget,
        args=(name,),
    )


def _forget(name: str) -> None:
    st.query_params.pop(name, None)


def total(page: EntryPage, unit: Currency) -> None:
    """Of all that match, in words: whether it is owed more or less."""
    count = f"{page.matches:,} {'entry' if page.matches == 1 else 'entries'}"
    more = "more is owed" if page.total > 0 else "less is owed" if page.total < 0 else "in balance"
    st.metric(
        "In all",
        f"{unit.code} {words.amount(abs(page.total), unit)}",
        delta=f"{count}; {more}",
        delta_color="off",
        delta_arrow="off",
    )


def rows(page: EntryPage, unit: Currency) -> None:
    columns = {
        "Entry": [row.document or KIND_NAMES[row.kind] for row in page.rows],
        "Charges": [words.amount(row.amount, unit) if row.amount > 0 else "" for row in page.rows],
        "Credits": [words.amount(-row.amount, unit) if row.amount < 0 else "" for row in page.rows],
        "Students": [row.students for row in page.rows],
        "Accounts": [row.accounts for row in page.rows],
        "Date": [words.date(row.date) for row in page.rows],
        "By": [row.actor for row in page.rows],
        "Note": [row.reason or ("Reversed" if row.reversed else "") for row in page.rows],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.ENTRY, links.entry(row.entry_id)) for row in page.rows]
    amounts = [heading for heading in ("Charges", "Credits") if heading in kept]
    alt = "Entries, latest date first"
    tables.rows(kept, goals, opens="Entry", amounts=amounts, key="entries.rows", alt=alt)
