"""What comes after a year and after each class, as far as names and order tell. Nothing is read here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from school.students.queries import ClassFacts, TermFacts, YearFacts

LEAVES = 0  # in place of a class: the student leaves the school

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class NewYear:
    """A year to be added with its terms (name, first day, last day)."""

    name: str
    starts_on: date
    ends_on: date
    terms: Sequence[tuple[str, date, date]] = ()


def next_classes(classes: Sequence[ClassFacts]) -> dict[int, int]:
    """Where each class goes by itself: to the class of the next number and the same stream, such as Form 2B
    after Form 1B; else to the next class in order with another number; the last ones leave.
    """
    return {c.id: _next_class(c, classes[at + 1 :]) for at, c in enumerate(classes)}


def _next_class(own: ClassFacts, later: Sequence[ClassFacts]) -> int:
    number, stream = _parts(own.name)
    by_parts = {_parts(c.name): c.id for c in reversed(later)}
    if number is not None and (number + 1, stream) in by_parts:
        return by_parts[number + 1, stream]
    step = next((c for c in later if number is None or _parts(c.name)[0] != number), None)
    if step is None:
        return LEAVES
    return by_parts.get((_parts(step.name)[0], stream), step.id)


def _parts(name: str) -> tuple[int | None, str]:
    """(1, "Form #B") of `Form 1B`."""
    found = _NUMBER.search(name)
    return (int(found[0]), _NUMBER.sub("#", name, count=1)) if found else (None, name)


def year_after(year: YearFacts, terms: Sequence[TermFacts]) -> NewYear:
    """The same year with its terms twelve months later."""
    name = _NUMBER.sub(_one_more, year.name)
    spans = [(t.name, _a_year_on(t.starts_on), _a_year_on(t.ends_on)) for t in terms if t.year_id == year.id]
    return NewYear(
        name if name != year.name else f"{year.name} +1",
        _a_year_on(year.starts_on),
        _a_year_on(year.ends_on),
        spans,
    )


def _one_more(number: re.Match[str]) -> str:
    """2026 is followed by 2027, and the 27 of 2026/27 by 28; a `1` is the name of something else."""
    digits = number[0]
    return str(int(digits) + 1).zfill(len(digits))[-len(digits) :] if len(digits) in (2, 4) else digits


def _a_year_on(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 2, 28)
