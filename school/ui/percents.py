"""Percentages as people write them and as the program keeps them: whole basis points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import streamlit as st

from school import money
from school.errors import BadAmount, BadInput
from school.money import Currency
from school.ui import feedback, words

_UNIT = Currency("%", 2)
WHOLE = 10_000


def shown(basis_points: int) -> str:
    """`12.5 %`, as this reader writes numbers."""
    text, mark = money.show(basis_points, _UNIT, words.tag()), words.mark()
    if mark in text:
        text = text.rstrip("0").rstrip(mark)
    return f"{text} %"


@dataclass(frozen=True)
class TypedPercent:
    """The text of a percentage field, not yet believed."""

    text: str
    key: str

    def at(self, stands: Mapping[str, Any]) -> Self:
        value = stands.get(self.key)
        return replace(self, text=value if isinstance(value, str) else "")

    def basis_points(self, *, most: int = WHOLE) -> int | None:
        """Above zero, or None where nothing stands. Raises BadInput with the field."""
        bare = self.text.replace("%", "").strip()
        if not bare:
            return None
        try:
            found = money.parse(bare, _UNIT, mark=words.mark())
        except BadAmount:
            found = 0
        if not 0 < found <= most:
            raise BadInput(
                f"Type a percentage above 0 and up to {most // 100}, with two decimals at most, "
                f"such as {shown(12_50)}.",
                field=self.key,
            )
        return found


def percent_field(label: str, *, key: str, value: int | None = None, **how: Any) -> TypedPercent:
    """A text field for a percentage; it may stay empty."""
    text = st.text_input(
        f"{label} (%)",
        shown(value).removesuffix(" %") if value is not None else "",
        key=key,
        autocomplete="off",
        **how,
    )
    feedback.problem(key)
    return TypedPercent(text or "", key)
