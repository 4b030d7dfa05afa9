"""How much of a charge was open on how many days, and what that costs by a rule. Amounts are minor units.

A charge that was paid in parts bears interest on each day for what was open at its end, the day it fell due
included and the day of the run not: so a run charges what all days before it come to, less what runs before
it have charged, and the days add up however the runs are spaced.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from school.fees.rules import LateFee, interest


@dataclass(frozen=True)
class Movement:
    """A line of a student's account, as the ledger has it."""

    line_id: int
    day: date
    amount: int
    due_date: date | None
    pays: int | None


@dataclass(frozen=True)
class RuleTerms:
    """What a late fee rule says."""

    id: int
    name: str
    due_from: date
    due_until: date | None
    grace_days: int
    flat: int
    rate_bp_a_year: int
    cap: int | None
    least_open: int

    def is_for(self, due_date: date) -> bool:
        return self.due_from <= due_date and (self.due_until is None or due_date <= self.due_until)


def cost(rule: RuleTerms, *, open_minor: int, days_overdue: int, minor_days: int) -> LateFee:
    """What the charge costs by this rule in all, through today; the cap cuts the interest first."""
    if open_minor <= 0 or open_minor < rule.least_open or days_overdue <= rule.grace_days:
        return LateFee(0, 0)
    by_the_day = interest(minor_days, rule.rate_bp_a_year)
    if rule.cap is None:
        return LateFee(rule.flat, by_the_day)
    flat = min(rule.flat, rule.cap)
    return LateFee(flat, min(by_the_day, rule.cap - flat))


def still_to_charge(in_all: LateFee, charged: LateFee) -> LateFee:
    """What is new of it: never less than nothing, where what was open has become less since."""
    flat = 0 if charged.flat else in_all.flat
    return LateFee(flat, max(0, in_all.interest - charged.interest))


class Account:
    """One student's account day by day: a credit pays its charge, else the oldest due first."""

    def __init__(self, movements: Iterable[Movement]) -> None:
        self._movements = sorted(movements, key=lambda m: (m.day, m.line_id))
        self._days = sorted({m.day for m in self._movements})
        self._open: dict[
            int, dict[int, int]
        ] = {}  # by the place of the day, for the days that were asked for

    def open_on(self, line_id: int, day: date) -> int:
        """What is open of the charge at the end of the day."""
        at = bisect_right(self._days, day)
        if at not in self._open:
            through = bisect_right(self._movements, day, key=lambda m: m.day)
            self._open[at] = _open(self._movements[:through])
        return self._open[at].get(line_id, 0)

    def minor_days(self, line_id: int, since: date, until: date) -> int:
        """What was open of it at the end of each day from `since` to the day before `until`, added up."""
        if until <= since:
            return 0
        changes = [since, *(day for day in self._days if since < day < until), until]
        return sum(
            self.open_on(line_id, first) * (second - first).days for first, second in pairwise(changes)
        )


def _open(movements: Sequence[Movement]) -> dict[int, int]:
    """Open = min(net, balance − nets of newer charges), as the ledger itself has it."""
    net = {m.line_id: m.amount for m in movements if m.due_date is not None}
    for m in movements:
        if m.pays in net and m.pays is not None:
            net[m.pays] += m.amount
    left = sum(m.amount for m in movements)
    newest_first = sorted(
        (m for m in movements if m.due_date is not None),
        key=lambda m: (m.due_date or date.min, m.line_id),
        reverse=True,
    )
    found = {}
    for charge in newest_first:
        own = min(max(0, net[charge.line_id]), max(0, left))
        if own:
            found[charge.line_id] = own
        left -= max(0, net[charge.line_id])
    return found
