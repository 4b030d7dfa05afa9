"""Three shapes of chart, as Vega-Lite dicts: a page swaps its bars in, and a click on one opens its goal.

The rows travel as Arrow columns, at a fifth of the cost of a frame. What a person reads beside a bar, on
hovering or aloud is text made beforehand in the reader's own words. Colours are the theme's; bars differ by
place and by strength, never by hue alone. Bars are not for the keyboard: a page offers `tables.rows` as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from school.ui.tables import Goal, go

FULL, FAINT = 1.0, 0.35
ROOM_FOR_TEXT = 1.35  # the longest bar leaves a quarter of the width to the text behind it
ROOM_IN_WHOLE = 1.2  # a part is mostly shorter than the whole, and its text is short


@dataclass(frozen=True)
class Bar:
    """`size` is its length in any one unit; `shown` stands beside it, `said` tells all about it."""

    label: str
    size: int
    shown: str
    said: str
    goal: Goal
    strength: float = FULL


@dataclass(frozen=True)
class Pair:
    """This year beside last year, in minor units."""

    label: str
    now: int
    before: int
    said: str
    goal: Goal


_INK = {"expr": "luminance(background) < 0.4 ? '#fafafa' : '#31333f'"}  # Streamlit themes axes, not marks
_AXIS = {
    "title": None,
    "ticks": False,
    "domain": False,
    "labelPadding": 8,
    "labelFontSize": 13,
    "labelLimit": 140,
    "labelFlush": False,
}
_PICK = {"name": "pick", "select": {"type": "point", "fields": ["at"], "toggle": False}}
_OVER = {"name": "over", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}
_WHOLE_BAND = {  # what is hovered, read aloud and clicked: the smallest bar is as easy to hit as the largest
    "mark": {"type": "rect", "cursor": "pointer"},
    "params": [_PICK, _OVER],
    "encoding": {
        "opacity": {"condition": {"param": "over", "empty": False, "value": 0.12}, "value": 0},
        "description": {"field": "said"},
        "tooltip": {"field": "said"},
    },
}
_COLUMN = {"type": "bar", "cornerRadiusEnd": 3, "aria": False}
_BAR = {**_COLUMN, "height": {"band": 0.66}}

_EDGE = {"datum": "", "legend": None}  # in the colour of a full bar: a faint one stands out by it

_ROWS: dict[str, Any] = {
    "height": {"step": 30},
    "encoding": {
        "y": {
            "field": "label",
            "type": "nominal",
            "sort": None,
            "axis": _AXIS,
            "scale": {"padding": 0},
        }
    },
    "layer": [
        {
            "mark": _BAR,
            "encoding": {
                "x": {
                    "field": "size",
                    "type": "quantitative",
                    "stack": None,
                    "axis": None,
                    "scale": {"domain": [{"expr": "least"}, {"expr": "most"}], "nice": False},
                },
                "fillOpacity": {"field": "strength", "type": "quantitative", "scale": None},
                "stroke": _EDGE,
            },
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 13, "aria": False, "fill": _INK},
            "encoding": {
                "x": {"field": "end", "type": "quantitative"},
                "text": {"field": "shown"},
            },
        },
        _WHOLE_BAND,
    ],
}
_WHOLE = {  # behind a bar that is a part of something, the whole
    "mark": {**_BAR, "opacity": 0.13},
    "encoding": {"x": {"field": "whole", "type": "quantitative", "stack": None, "axis": None}},
}
_COLUMN_PLACE = {
    "xOffset": {"field": "year", "sort": None, "scale": {"paddingOuter": 0.3}},
    "y": {
        "field": "size",
        "type": "quantitative",
        "stack": None,
        "axis": {
            **_AXIS,
            "tickCount": 4,
            "labelExpr": "replace(format(datum.value / minor, '~s'), 'G', 'B')",
        },
    },
}
_PAIRS: dict[str, Any] = {
    "height": 240,
    "encoding": {
        "x": {
            "field": "label",
            "type": "ordinal",
            "sort": None,
            "axis": {**_AXIS, "labelAngle": 0, "labelOverlap": True},
            "scale": {"padding": 0},
        }
    },
    "layer": [
        {
            "mark": _COLUMN,
            "encoding": {
                **_COLUMN_PLACE,
                "opacity": {
                    "field": "year",
                    "type": "ordinal",
                    "sort": None,
                    "scale": {"range": [FAINT, FULL]},
                    "legend": {"title": None, "orient": "top", "symbolType": "square", "labelFontSize": 13},
                },
            },
        },
        {"mark": {**_COLUMN, "fillOpacity": 0}, "encoding": {**_COLUMN_PLACE, "stroke": _EDGE}},
        {**_WHOLE_BAND, "transform": [{"filter": "datum.first"}]},
    ],
}

_COLUMNS: dict[str, Any] = {
    "height": 240,
    "encoding": _PAIRS["encoding"],
    "layer": [
        {
            "mark": {**_COLUMN, "width": {"band": 0.66}},
            "encoding": {
                "y": {
                    "field": "size",
                    "type": "quantitative",
                    "stack": None,
                    "scale": {"domain": [0, {"expr": "most"}]},
                    "axis": {**_AXIS, "tickMinStep": 1, "tickCount": 4, "format": "d"},
                },
            },
        },
        _WHOLE_BAND,
    ],
}


def rows(bars: Sequence[Bar], *, key: str, alt: str, whole: int | None = None) -> None:
    """One horizontal bar a line, in the order given; `whole` draws each as a part of so much."""
    sizes = [bar.size for bar in bars]
    most = max(whole or 0, *sizes, 1)
    columns = {
        "at": list(range(len(bars))),
        "label": [bar.label for bar in bars],
        "size": sizes,
        "end": [max(size, 0) for size in sizes],
        "shown": [bar.shown for bar in bars],
        "said": [bar.said for bar in bars],
        "strength": [bar.strength for bar in bars],
        "whole": [whole or 0] * len(bars),
    }
    room = ROOM_IN_WHOLE if whole else ROOM_FOR_TEXT
    bounds = [{"name": "least", "value": min(0, *sizes, 0)}, {"name": "most", "value": most * room}]
    layers = [_WHOLE, *_ROWS["layer"]] if whole else _ROWS["layer"]
    _draw(columns, {**_ROWS, "params": bounds, "layer": layers}, bars, key, alt)


def pairs(bars: Sequence[Pair], *, now: str, before: str, minor: int, key: str, alt: str) -> None:
    """Two columns side by side, `before` faint and `now` full; `minor` units make one on the axis."""
    columns = {
        "at": [at for at in range(len(bars)) for _ in range(2)],
        "label": [bar.label for bar in bars for _ in range(2)],
        "year": [before, now] * len(bars),
        "first": [True, False] * len(bars),
        "size": [size for bar in bars for size in (bar.before, bar.now)],
        "said": [bar.said for bar in bars for _ in range(2)],
    }
    _draw(columns, {**_PAIRS, "params": [{"name": "minor", "value": minor}]}, bars, key, alt)


def columns(bars: Sequence[Bar], *, key: str, alt: str) -> None:
    """One column each, of counts, in the order given; `shown` is not."""
    data = {
        "at": list(range(len(bars))),
        "label": [bar.label for bar in bars],
        "size": [bar.size for bar in bars],
        "said": [bar.said for bar in bars],
    }
    most = max(2, *(bar.size for bar in bars))
    _draw(data, {**_COLUMNS, "params": [{"name": "most", "value": most}]}, bars, key, alt)


def _draw(
    columns: Mapping[str, Any], spec: dict[str, Any], bars: Sequence[Bar | Pair], key: str, alt: str
) -> None:
    goals = [bar.goal for bar in bars]
    st.vega_lite_chart(
        pa.table(dict(columns)),
        spec,
        key=key,
        alt=alt,
        selection_mode="pick",
        on_select=partial(_go_to_bar, key, goals),
    )


def _go_to_bar(key: str, goals: Sequence[Goal]) -> None:
    picked = st.session_state[key].selection.get("pick") or [{}]
    go(picked[0].get("at"), goals)
