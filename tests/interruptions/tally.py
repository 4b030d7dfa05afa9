"""What came of every press, by the kind of interruption that met it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields


@dataclass
class Row:
    """Counts of presses. `recorded` were in the books when the address was opened anew; where it was not, the
    form stood with what was typed, or the press counts as lost.
    """

    tried: int = 0
    recorded: int = 0
    at_once: int = 0
    reopened: int = 0
    form_stood: int = 0
    lost: int = 0
    doubled: int = 0
    half: int = 0
    foreign: int = 0
    incidents: int = 0

    @property
    def wrong(self) -> int:
        return self.lost + self.doubled + self.half + self.foreign + self.incidents


HEADINGS = {
    "tried": "tried",
    "recorded": "recorded",
    "at_once": "shown at once",
    "reopened": "shown after reopening",
    "form_stood": "not recorded, form stands",
    "lost": "lost",
    "doubled": "doubled",
    "half": "half",
    "foreign": "foreign",
    "incidents": "incidents",
}


class Tally:
    """Rows by kind of interruption, and the sentences that say what went wrong."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.wrong: list[str] = []

    def of(self, kind: str) -> Row:
        return self.rows.setdefault(kind, Row())

    def note(self, kind: str, column: str, sentence: str) -> None:
        """One more thing that went wrong, counted once in its column."""
        setattr(self.of(kind), column, getattr(self.of(kind), column) + 1)
        self.wrong.append(f"{kind}: {sentence}")

    @property
    def total(self) -> Row:
        return Row(**{f.name: sum(getattr(row, f.name) for row in self.rows.values()) for f in fields(Row)})

    def as_json(self) -> dict[str, object]:
        return {
            "kinds": {kind: asdict(self.rows[kind]) for kind in sorted(self.rows)},
            "total": asdict(self.total),
            "wrong": self.wrong,
        }

    def table(self) -> str:
        """Markdown, a line a kind and one for all."""
        lines = [_line(["interruption", *HEADINGS.values()]), _line(["---", *("--:" for _ in HEADINGS)])]
        rows = [*sorted(self.rows.items()), ("all", self.total)]
        lines += [_line([kind, *(str(getattr(row, name)) for name in HEADINGS)]) for kind, row in rows]
        return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
