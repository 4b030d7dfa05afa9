"""Statements and invoices for many families at once, by e-mail: who gets one, and one press."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.db import reading, writing
from school.delivery import worker
from school.documents.invoice import invoices_pdf, invoices_zip
from school.fees import runs
from school.fees.runs import RunFacts
from school.letters import queries, recipients, service
from school.letters import writing as letters
from school.letters.service import NO_MAIL, How, Written
from school.reports import invoices as bills_on_paper
from school.reports import recipients as rolls
from school.settings import settings
from school.students import queries as students
from school.ui import feedback, filters, links, once, paper_run, periods, words

TICKET = "papers"
WHO = {"Only who owes": True, "Everyone": False}
RUNS_MAX, RUN_WIDTH = 20, 360

Write = Callable[[Session, Actor, str, How], Written]


@dataclass(frozen=True)
class Reach:
    """How many papers there are, and how many of them reach somebody by e-mail."""

    papers: int
    reached: int


def statements(actor: Actor) -> None:
    """A statement of each family, of all its children, to everybody who pays for it."""
    with reading() as session:
        classes: dict[str, int | None] = {"Every class": None}
        classes |= {row.name: row.id for row in students.classes(session)} | {links.NO_CLASS: 0}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            class_id = filters.choice("Class", classes, key="letters.class")
            owing = filters.choice("Who", WHO, key="letters.who")
            since, until = periods.choose(students.terms(session), students.years(session), page="letters")
        ids = rolls.of_families(session, class_id=class_id, only_owing=bool(owing)).ids
        reach = _reach(session, ids)
        today = students.today(session)
    last = min(until or today, today)
    if since and last < since:
        st.info("This period has no days up to today. Choose another.", icon=":material/event:")
        return

    def write(session: Session, who: Actor, request_id: str, how: How) -> Written:
        return letters.statements(
            session, actor=who, request_id=request_id, family_ids=ids, since=since, until=last, how=how
        )

    _offer("Statements", reach, write, actor, f"up to {words.date(last)}")
    if actor.can("reports.read"):
        run = {"reports.view": "Statement run", "reports.statements.for": "Each payer"}
        st.page_link(links.REPORTS, label="Statements on paper", icon=":material/print:", query_params=run)


def invoices(actor: Actor) -> None:
    """The invoices of a billing run, each once to everybody who pays for its student."""
    with reading() as session:
        known = {_name(run): run for run in runs.runs(session, kind="billing", limit=RUNS_MAX) if _sends(run)}
        name = st.selectbox(
            "Billing run", list(known), key="letters.billing_run", bind="query-params", width=RUN_WIDTH
        )
        run = known.get(name or "")
        ids = queries.entries_of_run(session, run.id) if run else []
        bills = queries.bills(session, ids)
        reach = _reach(session, [bill.family_id for bill in bills])
    if run is None:
        st.info("No term has been billed yet.", icon=":material/request_quote:")
        return

    def write(session: Session, who: Actor, request_id: str, how: How) -> Written:
        return letters.invoices(session, actor=who, request_id=request_id, entry_ids=ids, how=how)

    _offer("Invoices", reach, write, actor, "each goes out once, however often this is pressed")
    _print(run, [bill.entry_id for bill in bills], actor)


def _print(run: RunFacts, entry_ids: Sequence[int], actor: Actor) -> None:
    """The invoices of a run on paper: as one file to print, or one each."""
    if not entry_ids or len(entry_ids) > paper_run.PAPERS_MAX:
        return
    st.subheader("On paper", anchor=False)
    kind = filters.choice("As", paper_run.AS, key="letters.invoices_as") or "pdf"
    papers = paper_run.PaperRun(
        key="letters.invoices",
        asked=(run.id, tuple(entry_ids), kind),
        count=len(entry_ids),
        word="invoice",
        file_name=f"invoices {run.term} {run.date}",
        kind=kind,
        capability=service.CAPABILITY,
        read=lambda session: bills_on_paper.invoices(session, entry_ids),
        make={"pdf": invoices_pdf, "zip": invoices_zip}[kind],
    )
    paper_run.offer(papers, actor, primary=not settings().sends_mail)


def _name(run: RunFacts) -> str:
    return f"{run.term}, {words.date(run.date)} ({run.id})"


def _sends(run: RunFacts) -> bool:
    return run.finished_at is not None and run.undone_at is None and "grant" not in run.details


def _reach(session: Session, family_ids: Sequence[int]) -> Reach:
    found = recipients.of_families(session, family_ids)
    return Reach(len(family_ids), sum(any(to.address for to in found[f]) for f in family_ids))


def _offer(what: str, reach: Reach, write: Write, actor: Actor, note: str) -> None:
    st.metric(what, f"{reach.papers:,}", delta=note, delta_color="off", delta_arrow="off")
    if missing := reach.papers - reach.reached:
        st.markdown(words.quiet(f"{missing:,} of them reach nobody by e-mail: theirs go on paper."))
    request_id = once.ticket(TICKET)
    with st.container(horizontal=True):
        if settings().sends_mail:
            st.button(
                f"Send {reach.reached:,} by e-mail",
                type="primary",
                icon=":material/send:",
                key="letters.papers_email",
                disabled=not reach.reached,
                on_click=_write,
                args=(write, actor, request_id, "email"),
            )
        st.button(
            "Dry run",
            icon=":material/science:",
            key="letters.papers_rehearse",
            disabled=not reach.reached,
            on_click=_write,
            args=(write, actor, request_id, "rehearse"),
        )
    if not settings().sends_mail:
        st.markdown(words.quiet(NO_MAIL))


def _write(write: Write, actor: Actor, request_id: str, how: How) -> None:
    """For the buttons: what was pressed is written before anything can stop it."""
    with feedback.attempt("letters"), once.holding(request_id), writing() as session:
        done = write(session, actor, request_id, how)
    if feedback.refused():
        return
    worker.wake()
    once.done(TICKET)
    tell(done, how)


def tell(done: Written, how: How) -> None:
    """What a press came to, for the next page."""
    count = f"{done.new:,} {'letter' if done.new == 1 else 'letters'}"
    verb = "is" if done.new == 1 else "are"
    if done.new and how == "rehearse":
        feedback.say("success", f"{count} {verb} rehearsed. Nothing is sent.")
    elif done.new:
        feedback.say("success", f"{count} {verb} on the way: the queue tells how far.")
    if done.already:
        feedback.say("info", f"{done.already:,} were written before and are not sent a second time.")
    if done.without_address:
        feedback.say("info", f"{done.without_address:,} reach nobody by e-mail.")
    if not (done.new or done.already or done.without_address):
        feedback.say("info", "There was nothing to send.")
