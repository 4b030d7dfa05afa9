"""What was tried and what was seen, case by case."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

COUNTED = ("session_errors", "lost", "doubled", "half", "foreign", "page_errors")
FAULTS_NAMED_MAX = 5  # more of one case say nothing new


@dataclass
class Row:
    """One case. `recorded_once` is None where nothing was to be recorded.

    session_errors: the server hung up, went silent or lost its bearings without having been killed.
    lost, doubled, half: payments that are not in the books though taken, there twice, or there in part.
    foreign: something of another user, or of a page, before eyes it is not for.
    page_errors: red sentences nobody provoked, uncaught exceptions, incidents, errors in the log.
    """

    name: str
    tried: int = 0
    recorded_once: int | None = None
    session_errors: int = 0
    lost: int = 0
    doubled: int = 0
    half: int = 0
    foreign: int = 0
    page_errors: int = 0
    ms: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def fault(self, kind: str, sentence: str) -> None:
        """Counts one fault of this kind, named in a sentence."""
        setattr(self, kind, getattr(self, kind) + 1)
        said = f"{self.name}: {kind.replace('_', ' ')}: {sentence}"
        if said not in self.faults and len(self.faults) < FAULTS_NAMED_MAX:
            self.faults.append(said)

    def once(self) -> None:
        """One more payment that is in the books exactly once."""
        self.recorded_once = (self.recorded_once or 0) + 1

    @property
    def clean(self) -> bool:
        return not any(getattr(self, kind) for kind in COUNTED)

    @property
    def p95_ms(self) -> int | None:
        """Of twenty answers nineteen came within so many milliseconds."""
        return sorted(self.ms)[math.ceil(len(self.ms) * 0.95) - 1] if self.ms else None

    def as_data(self) -> dict[str, Any]:
        counts = {kind: getattr(self, kind) for kind in COUNTED}
        return {
            "case": self.name,
            "tried": self.tried,
            "recorded_once": self.recorded_once,
            **counts,
            "p95_ms": self.p95_ms,
            "faults": self.faults,
        }


class Tally:
    """The rows in the order in which their cases were first tried."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def row(self, name: str) -> Row:
        return self.rows.setdefault(name, Row(name))

    @property
    def clean(self) -> bool:
        return all(row.clean for row in self.rows.values())

    @property
    def faults(self) -> list[str]:
        return [sentence for row in self.rows.values() for sentence in row.faults]
