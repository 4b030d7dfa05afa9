"""What must be so, why, and how to mend what is not: `rules.toml`, the one table all looks go by."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


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
