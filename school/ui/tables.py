"""Columns of tables. An amount is text, right-aligned: a number column would round it or drop its zeros."""

from __future__ import annotations

from typing import Any

import streamlit as st

ROWS_PER_PAGE = 50  # 7 KB to the browser; beyond a few hundred rows it is the browser that is slow


def amount_column(label: str, *, help: str | None = None, width: Any = None) -> Any:  # noqa: A002
    return st.column_config.TextColumn(label, help=help, width=width, alignment="right")


def pages(matches: int, *, per_page: int = ROWS_PER_PAGE) -> int:
    """How many pages so many rows fill; one at least."""
    return max(1, -(-matches // per_page))


def offset(page: object, matches: int, *, per_page: int = ROWS_PER_PAGE) -> int:
    """Where a page begins; a number the browser should not have sent is the nearest page there is."""
    number = page if isinstance(page, int) else 1
    return (min(max(number, 1), pages(matches, per_page=per_page)) - 1) * per_page
