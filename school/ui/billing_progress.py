"""A run that is not finished goes on while its page is open, chunk by chunk, with cashiers in between.

Whoever leaves the page leaves the run where it stands; whoever opens the page next goes on with it.
"""

from __future__ import annotations

import streamlit as st

from school.access.rules import Actor
from school.db import reading, writing
from school.errors import SchoolError
from school.fees import billing, runs
from school.fees.runs import RunFacts
from school.money import Currency
from school.ui import feedback, words


def draw(run: RunFacts, actor: Actor, unit: Currency) -> None:
    """Each chunk is a transaction of its own: a page that is stopped between two of them loses nothing."""
    place = st.empty()
    try:
        said = _undo(run, actor, place) if run.undone_at else _bill(run, actor, place, unit)
    except SchoolError as error:
        place.empty()
        st.error(f"The run waits: {error.sentence}", icon=":material/error:")
        st.button("Go on", type="primary", icon=":material/play_arrow:", key="fees.go_on")
        return
    feedback.forget_refusals()  # that a run was in the way of another is over
    feedback.say("success", said)
    st.rerun()


def _bill(run: RunFacts, actor: Actor, place: st.delta_generator.DeltaGenerator, unit: Currency) -> str:
    now, pace = None, runs.Pace()
    while now is None or not now.is_finished:
        with writing() as session, pace.chunk(session) as size:
            now = billing.go_on(session, actor=actor, run_id=run.id, so_far=now, students_max=size)
        _show(place, now.done, now.students, f"Billing {run.term}", "students")
    with reading() as session:
        made = runs.run(session, run.id)
    if not made.entries:
        return f"{made.term} was billed already: nothing new was charged."
    amount = f"{unit.code} {words.amount(made.total, unit)}"
    whom = f"{made.students:,} student{'' if made.students == 1 else 's'}"
    return f"{made.term} is billed: {amount} to {whom}. Next, write to the families, or take payments."


def _undo(run: RunFacts, actor: Actor, place: st.delta_generator.DeltaGenerator) -> str:
    pace = runs.Pace()
    while run.waits:
        with writing() as session, pace.chunk(session) as size:
            run = runs.undo_on(session, actor=actor, run_id=run.id, so_far=run, entries_max=size)
        _show(place, run.reversed, run.entries, "Taking the run back", "entries")
    whom = f"{run.students:,} student{'' if run.students == 1 else 's'}"
    return f"The run of {run.term} is taken back: {run.entries:,} entries of {whom} are reversed."


def _show(place: st.delta_generator.DeltaGenerator, done: int, of: int, what: str, things: str) -> None:
    percent = 100 * done // of if of else 100
    place.progress(min(percent, 100), f"{what}: {done:,} of {of:,} {things}. You may leave this page.")
