"""Checks return findings; they do not raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NAMED_MAX = 5  # more than these in one sentence are counted, not named


@dataclass(frozen=True)
class Finding:
    """What is wrong (`message`) and how to put it right (`mend`); `severity` is error, warning or info."""

    check: str
    severity: str
    message: str
    mend: str


def named(things: Sequence[object]) -> str:
    """`3, 7 and 12`, or the first few `and 40 more`."""
    names = [str(thing) for thing in things[:NAMED_MAX]]
    if len(things) > NAMED_MAX:
        return f"{', '.join(names)} and {len(things) - NAMED_MAX} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
