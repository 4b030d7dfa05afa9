"""Filters of lists and reports. They live in the address; a value that is none of theirs is not chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

import streamlit as st

from school.ui import tables, words

T = TypeVar("T")
WIDTH = 170  # two beside each other on a phone


def choice(label: str, options: Mapping[str, T], *, key: str, **how: Any) -> T | None:
    """What the chosen word stands for; the first is chosen to begin with. None where there is no option."""
    word = st.selectbox(
        label, list(options), disabled=not options, key=key, bind="query-params", width=WIDTH, **how
    )
    return options.get(word or "", next(iter(options.values()), None))


def as_at(*, key: str, today: date, **how: Any) -> date:
    """A day up to today; to begin with, and in place of any other, today."""
    chosen = st.date_input(
        "As at",
        today,
        max_value=today,
        format=words.date_order(),
        key=key,
        bind="query-params",
        width=160,
        **how,
    )
    return min(chosen, today)


def first_row(page_key: str) -> int:
    """Where the page chosen below the table begins; other filters start over with `from_page_one`."""
    number = st.session_state.get(page_key, 1)
    return (max(number, 1) - 1) * tables.ROWS_PER_PAGE if isinstance(number, int) else 0


def from_page_one(page_key: str) -> Callable[[], None]:
    """For `on_change` of a filter: another list begins at its first page."""

    def turn() -> None:
        st.session_state[page_key] = 1

    return turn
