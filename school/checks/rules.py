"""What must be so, why, and how to mend what is not: `rules.toml`, the one table all looks go by."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

HEADING = (
    "| check | what must be so | why | how to mend it | daily | people let in |\n|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Rule:
    """`promise` is what holds; `daily` and `deploy` are how bad it is where it does not, empty for not."""

    about: str
    promise: str
    why: str
    mend: str
    daily: str
    deploy: str
    refuses: bool = False


def _read() -> dict[str, Rule]:
    table = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    return {name: Rule(**rule) for name, rule in table.items()}


RULES = _read()


def checklist() -> str:
    """The table for people, as it stands in docs/deploy.md."""
    parts = []
    for about, rules in groupby(RULES.items(), key=lambda item: item[1].about):
        rows = "\n".join(_row(name, rule) for name, rule in rules)
        parts.append(f"### {about}\n{HEADING}\n{rows}")
    return "\n\n".join(parts)


def _row(name: str, rule: Rule) -> str:
    daily = f"{rule.daily}, does not start" if rule.refuses else rule.daily or "not looked at"
    mend = rule.mend if rule.mend.endswith(".") else f"{rule.mend}."
    return f"| `{name}` | {rule.promise}. | {rule.why} | {mend} | {daily} | {rule.deploy} |"
