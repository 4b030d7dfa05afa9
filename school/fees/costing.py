"""What a term costs one student: the fee that counts, the days it is for, and the parts it is due in.

Amounts are minor units, shares whole basis points. Whatever is cut here adds up to what it was cut from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol, TypeVar

from school.money import split


@dataclass(frozen=True)
class Days:
    """From one day through another, both included; None is without end."""

    first: date | None = None
    last: date | None = None

    def within(self, other: Days) -> Days | None:
        """The days of both, or None where they share no day."""
        first = max((day for day in (self.first, other.first) if day), default=None)
        last = min((day for day in (self.last, other.last) if day), default=None)
        return None if first and last and first > last else Days(first, last)


@dataclass(frozen=True)
class Part:
    """A part of a plan: its share, and the day it is due or how many days after the first day of the term."""

    share_bp: int
    due_on: date | None = None
    due_days: int | None = None

    def due(self, starts_on: date) -> date:
        return self.due_on or starts_on + timedelta(days=self.due_days or 0)


@dataclass(frozen=True)
class Due:
    amount_minor: int
    due_date: date


class Reach(Protocol):
    """A row of the fee structure as far as it says for whom it is."""

    @property
    def term_id(self) -> int | None: ...
    @property
    def class_id(self) -> int | None: ...


Row = TypeVar("Row", bound=Reach)


def prorated(amount_minor: int, days: Days, term: Days) -> int:
    """What these days of the term cost of an amount that is for the whole term.

    The amount is cut at the days themselves: however a term is divided into spans, their costs add up to it,
    and each is within one minor unit of its exact share.
    """
    shared = days.within(term)
    if shared is None or shared.first is None or shared.last is None:
        return 0
    begins, ends, whole = _day_of(shared.first, term), _day_of(shared.last, term) + 1, length(term)
    return _through(amount_minor, ends, whole) - _through(amount_minor, begins, whole)


def length(days: Days) -> int:
    """How many days. Raises ValueError for days without an end."""
    if days.first is None or days.last is None:
        raise ValueError("these days have no end")
    return (days.last - days.first).days + 1


def _day_of(day: date, term: Days) -> int:
    return (day - (term.first or day)).days


def _through(amount_minor: int, days: int, whole: int) -> int:
    """The cost of the first so many days, to the nearest minor unit, a half up."""
    return (2 * amount_minor * days + whole) // (2 * whole)


@lru_cache(maxsize=512)  # a class is charged the same, student by student
def instalments(
    amount_minor: int, parts: tuple[Part, ...], *, starts_on: date, earliest: date
) -> tuple[Due, ...]:
    """The parts of an amount by their shares, the largest remainder first, in the order of their due dates.

    Nothing is due before `earliest`, and a part of nothing is none.
    """
    if not amount_minor:
        return ()
    amounts = split(amount_minor, [part.share_bp for part in parts])
    dues = [
        Due(amount, max(part.due(starts_on), earliest))
        for amount, part in zip(amounts, parts, strict=True)
        if amount
    ]
    return tuple(sorted(dues, key=lambda due: due.due_date))


def counts(rows: Iterable[Row], *, term_id: int, class_id: int | None) -> Row | None:
    """The row of the fee structure that counts: it names term and class, else the term, else the class, else
    neither. A student in no class pays what every class pays.
    """
    fitting = [
        row
        for row in rows
        if row.term_id in (None, term_id) and (row.class_id is None or row.class_id == class_id)
    ]
    return max(fitting, key=lambda row: (row.term_id is not None, row.class_id is not None), default=None)


def spread(amount_minor: int, rooms: Sequence[int]) -> list[int]:
    """The amount put into places in proportion to the room of each, and never more than there is.

    What finds no room is left over: the parts add up to the smaller of the amount and all room.
    """
    room = sum(rooms)
    if room <= 0 or amount_minor <= 0:
        return [0] * len(rooms)
    return split(min(amount_minor, room), rooms)


@dataclass(frozen=True)
class Decision:
    """What a run makes of one fee head of one student.

    `less` is what was charged beyond what it comes to and stays charged, `refused` what somebody who left is
    not charged any more, `over` what schemes gave beyond what they give now.
    """

    charge: int = 0
    credit: int = 0
    concessions: Mapping[str, int] = field(default_factory=dict)
    less: int = 0
    refused: int = 0
    over: int = 0


def decide(
    target: int,
    *,
    charged: int,
    by_hand: int,
    conceded: Mapping[str, int],
    given: Mapping[str, int],
    takes_charges: bool,
    credit_notes: bool,
) -> Decision:
    """The difference between what it comes to and what stands charged.

    A concession that was given is never taken back: another scheme gives only what is more in all, and where
    the charge falls too, what was given too much is set against the fall.
    """
    rise, fall = max(0, target - charged - by_hand), max(0, charged - target)
    more = sum(conceded.values()) - sum(given.values())
    fall, over = max(0, fall + min(0, more)), max(0, -more - fall)
    if rise and not takes_charges:
        return Decision(refused=rise, over=over)
    wanted = {scheme: max(0, amount - given.get(scheme, 0)) for scheme, amount in conceded.items()}
    parts = spread(more, list(wanted.values()))
    new = {scheme: part for scheme, part in zip(wanted, parts, strict=True) if part}
    if credit_notes:
        return Decision(rise, fall, new, over=over)
    return Decision(rise, 0, new, less=fall, over=over)
