"""Whether what was set is what the program reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from school.checks.place import Place, Wrong
from school.settings import PREFIX, Settings

OF_TOOLS = frozenset({"SCHOOL_CHROMIUM", "SCHOOL_REPETITIONS", "SCHOOL_TEST_NOTES"})  # read by `test` alone


def known(place: Place) -> Iterator[Wrong]:
    """Names that begin like a setting and are none: most are mistyped."""
    names = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name, where in _given(place).items():
        if name not in names | OF_TOOLS:
            alike = get_close_matches(name, sorted(names), n=1, cutoff=0.8)
            mend = f"Call it {alike[0]}, if that was meant; else take it away." if alike else ""
            yield Wrong("unknown_settings", f"{where} sets {name}, which is no setting.", mend)


def _given(place: Place) -> dict[str, str]:
    """Names that are set, in capitals, and where."""
    found = dict.fromkeys(_ours(names_in(place.root / ".env")), "The file .env")
    return found | dict.fromkeys(_ours(place.environment), "The environment")


def _ours(names: Iterable[str] | Mapping[str, str]) -> list[str]:
    return sorted(name.upper() for name in names if name.upper().startswith(PREFIX))


def names_in(file: Path) -> list[str]:
    """The names a `.env` file sets; none where it cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    rows = (line.strip().removeprefix("export ").partition("=") for line in lines)
    return [name.strip() for name, equals, _ in rows if equals and not name.startswith("#")]
