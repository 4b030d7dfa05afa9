"""The dashboard as a paper to hand to the board: the same figures, the same words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from school import clock, languages
from school.access.rules import Actor
from school.db import reading
from school.documents.summary import Bar, Chart, Figure, Pair, SummaryFacts, summary_pdf
from school.reports import letterheads
from school.ui import charts, dashboard_charts, key_figures, links, words
from school.ui.board import Board


def button(board: Board, actor: Actor) -> None:
    """The paper is made when asked for: the figures of the screen in the language of the school."""
    st.download_button(
        "Print",
        partial(_pdf, board, actor),
        file_name=f"fees as at {board.figures.as_at.isoformat()}.pdf",
        mime="application/pdf",
        icon=":material/print:",
        help="One page as PDF",
        on_click="ignore",
        key="dashboard.print",
    )


def _pdf(board: Board, actor: Actor) -> bytes:
    with reading() as session:
        logo = letterheads.logo(session)
    return summary_pdf(facts(board, actor, logo))


def facts(shown: Board, actor: Actor, logo: bytes | None = None) -> SummaryFacts:
    now, board = clock.now(), replace(shown, reader=languages.of(shown.school.locale))
    reader, say = board.reader, board.reader.say
    return SummaryFacts(
        school_name=board.school.name,
        logo=logo,
        heading=say("Fees as at {day}", day=reader.day(board.figures.as_at)),
        sentence=key_figures.in_a_sentence(board).replace("**", ""),
        figures=tuple(Figure(*figure[:3]) for figure in key_figures.figures(board)),
        months_note=dashboard_charts.span(board),
        months=_months(board),
        charts=(
            _chart(
                say("How old the debt is"),
                say("Days since each charge was due"),
                dashboard_charts.age_bars(board),
            ),
            _chart(
                say("Collected by tender"),
                board.term,
                dashboard_charts.account_bars(board.tenders, board),
            ),
            _chart(
                say("Billed by fee head"),
                board.term,
                dashboard_charts.account_bars(board.fee_heads, board),
            ),
        ),
        classes=_chart(
            say("Collected by class"),
            dashboard_charts.class_note(board),
            dashboard_charts.class_bars(board),
            dashboard_charts.WHOLE,
        ),
        debtor_headings=(
            say("Student"),
            say("Class"),
            say("Owes"),
            say("Overdue"),
            say("Oldest due"),
        ),
        debtors=tuple(
            (
                row.name,
                row.class_name or say(links.NO_CLASS),
                board.amount(row.balance),
                board.amount(row.overdue),
                reader.day(row.oldest_due),
            )
            for row in board.debtors
        ),
        printed=say(
            "Printed {moment} for {name}",
            moment=words.moment(now, board.school.time_zone, reader.tag),
            name=actor.full_name or actor.name,
        ),
        locale=reader.tag,
        made_at=now,
    )


def _months(board: Board) -> tuple[Pair, ...]:
    rows = board.months
    most = max(max(row.collected, row.collected_last_year) for row in rows)
    return tuple(
        Pair(board.month(row.month), _permille(row.collected, most), _permille(row.collected_last_year, most))
        for row in rows
    )


def _chart(title: str, note: str, bars: Sequence[charts.Bar], whole: int = 0) -> Chart:
    most = whole or max((bar.size for bar in bars), default=0)
    return Chart(title, note, tuple(Bar(bar.label, _permille(bar.size, most), bar.shown) for bar in bars))


def _permille(size: int, most: int) -> int:
    return max(0, min(1000, 1000 * size // most)) if most > 0 else 0
