"""A card for what waits for a second person: what, why, who asked, and the two buttons that decide;
who asked may withdraw it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import streamlit as st
from sqlalchemy.orm import Session

from school.db import writing
from school.money import Currency
from school.ui import feedback, forms, links, once, words
from school.ui.forms import TypedText

REFUSED = "approvals.decide"  # above the cards: the card that was refused may be gone
_ABOVE = dict.fromkeys(("student", "amount", "tender", "account", "pays", "date", "grant"), REFUSED)


@dataclass(frozen=True)
class Card:
    """`name` tells cards apart, `title` is Markdown, `balance` minor units owed now. `approve`, `refuse`
    and `withdraw` write, and only that; the first gives the number of the document it made, if any.
    """

    name: str
    title: str
    after: str  # what has happened once it is approved
    reason: str
    asked_by: str
    asked_at: datetime
    own: bool
    student_id: int
    student: str
    balance: int
    approve: Callable[[Session], str | None]
    refuse: Callable[[Session, str], None]
    withdraw: Callable[[Session, str], None]


def draw(card: Card, unit: Currency) -> None:
    with st.container(border=True, gap="small"):
        st.header(card.title, anchor=False)
        st.markdown(f"“{words.plain(card.reason)}”")
        st.markdown(
            words.quiet(f"Asked by {words.plain(card.asked_by)} {words.ago(card.asked_at)}")
            + f" · {words.plain(card.student)} {words.owes_in_colour(card.balance, unit)}"
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if card.own:
                _withdrawing(card)
            else:
                _buttons(card)
            address = links.student(card.student_id)
            st.page_link(links.STUDENT, label="Account", icon=":material/person:", query_params=address)


def _withdrawing(card: Card) -> None:
    st.markdown(words.quiet("You asked for this: another person decides."), width="stretch")
    reason = _reason(card, "Why, if you withdraw it", "Asked for the wrong child")
    st.button(
        "Withdraw",
        key=f"approvals.withdraw.{card.name}",
        icon=":material/undo:",
        on_click=_end,
        args=(card, reason, card.withdraw, "withdrawn"),
    )


def _reason(card: Card, label: str, example: str) -> TypedText:
    key = f"approvals.reason.{card.name}"
    return forms.text_field(label, key=key, placeholder=example, width=280)


def _buttons(card: Card) -> None:
    reason = _reason(card, "Why not, if you refuse", "They pay next week")
    st.button(
        "Approve",
        key=f"approvals.approve.{card.name}",
        icon=":material/check:",
        on_click=_approve,
        args=(card,),
    )
    st.button(
        "Refuse",
        key=f"approvals.refuse.{card.name}",
        icon=":material/close:",
        on_click=_end,
        args=(card, reason, card.refuse, "refused"),
    )


def _approve(card: Card) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("approvals", **_ABOVE), once.holding(f"approval {card.name}"), writing() as session:
        document = card.approve(session)
    if not feedback.refused():
        number = f" as {document}" if document else ""
        feedback.say("success", f"{card.title} is approved{card.after}{number}.")


def _end(card: Card, reason: TypedText, write: Callable[[Session, str], None], word: str) -> None:
    with feedback.attempt("approvals", **_ABOVE, reason=reason.key) as stands:
        why = reason.at(stands).words()
        with once.holding(f"approval {card.name}"), writing() as session:
            write(session, why)
    if not feedback.refused():
        feedback.say("success", f"{card.title} is {word}; nothing was recorded.")
