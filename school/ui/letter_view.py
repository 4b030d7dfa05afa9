"""One letter: what it says, what became of it, its document, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading, writing
from school.delivery import papers, worker
from school.letters import queries, service
from school.letters.queries import LetterFacts
from school.settings import settings
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import feedback, letters_queue, links, once, words

TICKET = "again"
_COLOURS = {"sent": "green", "printed": "green", "failed": "red"}


@dataclass(frozen=True)
class Page:
    letter: LetterFacts
    school: SchoolFacts


def read(session: Session, letter_id: int) -> Page:
    """Raises NotFound."""
    return Page(queries.letter(session, letter_id), students.school(session))


def head(page: Page) -> None:
    letter = page.letter
    st.title(words.plain(letters_queue.name(letter)))
    colour, said = _COLOURS.get(letter.state, "gray"), letters_queue.state(letter)
    when = words.moment(letter.sent_at or letter.at, page.school.time_zone)
    to = f"{letter.to_name}, {letter.to_address}" if letter.to_address else letter.to_name
    st.markdown(f":{colour}-badge[{said}] {when} · to **{words.plain(to)}**")
    if letter.reason:
        show = st.error if letter.state == "failed" else st.info
        show(words.plain(letter.reason), icon=":material/info:")


def facts(page: Page) -> None:
    letter, zone = page.letter, page.school.time_zone
    with st.container(border=True):
        st.markdown(f"**{words.plain(letter.subject)}**")
        for paragraph in letter.body.split("\n"):
            if paragraph.strip():
                st.markdown(words.plain(paragraph))
    shown = {
        "Family": words.plain(letter.family),
        "Written": f"{words.moment(letter.at, zone)} by {words.plain(letter.actor)}",
        "Tries": str(letter.tries or ""),
        "Next try": words.moment(letter.next_try_at, zone) if letter.next_try_at and letter.tries else "",
    }
    st.table({label: value for label, value in shown.items() if value}, border="horizontal", width="content")


def offer(page: Page, actor: Actor) -> None:
    letter = page.letter
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Document (PDF)",
            partial(_pdf, actor, letter.id),
            file_name=f"{letter.kind}-{letter.id}.pdf",
            mime="application/pdf",
            icon=":material/download:",
            on_click="ignore",
            key="letters.document",
        )
        if letter.state in service.SENT_AGAIN and not letter.rehearsal and settings().sends_mail:
            st.button(
                "Send again",
                type="primary" if letter.state == "failed" else "secondary",
                icon=":material/forward_to_inbox:",
                key="letters.again",
                on_click=_again,
                args=(letter, actor, once.ticket(TICKET)),
            )
        if letter.state in service.CANCELLABLE:
            st.button(
                "It was never handed out" if letter.state == "printed" else "Cancel",
                icon=":material/cancel:",
                key="letters.cancel",
                on_click=_cancel,
                args=(letter, actor),
            )
        st.page_link(links.LETTERS, label="All letters", icon=":material/mail:", query_params=links.letters())


def _pdf(actor: Actor, letter_id: int) -> bytes:
    with reading() as session:
        authorise(session, actor, service.CAPABILITY)
        return papers.of_letter(session, queries.letter(session, letter_id)).pdf


def _again(letter: LetterFacts, actor: Actor, request_id: str) -> None:
    with feedback.attempt("letters"), once.holding(request_id), writing() as session:
        done = service.send_again(session, actor=actor, request_id=request_id, letter_id=letter.id)
    if feedback.refused():
        return
    worker.wake()
    once.done(TICKET)
    to = words.plain(letter.to_name)
    feedback.say(
        "success", f"It waits to be sent to {to} again." if done.new else "It is sent again already."
    )


def _cancel(letter: LetterFacts, actor: Actor) -> None:
    with feedback.attempt("letters"), writing() as session:
        service.cancel(session, actor=actor, letter_id=letter.id)
    if not feedback.refused():
        feedback.say("success", f"The letter to {words.plain(letter.to_name)} is cancelled.")
