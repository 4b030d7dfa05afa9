"""What waits for a second person, one card each, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.approvals import queries as approvals
from school.approvals import service
from school.approvals.queries import ApprovalFacts
from school.db import writing
from school.ledger import queries as ledger
from school.ledger.wording import KIND_NAMES
from school.money import Currency
from school.ui import feedback, forms, links, once, tables, words
from school.ui.forms import TypedText

_ABOVE = dict.fromkeys(("student", "amount", "tender", "account", "pays", "date"), "approvals.decide")
CARDS_MAX = 20  # the oldest come first; the others follow as these are decided


@dataclass(frozen=True)
class Waiting:
    """`balance` is what the student owes at this moment, in minor units."""

    asked: ApprovalFacts
    balance: int


def read(session: Session) -> list[Waiting]:
    """The oldest first."""
    return [Waiting(one, ledger.balance(session, one.student_id)) for one in approvals.waiting(session)]


def waiting(found: Sequence[Waiting], actor: Actor, unit: Currency) -> None:
    """A card each; what was refused of one stands above them, because its card may be gone."""
    feedback.problem("approvals.decide")
    if not found:
        st.caption("Nothing waits. What is above a limit of the school is asked for on a student's page.")
    for one in found[:CARDS_MAX]:
        _card(one, actor, unit)
    if len(found) > CARDS_MAX:
        st.caption(f"{len(found) - CARDS_MAX} more wait behind these.")


def _card(one: Waiting, actor: Actor, unit: Currency) -> None:
    asked = one.asked
    with st.container(border=True, gap="small"):
        of = f", {words.plain(asked.account.lower())}" if asked.account else ""
        st.subheader(f"{name(asked, unit)}{of}", anchor=False)
        st.markdown(f"“{words.plain(asked.reason)}”")
        st.markdown(
            words.quiet(f"Asked by {words.plain(asked.asked_by)} {words.ago(asked.asked_at)}")
            + f" · {words.plain(asked.student_name)} {words.owes_in_colour(one.balance, unit)}"
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if asked.asked_by_id == actor.user_id:
                st.caption("You asked for this: another person decides.")
            else:
                _buttons(asked, actor, unit)
            address = links.student(asked.student_id)
            st.page_link(links.STUDENT, label="Account", icon=":material/person:", query_params=address)


def _buttons(asked: ApprovalFacts, actor: Actor, unit: Currency) -> None:
    reason = forms.text_field(
        "Why not, if you refuse",
        key=f"approvals.reason.{asked.id}",
        placeholder="They pay next week",
        width=280,
    )
    st.button(
        "Approve",
        key=f"approvals.approve.{asked.id}",
        icon=":material/check:",
        on_click=_approve,
        args=(asked, actor, unit),
    )
    st.button(
        "Refuse",
        key=f"approvals.refuse.{asked.id}",
        icon=":material/close:",
        on_click=_refuse,
        args=(asked, actor, unit, reason),
    )


def name(asked: ApprovalFacts, unit: Currency) -> str:
    """`Write-off of KES 1,250.00 for Amina Odhiambo`, as Markdown."""
    amount = f"{unit.code} {words.amount(asked.amount, unit)}"
    return f"{KIND_NAMES[asked.kind]} of {amount} for {words.plain(asked.student_name)}"


def _approve(asked: ApprovalFacts, actor: Actor, unit: Currency) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with (
        feedback.attempt("approvals", **_ABOVE),
        once.holding(f"approval {asked.id}"),
        writing() as session,
    ):
        posted = service.approve(session, actor=actor, approval_id=asked.id)
    if not feedback.refused():
        number = f" as {posted.document}" if posted.document else ""
        feedback.say("success", f"{name(asked, unit)} is approved and recorded{number}.")


def _refuse(asked: ApprovalFacts, actor: Actor, unit: Currency, reason: TypedText) -> None:
    with feedback.attempt("approvals", **_ABOVE, reason=reason.key) as stands:
        why = reason.at(stands).words()
        with once.holding(f"approval {asked.id}"), writing() as session:
            service.refuse(session, actor=actor, approval_id=asked.id, reason=why)
    if not feedback.refused():
        feedback.say("success", f"{name(asked, unit)} is refused; nothing was recorded.")


def decided(session: Session, unit: Currency, time_zone: str, matches: int) -> None:
    """What was decided, the newest first; a row opens what was recorded, or the account."""
    if not matches:
        st.caption("Nothing was decided yet.")
        return
    page = 1
    if tables.pages(matches) > 1:
        page = st.number_input("Page", 1, tables.pages(matches), key="approvals.page", bind="query-params")
    rows = approvals.decided(session, limit=tables.ROWS_PER_PAGE, offset=tables.offset(page, matches))
    moment = partial(words.moment, time_zone=time_zone)
    columns = {
        "What": [KIND_NAMES[row.kind] for row in rows],
        "Student": [row.student_name for row in rows],
        "Amount": [words.amount(row.amount, unit) for row in rows],
        "Decision": [str(row.decision).capitalize() for row in rows],
        "By": [row.decided_by or "" for row in rows],
        "When": [moment(row.decided_at) if row.decided_at else "" for row in rows],
        "Why": [row.decision_reason or row.reason for row in rows],
        "Asked by": [row.asked_by for row in rows],
    }
    goals = [
        (links.ENTRY, links.entry(row.entry_id))
        if row.entry_id
        else (links.STUDENT, links.student(row.student_id))
        for row in rows
    ]
    alt = "What was decided, newest first"
    tables.rows(columns, goals, opens="What", amounts=("Amount",), key="approvals.decided", alt=alt)


def beckon(session: Session, actor: Actor) -> None:
    """On the first page of who may decide: how much waits for them, if anything does."""
    mine, _ = approvals.counts(session, user_id=actor.user_id)
    if mine:
        waits = "1 request waits" if mine == 1 else f"{mine} requests wait"
        st.page_link(links.APPROVALS, label=f"**{waits} for your decision**", icon=":material/rule:")
