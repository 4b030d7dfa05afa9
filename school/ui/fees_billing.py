"""The billing run of a term: what it would charge, the run itself, the runs before, and their undoing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading, writing
from school.fees import billing, bills, queries, runs
from school.fees.bills import Told
from school.fees.runs import RunFacts
from school.money import Currency
from school.reports import rolls
from school.students import queries as students
from school.students.queries import ClassFacts, TermFacts
from school.ui import (
    billing_preview,
    billing_progress,
    fee_dialogs,
    feedback,
    fees_structure,
    filters,
    forms,
    links,
    once,
    tables,
    words,
)
from school.ui.forms import TypedDate

VIEW = {"fees.view": "Billing run"}
UNDO, TICKET = "undo", "billing"
RUNS_MAX = 8
AT_ONCE = 1_000  # students previewed unasked: with more this page would be slower than every other
LOOK = "look"
LATEST = dt.timedelta(days=366)  # a due date later than that after the term is a slip of the keyboard
EVERY_CLASS = "Every class"


def draw(actor: Actor) -> None:
    with reading() as session:
        unit = students.school(session).currency
        past = runs.runs(session, kind="billing", limit=RUNS_MAX)
    waiting = next((run for run in past if run.waits), None)
    if waiting:
        billing_progress.draw(waiting, actor, unit)
        if not waiting.undone_at:
            _offer_undo(waiting)
    else:
        _new_run(actor, unit)
    _past(past, unit)
    if fee_dialogs.is_asked(UNDO):
        _ask_undo(past, actor, unit)


def _new_run(actor: Actor, unit: Currency) -> None:
    with reading() as session:
        told, term, due = _told(session)
        if told is None or term is None:
            st.info("There is no term yet: an administrator adds years and terms.", icon=":material/event:")
            return
        if not queries.heads_in_use(session):
            st.info(
                "Say first what is charged for, in Fee heads, and what it costs.", icon=":material/category:"
            )
            return
        count = rolls.enrolled_in(session, told.class_ids)
        if count > AT_ONCE and LOOK not in st.query_params:
            st.button(
                f"Look at what {count:,} students would be charged",
                type="primary",
                key="fees.look",
                on_click=_look,
            )
            return
        with st.spinner("The bills are worked out …"):
            found = bills.preview(session, told)
    name = f"{term.name} {term.year_name}"
    new = [bill for bill in found if bill.is_new]
    billing_preview.figures(found, unit)
    if new:
        st.button(
            f"Bill {words.plain(name)}: {len(new):,} student{'' if len(new) == 1 else 's'}",
            type="primary",
            icon=":material/play_arrow:",
            key="fees.bill",
            on_click=_begin,
            args=(actor, told, due, once.ticket(TICKET)),
        )
    elif any(bill.charged for bill in found):
        st.success(f"{name} is billed: a run would charge nothing new.", icon=":material/check_circle:")
    feedback.problem("fees.term")
    feedback.problem("fees.due_date")
    feedback.problem("fees.date")
    billing_preview.draw(found, unit)


def _look() -> None:
    st.query_params[LOOK] = "yes"


def _told(session: Session) -> tuple[Told | None, TermFacts | None, TypedDate]:
    """What the fields say: term and class live in the address."""
    today = students.today(session)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        term = fees_structure.choose_term(session, key="fees.term")
        class_ids = _classes(students.classes(session))
        first = max(term.starts_on, today) if term else today
        due = forms.date_field(
            "Without a plan due on",
            key=f"fees.due_date.{term.id if term else 0}",
            value=first,
            least=today,
            most=max(first, term.ends_on if term else today) + LATEST,
            width=190,
        )
    with st.expander("What counts as charged", icon=":material/tune:"):
        by_hand = st.toggle("Count what was charged by hand in the term", value=True, key="fees.by_hand")
        credit_notes = st.toggle(
            "Take back by credit notes what is less than was charged", key="fees.credit_notes"
        )
    if term is None:
        return None, None, due
    day = max(due.value, today) if isinstance(due.value, dt.date) else first
    return Told(term.id, today, day, class_ids, bool(credit_notes), bool(by_hand)), term, due


def _classes(known: Sequence[ClassFacts]) -> tuple[int, ...] | None:
    named: dict[str, tuple[int, ...] | None] = {
        EVERY_CLASS: None,
        **{one.name: (one.id,) for one in known},
    }
    return filters.choice("Class", named, key="fees.class_of_run")


def _begin(actor: Actor, told: Told, due: TypedDate, request_id: str) -> None:
    """For the button: the run stands before anything can stop the page; the page that follows goes on."""
    with feedback.attempt("fees") as stands:
        told = replace(told, due_date=due.at(stands).day())
        with once.holding(request_id), writing() as session:
            billing.begin(session, actor=actor, request_id=request_id, told=told)
    if not feedback.refused():
        once.done(TICKET)


def _past(past: Sequence[RunFacts], unit: Currency) -> None:
    if not past:
        return
    st.header("Runs", anchor=False)
    columns = {
        "Run": [f"{run.term}, {words.date(run.date)}" for run in past],
        "Charged": [words.amount(run.total, unit) for run in past],
        "Students": [f"{run.students:,}" for run in past],
        "State": [_state(run) for run in past],
        "By": [run.actor for run in past],
    }
    goals = [(links.FEES, {**VIEW, "do": UNDO, fee_dialogs.OF: str(run.id)}) for run in past]
    tables.rows(
        columns, goals, opens="Run", amounts=("Charged", "Students"), key="fees.runs", alt="Billing runs"
    )


def _state(run: RunFacts) -> str:
    if run.undone_at:
        return f"taken back: {run.undone_reason}"
    if run.finished_at is None:
        return "not finished"
    if run.reversed:
        return f"finished; {run.reversed:,} of {run.entries:,} entries reversed"
    if "grant" in run.details:
        return "a concession given at once"
    return "finished" if run.entries else "finished, nothing new"


def _offer_undo(run: RunFacts) -> None:
    st.button(
        "Take the run back",
        icon=":material/undo:",
        key="fees.undo",
        on_click=partial(fee_dialogs.open_, UNDO, **{fee_dialogs.OF: str(run.id)}),
    )


def _ask_undo(past: Sequence[RunFacts], actor: Actor, unit: Currency) -> None:
    run = next((one for one in past if one.id == links.number(fee_dialogs.OF)), None)
    if run is None:
        fee_dialogs.close()
    else:
        fee_dialogs.show(f"Billing run of {run.term}", _run, actor, run, unit)


def _run(request_id: str, actor: Actor, run: RunFacts, unit: Currency) -> None:
    """One run: what it was told and made, and how it is taken back."""
    by, day = words.plain(run.actor), words.date(run.date)
    charged = f"{unit.code} {words.amount(run.total, unit)}"
    st.markdown(f"By {by} on {day}: **{charged}** stand charged to {run.students:,} students.")
    st.page_link(
        links.ENTRIES,
        label="The entries of the day",
        icon=":material/list_alt:",
        query_params=links.entries(since=run.date, until=run.date, kind="bill", term=run.term),
    )
    if run.undone_at:
        st.markdown(
            f"Taken back by {words.plain(run.undone_by or '')}: {words.plain(run.undone_reason or '')}"
        )
        return
    st.markdown("Taking it back reverses each of its entries. What was paid stays paid, and becomes credit.")
    reason = forms.text_field("Reason", key="fees.reason", placeholder="It stays in the books", live="1s")

    def read(stands: Mapping[str, Any]) -> Callable[[Session], None]:
        return partial(runs.undo, actor=actor, run_id=run.id, reason=reason.at(stands).words())

    fee_dialogs.button("Take the run back", request_id, read, lambda _: "The run is being taken back.")
