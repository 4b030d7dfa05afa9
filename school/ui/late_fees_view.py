"""Late fees: what being late costs now, the run that charges it, and the rules; each row can be waived."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading, writing
from school.errors import SchoolError
from school.fees import late_fee_run, late_fees, runs
from school.fees.late_fee_rules import RuleFacts, rules
from school.fees.late_fees import Overdue
from school.fees.runs import RunFacts
from school.money import Currency
from school.students import queries as students
from school.ui import cards, fee_dialogs, feedback, late_fee_forms, links, once, tables, words

VIEW = {"fees.view": "Late fees"}
TICKET = "late_fee_run"
PAGE = "fees.late_page"
LOOK = "late_look"
RUNS_SHOWN = 10
AT_ONCE = 1_000  # students with an overdue charge: with more this page would be slower than every other


def draw(actor: Actor) -> None:
    with reading() as session:
        unit, today = students.school(session).currency, students.today(session)
        known = rules(session)
        past = runs.runs(session, kind="late_fee", limit=RUNS_SHOWN)
        waits = next((run for run in past if run.waits), None)
        many = _are_many(session, today)
        found = [] if waits or many else late_fees.overdue(session, through=today)
        if not (waits or many):
            _figures(found, unit)
    if waits is not None and actor.can("billing.run"):
        _go_on(waits, actor)
    doing = st.container()
    _rules(known, unit)
    if found:
        _preview(found, unit)
    elif many and waits is None:
        st.button("Look at what a run today charges", key="fees.look_late", on_click=_look)
    elif known and waits is None:
        st.info("Nothing is late beyond what was charged already.", icon=":material/verified:")
    _runs(past, unit)
    with doing, reading() as session:
        _buttons(actor, today, is_new=bool(found))
        late_fee_forms.offer(session, actor, known, unit, today)


def _are_many(session: Session, today: date) -> bool:
    """More than are worked out unasked."""
    if LOOK in st.query_params:
        return False
    return len(late_fees.next_students(session, through=today, after=0, count=AT_ONCE + 1)) > AT_ONCE


def _look() -> None:
    st.query_params[LOOK] = "yes"


def _figures(found: Sequence[Overdue], unit: Currency) -> None:
    amount = words.amount(sum(one.fee.total for one in found), unit)
    with st.grid(3, gap="small", min_column_width=cards.width([amount])):
        st.metric(f"To be charged ({unit.code})", amount, border=True)
        st.metric("Students", f"{len({one.student_id for one in found}):,}", border=True)
        st.metric("Charges that are late", f"{len({one.charge_id for one in found}):,}", border=True)


def _buttons(actor: Actor, today: date, *, is_new: bool) -> None:
    with st.container(horizontal=True):
        if actor.can("billing.run"):
            request_id = once.ticket(TICKET)
            st.button(
                "Charge late fees",
                type="primary",
                icon=":material/alarm:",
                key="fees.charge_late",
                disabled=not is_new,
                on_click=_begin,
                args=(actor, request_id, today),
            )
        if actor.can("fees.manage"):
            st.button("Add a rule", key="fees.add_rule", on_click=fee_dialogs.open_, args=("rule",))


def _begin(actor: Actor, request_id: str, today: date) -> None:
    """For the button: the run is begun before anything can stop it; the page goes on with it."""
    with fee_dialogs.attempt(), once.holding(request_id), writing() as session:
        late_fee_run.begin(session, actor=actor, request_id=request_id, date=today)
    if not feedback.refused():
        once.done(TICKET)


def _go_on(run: RunFacts, actor: Actor) -> None:
    """Chunk by chunk, with cashiers between; a page that is left leaves the rest to whoever comes next."""
    undoing = run.undone_at is not None
    bar = st.progress(0.0, "Late fees are taken back …" if undoing else "Late fees are charged …")
    try:
        told = _undo_on(run, actor, bar) if undoing else _charge_on(run, actor, bar)
    except SchoolError as error:
        st.error(f"The run waits: {error.sentence}", icon=":material/error:")
        st.button("Go on", type="primary", icon=":material/play_arrow:", key="fees.go_on")
        return
    feedback.say("success", told)
    st.rerun()


def _charge_on(run: RunFacts, actor: Actor, bar: st.delta_generator.DeltaGenerator) -> str:
    with reading() as session:
        everybody = late_fees.next_students(session, through=run.date, after=0, count=10**9)
        unit = students.school(session).currency
    progress = late_fee_run.Progress(run.id, 0, 0, is_finished=False)
    while not progress.is_finished:
        with writing() as session:
            progress = late_fee_run.go_on(session, actor=actor, run_id=run.id, after=progress.after)
        done = bisect_right(everybody, progress.after)
        part = done / len(everybody) if everybody else 1.0
        bar.progress(min(part, 1.0), f"{done:,} of {len(everybody):,} students. You may leave this page.")
    with reading() as session:
        made = runs.run(session, run.id)
    amount = f"{unit.code} {words.amount(made.total, unit)}"
    return f"Late fees of {amount} are charged to {_count(made.students, 'student')}."


def _undo_on(run: RunFacts, actor: Actor, bar: st.delta_generator.DeltaGenerator) -> str:
    while run.waits:
        with writing() as session:
            run = runs.undo_on(session, actor=actor, run_id=run.id, so_far=run)
        bar.progress(run.reversed / max(run.entries, 1), f"{run.reversed:,} of {run.entries:,} entries")
    return f"The run is taken back: {_count(run.entries, 'entry', 'entries')} reversed."


def _preview(found: Sequence[Overdue], unit: Currency) -> None:
    st.header("What a run today charges", anchor=False)
    first = tables.offset(st.session_state.get(PAGE, 1), len(found))
    shown = found[first : first + tables.ROWS_PER_PAGE]
    columns = {
        "Student": [one.name for one in shown],
        "Late fee": [words.amount(one.fee.total, unit) for one in shown],
        "Class": [one.class_name or links.NO_CLASS for one in shown],
        "Charge": [f"{one.head}, due {words.date(one.due_date)}" for one in shown],
        "Days late": [f"{one.days:,}" for one in shown],
        "Open": [words.amount(one.open, unit) for one in shown],
        "Fee": [words.amount(one.fee.flat, unit) if one.fee.flat else "" for one in shown],
        "Interest": [words.amount(one.fee.interest, unit) if one.fee.interest else "" for one in shown],
        "Rule": [one.rule for one in shown],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    amounts = [name for name in ("Late fee", "Days late", "Open", "Fee", "Interest") if name in kept]
    goals = [(links.FEES, {**VIEW, "do": "waive", fee_dialogs.CHARGE: str(one.charge_id)}) for one in shown]
    tables.rows(kept, goals, opens="Student", amounts=amounts, key="fees.late", alt="Late fees by student")
    if len(found) > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(len(found)), key=PAGE)


def _rules(known: Sequence[RuleFacts], unit: Currency) -> None:
    st.header("Rules", anchor=False)
    if not known:
        st.info(
            "Being late costs nothing yet. Add a rule: days of grace, a fee, interest.",
            icon=":material/alarm:",
        )
        return
    columns = {
        "Rule": [rule.name for rule in known],
        "Costs": [late_fee_forms.costs(rule, unit) for rule in known],
        "Days of grace": [str(rule.grace_days) for rule in known],
        "For charges due": [late_fee_forms.reach(rule) for rule in known],
    }
    goals = [(links.FEES, {**VIEW, "do": "end_rule", fee_dialogs.RULE: str(rule.id)}) for rule in known]
    tables.rows(
        columns, goals, opens="Rule", amounts=("Days of grace",), key="fees.rules", alt="Late fee rules"
    )


def _runs(past: Sequence[RunFacts], unit: Currency) -> None:
    if not past:
        return
    st.header("Runs", anchor=False)
    columns = {
        "Day": [words.date(run.date) for run in past],
        "Charged": [words.amount(run.total, unit) for run in past],
        "Students": [f"{run.students:,}" for run in past],
        "State": [_state(run) for run in past],
        "By": [run.actor for run in past],
    }
    goals = [(links.FEES, {**VIEW, "do": "undo_late", fee_dialogs.RUN: str(run.id)}) for run in past]
    tables.rows(
        columns, goals, opens="Day", amounts=("Charged", "Students"), key="fees.late_runs", alt="Runs"
    )


def _state(run: RunFacts) -> str:
    if run.undone_at is not None:
        return f"Taken back by {run.undone_by}: {run.undone_reason}"
    return "Finished" if run.finished_at else "Not finished"


def _count(number: int, word: str, words_: str | None = None) -> str:
    return f"{number:,} {word if number == 1 else words_ or f'{word}s'}"
