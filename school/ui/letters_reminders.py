"""Who is due which reminder today: looked at, some left out, then sent, printed or rehearsed in one press."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading, writing
from school.delivery import papers, worker
from school.errors import BadInput
from school.letters import queries, reminders, rules
from school.letters import writing as letters
from school.letters.queries import LetterFacts
from school.letters.reminders import DueReminder, Preview
from school.letters.service import CAPABILITY, NO_MAIL, How
from school.reports import rolls
from school.settings import settings
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import feedback, filters, forms, links, once, tables, words
from school.ui.forms import TypedDate

TICKET, RUN = "remind", "run"
PAGE, LEAVE_OUT, PAY_BY = "letters.reminders_page", "letters.leave_out", "letters.pay_by"
PAY_WITHIN = timedelta(days=14)
LOOK = "look"
AT_ONCE = 1_000  # students who owe: with more this page would be slower than every other
STAGES = {"Every reminder": None} | {name: stage for stage, name in rules.STAGE_NAMES.items()}


def draw(actor: Actor) -> None:
    request_id = once.ticket(TICKET)
    with reading() as session:
        _settle(session, request_id)
        school, owing = students.school(session), rolls.owing(session)
        named = queries.of_run(session, st.query_params[RUN]) if RUN in st.query_params else []
        run = [letter for letter in named if letter.kind == "reminder"]
        if owing > AT_ONCE and LOOK not in st.query_params:
            _offer_look(owing, run, actor)
            return
        found = reminders.preview(session)
        refused = queries.refused_addresses(session)
    _figure(found, school)
    if run:
        _of_run(run, actor)
    if not found.rows:
        st.info("Nobody is due a reminder today.", icon=":material/mark_email_read:")
        return
    stage = filters.choice("Reminder", STAGES, key="letters.due", on_change=filters.from_page_one(PAGE))
    rows = found.of(stage) if stage else list(found.rows)
    _do(rows, found, actor, request_id)
    _rows(rows, school, refused)


def _settle(session: Session, request_id: str) -> None:
    """A run whose letters are written is done with, however its press ended."""
    if queries.of_run(session, request_id):
        once.done(TICKET)
        st.query_params[RUN] = request_id
        st.rerun()


def _offer_look(owing: int, run: list[LetterFacts], actor: Actor) -> None:
    """Before the families of a large school are gone through, which takes a moment."""
    if run:
        _of_run(run, actor)
    st.button(
        f"Look at who of {owing:,} students who owe is due a reminder",
        type="primary",
        key="letters.look",
        on_click=_look,
    )


def _look() -> None:
    st.query_params[LOOK] = "yes"


def _figure(found: Preview, school: SchoolFacts) -> None:
    total, count = sum(row.total for row in found.rows), len(found.rows)
    st.metric(
        "Due a reminder today",
        f"{count:,} {'family' if count == 1 else 'families'}",
        delta=f"{school.currency.code} {words.amount(total, school.currency)} overdue",
        delta_color="off",
        delta_arrow="off",
    )
    counts = {name.lower(): len(found.of(n)) for n, name in rules.STAGE_NAMES.items()}
    parts = [f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items() if n]
    if found.waiting:
        parts.append(f"{found.waiting} more owe and are not due the next one yet")
    if found.had_all:
        parts.append(f"{found.had_all} had all three: talk to them")
    if parts:
        st.markdown(words.quiet(" · ".join(parts)))


def _of_run(run: list[LetterFacts], actor: Actor) -> None:
    """What became of the letters of the press before, and their paper."""
    counts = Counter("a dry run" if letter.rehearsal else letter.state for letter in run)
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(run)} reminders**: {said}.")
        st.download_button(
            "All as one PDF",
            partial(_pdf, actor, [letter.id for letter in run]),
            file_name="reminders.pdf",
            mime="application/pdf",
            icon=":material/download:",
            on_click="ignore",
            key="letters.run_pdf",
        )
        st.button(
            "See them in the queue", icon=":material/list_alt:", key="letters.to_queue", on_click=_to_queue
        )


def _pdf(actor: Actor, letter_ids: list[int]) -> bytes:
    with reading() as session:
        authorise(session, actor, CAPABILITY)
        return papers.reminders(session, [queries.letter(session, one) for one in letter_ids])


def _to_queue() -> None:
    st.session_state["letters.view"] = "Queue and sent"
    st.query_params.pop(RUN, None)


def _do(rows: list[DueReminder], found: Preview, actor: Actor, request_id: str) -> None:
    by_family = {row.family_id: row for row in rows}
    if LEAVE_OUT in st.session_state:  # who is due no more cannot be left out
        st.session_state[LEAVE_OUT] = [one for one in st.session_state[LEAVE_OUT] if one in by_family]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        out = st.multiselect(
            "Leave out",
            list(by_family),
            format_func=lambda f: f"{by_family[f].family} ({', '.join(by_family[f].students)})",
            key=LEAVE_OUT,
            placeholder="Families that get no letter today",
        )
        pay_by = forms.date_field(
            "To be paid by", key=PAY_BY, value=found.on + PAY_WITHIN, least=found.on + timedelta(days=1)
        )
    feedback.problem(LEAVE_OUT)
    chosen = [row for row in rows if row.family_id not in out]
    reached = sum(row.has_address for row in chosen)
    with st.container(horizontal=True):
        for how, label, icon in (
            ("email", f"Send {reached:,} by e-mail", "send"),
            ("print", f"Print {len(chosen):,}", "print"),
            ("rehearse", "Dry run", "science"),
        ):
            if how == "email" and not settings().sends_mail:
                continue
            st.button(
                label,
                type="primary" if how == ("email" if settings().sends_mail else "print") else "secondary",
                icon=f":material/{icon}:",
                key=f"letters.{how}",
                disabled=how != "print" and not reached,
                on_click=_remind,
                args=(rows, how, pay_by, actor, request_id),
            )
    if not settings().sends_mail:
        st.markdown(words.quiet(NO_MAIL))
    elif missing := len(chosen) - reached:
        st.markdown(
            words.quiet(f"{missing} of them have no e-mail address: print theirs once the others are sent.")
        )


def _rows(rows: list[DueReminder], school: SchoolFacts, refused: set[str]) -> None:
    first = filters.first_row(PAGE)
    shown = rows[first : first + tables.ROWS_PER_PAGE]
    columns = {
        "Family": [row.family for row in shown],
        "Overdue": [words.amount(row.total, school.currency) for row in shown],
        "Reminder": [rules.STAGE_NAMES[row.stage] for row in shown],
        "Days": [str(row.days) for row in shown],
        "Since": [words.date(row.oldest_due) for row in shown],
        "E-mail": [_addresses(row, refused) for row in shown],
        "Last reminder": [_last(row) for row in shown],
        "Children": [", ".join(row.students) for row in shown],
        "To": [_to(row) for row in shown],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.STUDENT, links.student(row.student_ids[0])) for row in shown]
    alt = "Families due a reminder, the longest overdue first"
    tables.rows(kept, goals, opens="Family", amounts=("Overdue", "Days"), key="letters.due_rows", alt=alt)
    if len(rows) > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(len(rows)), key=PAGE)


def _addresses(row: DueReminder, refused: set[str]) -> str:
    said = [f"{to.address} (failed before)" if to.address in refused else to.address for to in row.to]
    return ", ".join(address for address in said if address) or "None: print it"


def _to(row: DueReminder) -> str:
    """Empty where the family is called by whom the letter is to."""
    names = ", ".join(to.name for to in row.to)
    return "" if names == row.family else names


def _last(row: DueReminder) -> str:
    return f"{rules.STAGE_NAMES[row.last[0]]}, {words.date(row.last[1])}" if row.last else ""


def _remind(rows: list[DueReminder], how: How, pay_by: TypedDate, actor: Actor, request_id: str) -> None:
    """For the buttons: what was pressed is written before anything can stop it."""
    with feedback.attempt("letters") as stands:
        out = stands.get(LEAVE_OUT) or ()
        expected = {row.family_id: row.stage for row in rows if row.family_id not in out}
        if not expected:
            raise BadInput("Everybody is left out.", field=LEAVE_OUT)
        day = pay_by.at(stands).day()
        with once.holding(request_id), writing() as session:
            done = letters.remind(
                session, actor=actor, request_id=request_id, expected=expected, pay_by=day, how=how
            )
    if feedback.refused():
        return
    worker.wake()
    count = f"{done.new:,} {'reminder' if done.new == 1 else 'reminders'}"
    verb = "is" if done.new == 1 else "are"
    said = {
        "email": f"{count} {verb} on the way.",
        "print": f"{count} {verb} recorded as printed: download them and hand them out.",
        "rehearse": f"{count} {verb} rehearsed. Nothing is sent, and nobody counts as reminded.",
    }
    if done.new:
        feedback.say("success", said[how])
    if done.without_address:
        feedback.say(
            "info", f"{done.without_address} without an e-mail address stand below still: print theirs."
        )
    if done.not_due:
        feedback.say("info", f"{done.not_due} were not due any more and got none.")
    once.done(TICKET)
    st.query_params[RUN] = request_id
