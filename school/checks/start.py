"""What `run` looks at before it serves: it refuses what must not be gone past, and tells the rest once."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from school.checks import installation
from school.checks.findings import ERROR, NOTE, Finding
from school.checks.place import Place
from school.checks.rules import RULES
from school.errors import RuleBroken

log = logging.getLogger(__name__)


def before_migrating(place: Place) -> None:
    """Raises RuleBroken where a rule forbids a start; tells what migrating would hide."""
    found = installation.before_start(place)
    refuse(found)
    tell(one for one in found if one.check == "guards")


def before_serving(place: Place) -> list[Finding]:
    """What is wrong, told to the log. Raises RuleBroken as `before_migrating` does."""
    found = installation.at_work(place)
    refuse(found)
    tell(found)
    return found


def refuse(found: Iterable[Finding]) -> None:
    """One sentence for each that must be mended first, with how."""
    grave = [one for one in found if RULES[one.check].refuses and one.severity == ERROR]
    if grave:
        told = "\n".join(f"{one.message} {one.mend}" for one in grave)
        raise RuleBroken(f"The program does not start, because this must be mended first:\n{told}")


def tell(found: Iterable[Finding]) -> None:
    for one in found:
        level = {ERROR: logging.ERROR, NOTE: logging.INFO}.get(one.severity, logging.WARNING)
        log.log(level, "check", extra={"check": one.check, "finding": one.message, "mend": one.mend})
