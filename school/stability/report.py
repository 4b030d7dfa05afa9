"""What an operator reads: a table, what was wrong in sentences, and one sentence to close with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from school.checks.findings import Finding
from school.stability.tally import COUNTED, Row, Tally

HEADINGS = ("", "tried", "recorded once", *(kind.replace("_", " ") for kind in COUNTED), "p95 ms")


@dataclass(frozen=True)
class Report:
    """`browser` says what became of Chromium's part; `findings` are of `verify` on the copy at the end."""

    engine: str
    processes: int
    seed: int
    seconds: int
    tally: Tally
    browser: str
    findings: Sequence[Finding]

    @property
    def clean(self) -> bool:
        return self.tally.clean and not any(found.severity == "error" for found in self.findings)

    def as_data(self) -> dict[str, Any]:
        return {
            "engine": self.engine,
            "processes": self.processes,
            "seed": self.seed,
            "seconds": self.seconds,
            "clean": self.clean,
            "cases": [row.as_data() for row in self.tally.rows.values()],
            "browser": self.browser,
            "verify": [found.message for found in self.findings],
            "sentence": self.sentence,
        }

    def as_text(self) -> str:
        rows = list(self.tally.rows.values())
        cells = [HEADINGS, *(_cells(row) for row in rows), _cells(_sum(rows))]
        widths = [max(len(line[n]) for line in cells) for n in range(len(HEADINGS))]
        lines = [_aligned(line, widths) for line in cells]
        lines.insert(-1, "-" * len(lines[0]))
        wrong = [*self.tally.faults, *(f"verify: {found.message} {found.mend}" for found in self.findings)]
        return "\n".join([*lines, "", f"browser: {self.browser}", *wrong, self.sentence])

    @property
    def sentence(self) -> str:
        rows = self.tally.rows.values()
        tried = sum(row.tried for row in rows if row.recorded_once is not None)
        how = f"on {self.engine} in {self.seconds} s with seed {self.seed}"
        if self.clean:
            return (
                f"All clean {how}: {tried} payments were tried and each is in the books exactly once, "
                "and the books of the copy agree."
            )
        counts = [f"{sum(getattr(row, kind) for row in rows)} {kind.replace('_', ' ')}" for kind in COUNTED]
        named = [count for count in counts if not count.startswith("0 ")]
        named += ["books that do not agree"] if self.findings else []
        return f"NOT clean {how}: {', '.join(named)}. The live books were not touched."


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    """Names to the left, figures to the right."""
    figures = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join([line[0].ljust(widths[0]), *figures])


def _cells(row: Row) -> tuple[str, ...]:
    once = "–" if row.recorded_once is None else str(row.recorded_once)
    p95 = "–" if row.p95_ms is None else str(row.p95_ms)
    return (row.name, str(row.tried), once, *(str(getattr(row, kind)) for kind in COUNTED), p95)


def _sum(rows: Sequence[Row]) -> Row:
    """All cases in one line; its `tried` counts visits and payments alike."""
    whole = Row("in all", recorded_once=sum(row.recorded_once or 0 for row in rows))
    for row in rows:
        whole.tried += row.tried
        whole.ms += row.ms
        for kind in COUNTED:
            setattr(whole, kind, getattr(whole, kind) + getattr(row, kind))
    return whole
