"""How wide a card must be, so that its figure is never cut short: two stand beside each other on a phone."""

from __future__ import annotations

from collections.abc import Iterable

NARROWEST = 150
CHARACTER, PADDING = 12, 36  # pixels of a figure in a card


def width(figures: Iterable[str]) -> int:
    """For `min_column_width` of a grid that holds these figures."""
    return max(NARROWEST, max(map(len, figures), default=0) * CHARACTER + PADDING)
