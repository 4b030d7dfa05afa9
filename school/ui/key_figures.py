"""The top of the dashboard: which day and term, how things stand in a sentence, and the six key figures."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.students import queries as students
from school.students.queries import TermFacts
from school.ui import board as boards
from school.ui import filters, links, words
from school.ui.board import Board
from school.ui.tables import Goal

CARD_WIDTH_MIN = 240


def choices(session: Session) -> tuple[date, TermFacts | None, bool]:
    """The day, the term, and whether charts are shown as tables; all three stand in the address."""
    as_at = filters.as_at(key="dashboard.as_at", today=students.today(session))
    begun = [term for term in reversed(students.terms(session)) if term.starts_on <= as_at]
    term = filters.choice(
        "Term",
        {boards.term_name(term): term for term in begun},
        key="dashboard.term",
        placeholder="No term has begun",
    )
    return as_at, term, st.toggle("Tables for charts", key="dashboard.tables", bind="query-params")


class KeyFigure(NamedTuple):
    """`value` and `note` are what is read first; `explained` is the exact amount and what it means."""

    label: str
    value: str
    note: str
    action: str
    goal: Goal
    explained: str


def in_a_sentence(board: Board) -> str:
    """How things stand, for someone who reads nothing else; amounts are **strong**."""
    f, say = board.figures, board.reader.say
    owed, overdue = f"**{board.unit.code} {board.amount(f.owed)}**", f"**{board.amount(f.overdue)}**"
    if f.overdue:
        sentence = say("Families owe {amount}; {overdue} of it is overdue.", amount=owed, overdue=overdue)
    else:
        sentence = say("Families owe {amount}, none of it overdue.", amount=owed)
    if f.rate_percent is None:
        return sentence
    rate = f"**{board.percent(f.rate_percent)}**"
    collected = say("Of what was billed for {term}, {rate} has been collected.", term=board.term, rate=rate)
    return f"{sentence} {collected}"


def figures(board: Board) -> list[KeyFigure]:
    f, say = board.figures, board.reader.say
    payable = f.billed - f.conceded
    return [
        KeyFigure(
            say("Owed"),
            board.figure(f.owed),
            board.reader.count("by {n} student", "by {n} students", f.owing),
            "See who owes",
            board.owing(),
            f"What families owe in all, due or not yet: {board.amount(f.owed)}.",
        ),
        KeyFigure(
            board.reader.say_of("amount", "Due"),
            board.figure(f.due),
            say("of it, by {day}", day=board.reader.day(f.as_at)),
            "See what is due",
            board.charges("Due"),
            f"What is owed and whose due date has come: {board.amount(f.due)}.",
        ),
        KeyFigure(
            say("Overdue"),
            board.figure(f.overdue),
            say("of it, past its due date"),
            "See what is overdue",
            board.charges("Overdue"),
            f"What is owed and whose due date has passed: {board.amount(f.overdue)}.",
        ),
        KeyFigure(
            say("Collected"),
            board.figure(f.collected),
            say("for {term}", term=board.term) if board.term else say("no term has begun"),
            "See the payments",
            board.entries(account_type="tender"),
            f"Money received for the term, less refunds and reversals: {board.amount(f.collected)}.",
        ),
        KeyFigure(
            say("Collection rate"),
            "–" if f.rate_percent is None else board.percent(f.rate_percent),
            say("of {amount} billed", amount=board.amount(payable)) if payable else say("nothing billed"),
            "See what was billed",
            board.entries(account_type="income"),
            f"Collected, of {board.amount(f.billed)} billed less {board.amount(f.conceded)} of concessions.",
        ),
        KeyFigure(
            say("Credit"),
            board.figure(f.credit),
            say("kept for charges to come"),
            "See whose credit",
            (links.STUDENTS, links.students(owing="In credit", order="Most credit first")),
            f"Money on accounts that no charge has used yet: {board.amount(f.credit)}.",
        ),
    ]


def cards(board: Board) -> None:
    with st.grid(3, min_column_width=CARD_WIDTH_MIN):
        for figure in figures(board):
            page, address = figure.goal
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(figure.label, figure.value, help=figure.explained)
                st.markdown(words.quiet(figure.note))
                st.page_link(
                    page,
                    label=figure.action,
                    icon=":material/arrow_forward:",
                    icon_position="right",
                    help="",
                    query_params=address,
                )


def blank(board: Board, actor: Actor) -> None:
    """What to do while there is nothing to show."""
    if board.past:
        st.info(f"Nothing was charged or paid up to {words.date(board.past)}. Choose a later day.")
    elif board.students:
        st.info("No charges yet. Once the first is posted, this page shows what is owed and collected.")
    elif actor.can("imports.run"):
        st.info("No students yet. Bring them in with their opening balances, and this page fills by itself.")
        st.page_link(links.IMPORTS, label="Import students", icon=":material/upload_file:", help="")
    else:
        st.info("No students yet. An administrator can bring them in on the page Imports.")
