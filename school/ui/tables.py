"""Columns of tables. An amount is text, right-aligned: a number column would round it or drop its zeros."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import streamlit as st

ROWS_PER_PAGE = 50  # 7 KB to the browser; beyond a few hundred rows it is the browser that is slow

CHARACTER_WIDTH, CELL_PADDING, CELL_WIDTH_MIN = 7, 24, 70  # pixels of a cell
OPENS_WIDTH_MAX = 230  # of the column that stays in view


def amount_column(label: str, *, help: str | None = None, width: Any = None) -> Any:  # noqa: A002
    return st.column_config.TextColumn(label, help=help, width=width, alignment="right")


def pages(matches: int, *, per_page: int = ROWS_PER_PAGE) -> int:
    """How many pages so many rows fill; one at least."""
    return max(1, -(-matches // per_page))


def offset(page: object, matches: int, *, per_page: int = ROWS_PER_PAGE) -> int:
    """Where a page begins; a number the browser should not have sent is the nearest page there is."""
    number = page if isinstance(page, int) else 1
    return (min(max(number, 1), pages(matches, per_page=per_page)) - 1) * per_page


Goal = tuple[Path, dict[str, str]]  # a page, and what its address says
HERE = Path("here")  # the same page: its fields are set, because Streamlit lets no address set them there


def plain(
    columns: Mapping[str, Any],
    *,
    amounts: Sequence[str] = (),
    key: str,
    alt: str,
    height: Literal["content", "auto"] = "content",
) -> None:
    """Rows to read; `auto` shows ten of them and scrolls.

    `columns` are equally long sequences by heading; `amounts` stand to the right.
    """
    st.dataframe(
        pa.table(dict(columns)),
        hide_index=True,
        height=height,
        key=key,
        alt=alt,
        placeholder="",
        column_config={name: amount_column(name) for name in amounts},
    )


def rows(
    columns: Mapping[str, Any],
    goals: Sequence[Goal],
    *,
    opens: str,
    amounts: Sequence[str] = (),
    fitted: bool = False,
    key: str,
    alt: str,
) -> None:
    """Rows that lead somewhere, by a click in the column `opens` or by choosing the row (Shift+Space).

    `columns` are equally long sequences by heading, `goals` one per row; `amounts` stand to the right.
    `fitted` gives these columns room for their longest cell: where most are empty, a browser cuts the others.
    What `opens` stays in view while the others are scrolled, so it leaves them room on a telephone.
    """
    widths = {name: _width(columns[name]) if fitted else None for name in (opens, *amounts)}
    if fitted:
        widths[opens] = min(widths[opens] or 0, OPENS_WIDTH_MAX)
    st.dataframe(
        pa.table(dict(columns)),
        hide_index=True,
        height="content",
        key=key,
        alt=alt,
        placeholder="",
        column_config={name: amount_column(name, width=widths[name]) for name in amounts}
        | {
            opens: st.column_config.ButtonColumn(
                opens,
                width=widths[opens],
                type="tertiary",
                alignment="left",
                pinned=True,
                key=f"{key}.open",
                on_click=_open_clicked,
                args=(f"{key}.open", goals),
            )
        },
        selection_mode="single-row",
        on_select=partial(_open_chosen, key, goals),
    )


def _width(cells: Sequence[str]) -> int:
    return max(CELL_WIDTH_MIN, max(map(len, cells), default=0) * CHARACTER_WIDTH + CELL_PADDING)


def _open_clicked(key: str, goals: Sequence[Goal]) -> None:
    clicked = st.session_state[key]
    go(clicked.row if clicked else None, goals)


def _open_chosen(key: str, goals: Sequence[Goal]) -> None:
    chosen = st.session_state[key].selection.get("rows") or [None]
    go(chosen[0], goals)


def go(at: object, goals: Sequence[Goal]) -> None:
    """The browser sends a place; only a place that was drawn leads anywhere."""
    if isinstance(at, int) and 0 <= at < len(goals):
        page, address = goals[at]
        if page == HERE:
            st.session_state.update(address)
        else:
            st.switch_page(page, query_params=address)
