"""How every report shows its figures and its amounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from school.money import Currency
from school.ui import words

CARD = 180  # pixels: four beside each other on a desk, one on a phone, where thirteen digits need the room


def figure(label: str, value: str, note: str) -> None:
    """A key figure in its card."""
    st.metric(label, value, delta=note, delta_color="off", delta_arrow="off", border=True, height="stretch")


def some(minor: int, unit: Currency) -> str:
    """The amount; nothing where there is none, so that a table is read at a glance."""
    return words.amount(minor, unit) if minor else ""


def filled(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns in which anything stands."""
    return {heading: cells for heading, cells in columns.items() if any(cells)}
