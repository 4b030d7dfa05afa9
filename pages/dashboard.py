"""What is owed, since when, and how it comes in, as at any day. Every figure and every bar opens its rows."""

import streamlit as st

from school.db import reading
from school.ui import board as boards
from school.ui import dashboard_charts, guard, key_figures, summary

actor = guard.require("reports.read")
st.title("Dashboard")

top = st.container(horizontal=True, vertical_alignment="bottom")
with top, reading() as session:
    as_at, term, as_table = key_figures.choices(session)
    board = boards.read(session, as_at=as_at, term=term)

if board.is_blank:
    key_figures.blank(board, actor)
    st.stop()

with top:
    summary.button(board, actor)
st.markdown(key_figures.in_a_sentence(board))
key_figures.cards(board)
dashboard_charts.months(board, as_table=as_table)
with st.grid(3, min_column_width=key_figures.CARD_WIDTH_MIN):
    dashboard_charts.ageing(board, as_table=as_table)
    dashboard_charts.by_tender(board, as_table=as_table)
    dashboard_charts.by_fee_head(board, as_table=as_table)
left, right = st.columns([1, 1] if as_table else [1, 2])
with left:
    dashboard_charts.by_class(board, as_table=as_table)
with right:
    dashboard_charts.debtors(board)
