"""Papers e-mailed from where they are looked at. Each goes to one address once; the letters tell of it."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import streamlit as st

from school.access.rules import Actor
from school.db import reading, writing
from school.delivery import worker
from school.ledger.queries import Receipt
from school.letters import queries, recipients
from school.letters import writing as letters
from school.letters.recipients import Recipient
from school.settings import settings
from school.students import queries as students
from school.ui import feedback, forms, guard, letters_papers, letters_queue, links, once, words
from school.ui.forms import TypedText

STATEMENT = "statement"


def receipt(found: Receipt, *, page: str) -> None:
    """A button with the address it goes to and what went before; nothing where no e-mail is sent."""
    actor = guard.current()
    if actor is None or not actor.can("letters.send") or not settings().sends_mail:
        return
    if found.reversed_by is not None:
        return
    with reading() as session:
        family = students.student(session, found.students[0].student_id).family_id
        first = recipients.of_families(session, [family])[family][0]
        before = queries.of_run(session, _of_receipt(found))
    with st.popover("E-mail", icon=":material/mail:"):
        for letter in before:
            st.page_link(
                links.LETTERS,
                label=words.plain(f"{letters_queue.state(letter)}: {letter.to_address}"),
                icon=":material/drafts:",
                query_params=links.letters(letter_id=letter.id),
            )
        key = f"{page}.mail_to"
        st.session_state.setdefault(key, first.address)
        typed = forms.text_field("To", key=key, placeholder="grace@example.org")
        st.button(
            f"Send {words.plain(found.document)}",
            icon=":material/send:",
            key=f"{page}.mail",
            on_click=_send_receipt,
            args=(found, first, typed, actor, page),
        )


def _of_receipt(found: Receipt) -> str:
    return f"receipt:{found.entry_id}"


def _send_receipt(found: Receipt, first: Recipient, typed: TypedText, actor: Actor, page: str) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt(page, address=typed.key) as stands:
        address = typed.at(stands).words()
        request_id = f"{_of_receipt(found)}:{sha256(address.casefold().encode()).hexdigest()[:16]}"
        name = first.name if address.casefold() == first.address.casefold() else found.payer or first.name
        with once.holding(request_id), writing() as session:
            done = letters.receipt(
                session,
                actor=actor,
                request_id=request_id,
                entry_id=found.entry_id,
                name=name,
                address=address,
            )
    if feedback.refused():
        return
    worker.wake()
    if done.new:
        feedback.say("success", f"{words.plain(found.document)} is on its way to {words.plain(address)}.")
    else:
        feedback.say("info", f"{words.plain(found.document)} was sent to {words.plain(address)} before.")


def statement(family_id: int, since: date | None, until: date | None, *, page: str) -> None:
    """A button that e-mails a family's statement of this period to everybody who pays for it."""
    actor = guard.current()
    if actor is None or not actor.can("letters.send") or not settings().sends_mail:
        return
    with reading() as session:
        today = students.today(session)
        to = [one.address for one in recipients.of_families(session, [family_id])[family_id] if one.address]
    last = min(until or today, today)
    st.button(
        "E-mail the statement",
        icon=":material/mail:",
        key=f"{page}.mail_statement",
        disabled=not to or bool(since and last < since),
        help=f"To {', '.join(to)}" if to else "Nobody of this family has an e-mail address",
        on_click=_send_statement,
        args=(family_id, since, last, actor, once.ticket(STATEMENT), page),
    )


def _send_statement(
    family_id: int, since: date | None, until: date, actor: Actor, request_id: str, page: str
) -> None:
    with feedback.attempt(page), once.holding(request_id), writing() as session:
        done = letters.statements(
            session,
            actor=actor,
            request_id=request_id,
            family_ids=[family_id],
            since=since,
            until=until,
            how="email",
        )
    if not feedback.refused():
        worker.wake()
        once.done(STATEMENT)
        letters_papers.tell(done, "email")
