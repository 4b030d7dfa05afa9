"""Whether the web server's own options are those of a school, whoever changed them where.

The server reads them from `~/.streamlit/config.toml`, then from the program's own, then from the environment;
what comes later counts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from school.checks.place import Place, Wrong

CONFIG = Path(".streamlit") / "config.toml"
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# an option, its rule, the value it has where nobody sets it, and the values that are right
OPTIONS: tuple[tuple[str, str, object, tuple[object, ...]], ...] = (
    ("client.showErrorDetails", "error_details", "full", ("none",)),
    ("client.showErrorLinks", "error_details", "auto", (False,)),
    ("client.toolbarMode", "toolbar", "auto", ("minimal", "viewer")),
    ("browser.gatherUsageStats", "usage_statistics", True, (False,)),
    ("server.enableAgentApi", "agent_api", False, (False,)),
    ("server.enableXsrfProtection", "forged_requests", True, (True,)),
    ("server.enableCORS", "forged_requests", True, (True,)),
    ("server.corsAllowedOrigins", "forged_requests", [], ([],)),
    ("server.fileWatcherType", "file_watcher", "auto", ("none",)),
    ("server.runOnSave", "file_watcher", False, (False,)),
)


def options(place: Place) -> Iterator[Wrong]:
    layers = [
        (f"~/{CONFIG}", _read(place.home / CONFIG)),
        (f"{CONFIG}", _read(place.root / CONFIG)),
    ]
    for option, rule, unset, right in OPTIONS:
        value, where = unset, "no file"
        for name, layer in layers:
            if option in layer:
                value, where = layer[option], name
        variable = _variable(option)
        if variable in place.environment:
            value, where = place.environment[variable], f"{variable} in the environment"
        if _plain(value) not in {_plain(one) for one in right}:
            yield Wrong(rule, f"{option} is {_plain(value)}, set by {where}.")


def _read(file: Path) -> Mapping[str, Any]:
    """Options by their full names; a file that cannot be read sets none, and the server says why."""
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {
        f"{section}.{name}": value
        for section, held in sections.items()
        if isinstance(held, dict)
        for name, value in held.items()
    }


def _variable(option: str) -> str:
    return "STREAMLIT_" + _CAPITAL.sub("_", option).replace(".", "_").upper()


def _plain(value: object) -> str:
    """`False`, "false" and "0" are one: files have types, the environment has none."""
    text = str(value).strip().strip('"').lower()
    known = {"0": "false", "no": "false", "1": "true", "yes": "true", "[]": "empty", "": "empty"}
    return known.get(text, text)
