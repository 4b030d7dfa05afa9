"""The dashboard on paper: A4, one page for the ordinary school, in words and numbers made beforehand."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from school.documents import engine


class Figure(NamedTuple):
    """A key figure as it is read: `Owed`, `6,087,800.00`, `by 214 students`."""

    label: str
    value: str
    note: str


class Bar(NamedTuple):
    """`permille` is its length, of the longest of its chart or of the whole; `shown` stands behind it."""

    label: str
    permille: int
    shown: str


class Pair(NamedTuple):
    """This year beside last year, each in thousandths of the tallest column."""

    label: str
    now_permille: int
    before_permille: int


@dataclass(frozen=True)
class Chart:
    title: str
    note: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class SummaryFacts:
    """All that the page says; `debtors` are rows of as many cells as `debtor_headings`."""

    school_name: str
    logo: bytes | None  # left out where it cannot be shown
    heading: str  # what it is, as at which day and of which term
    sentence: str
    figures: tuple[Figure, ...]
    months_note: str
    months: tuple[Pair, ...]
    charts: tuple[Chart, ...]  # small ones, side by side
    classes: Chart
    debtor_headings: tuple[str, ...]
    debtors: tuple[tuple[str, ...], ...]
    printed: str  # when, and for whom
    locale: str
    made_at: datetime  # aware


def summary_pdf(facts: SummaryFacts) -> bytes:
    """The summary as a tagged PDF; the same facts always give the same bytes."""
    logo = engine.picture(facts.logo) if facts.logo else None
    said = asdict(facts) | {"logo": logo is not None}
    del said["made_at"]
    images = {"logo": logo} if logo else {}
    return engine.pdf("summary", said, tag=facts.locale, created=facts.made_at, images=images)
