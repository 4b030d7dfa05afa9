"""Checks return findings; they do not raise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NAMED_MAX = 5  # more than these in one sentence are counted, not named


ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)  # the worst first


@dataclass(frozen=True)
class Finding:
    """What is wrong (`message`), why that matters, how to put it right; `severity` is one of SEVERITIES."""

    check: str
    severity: str
    message: str
    mend: str
    why: str = ""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Of the same severity they stay as they came."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def named(things: Sequence[object]) -> str:
    """`3, 7 and 12`, or the first few `and 40 more`."""
    names = [str(thing) for thing in things[:NAMED_MAX]]
    if len(things) > NAMED_MAX:
        return f"{', '.join(names)} and {len(things) - NAMED_MAX} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
