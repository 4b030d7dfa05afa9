"""What waits for a second person, one card each, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.approvals import queries as approvals
from school.approvals import service
from school.approvals.queries import ApprovalFacts
from school.fees import grants, scheme_listing
from school.fees.scheme_listing import GrantFacts
from school.ledger import queries as ledger
from school.ledger.wording import KIND_NAMES
from school.money import Currency
from school.ui import approval_cards, concession_words, feedback, links, tables, words
from school.ui.approval_cards import Card

CARDS_MAX = 20  # the oldest come first; the others follow as these are decided


def mine(session: Session, actor: Actor) -> int:
    """How much waits for this person's decision: corrections above a limit, and grants."""
    asked = approvals.waiting_for(session, actor.user_id)
    return asked + scheme_listing.waiting_for(session, actor.user_id)


def read(session: Session, actor: Actor, unit: Currency) -> list[Card]:
    """The oldest first; what is one's own to wait for comes last."""
    asked, given = approvals.waiting(session), scheme_listing.waiting(session)
    of = {one.student_id for one in asked} | {grant.student_id for grant in given}
    owed = ledger.balances_of(session, of)
    cards = [_correction(one, owed[one.student_id], actor, unit) for one in asked]
    cards += [_grant(grant, owed[grant.student_id], actor, unit) for grant in given]
    return sorted(cards, key=lambda card: (card.own, card.asked_at))


def _correction(asked: ApprovalFacts, balance: int, actor: Actor, unit: Currency) -> Card:
    of = f", {words.plain(asked.account.lower())}" if asked.account else ""
    amount = f"{unit.code} {words.amount(asked.amount, unit)}"
    return Card(
        name=str(asked.id),
        title=f"{KIND_NAMES[asked.kind]} of {amount} for {words.plain(asked.student_name)}{of}",
        after=" and recorded",
        reason=asked.reason,
        asked_by=asked.asked_by,
        asked_at=asked.asked_at,
        own=asked.asked_by_id == actor.user_id,
        student_id=asked.student_id,
        student=asked.student_name,
        balance=balance,
        approve=lambda s: service.approve(s, actor=actor, approval_id=asked.id).document,
        refuse=lambda s, why: service.refuse(s, actor=actor, approval_id=asked.id, reason=why),
        withdraw=lambda s, why: service.withdraw(s, actor=actor, approval_id=asked.id, reason=why),
    )


def _grant(grant: GrantFacts, balance: int, actor: Actor, unit: Currency) -> Card:
    gives = f"{words.plain(grant.scheme_name)}, {words.plain(concession_words.of_grant(grant, unit))}"
    return Card(
        name=f"grant.{grant.id}",
        title=f"{gives}, for {words.plain(grant.student)}",
        after="; the next billing run gives it",
        reason=grant.reason,
        asked_by=grant.actor,
        asked_at=grant.at,
        own=(grant.actor_id, grant.actor) == (actor.user_id, actor.name),
        student_id=grant.student_id,
        student=grant.student,
        balance=balance,
        approve=lambda s: grants.approve(s, actor=actor, grant_id=grant.id),
        refuse=lambda s, why: grants.refuse(s, actor=actor, grant_id=grant.id, reason=why),
        withdraw=lambda s, why: grants.withdraw(s, actor=actor, grant_id=grant.id, reason=why),
    )


def waiting(cards: Sequence[Card], unit: Currency) -> None:
    """What was refused of a card stands above them all, because the card may be gone."""
    feedback.problem(approval_cards.REFUSED)
    if not cards:
        st.caption("Nothing waits. What is above a limit of the school is asked for on a student's page.")
    for card in cards[:CARDS_MAX]:
        approval_cards.draw(card, unit)
    if len(cards) > CARDS_MAX:
        st.caption(f"{len(cards) - CARDS_MAX} more wait behind these.")


def decided(session: Session, unit: Currency, time_zone: str) -> None:
    """What was decided, the newest first; a row opens what was recorded, or the account."""
    matches = approvals.count_decided(session)
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
    if count := mine(session, actor):
        waits = "1 request waits" if count == 1 else f"{count} requests wait"
        st.page_link(links.APPROVALS, label=f"**{waits} for your decision**", icon=":material/rule:")
