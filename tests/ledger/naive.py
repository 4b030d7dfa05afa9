"""The books kept by somebody who counts coins: slow, literal, and without a line of the program's own.

An entry that was reversed counts for nothing, and neither does its reversal. What a credit is pinned to is
paid first; all other coins go to the charge that is due first, then to the one that was entered first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

Charge = tuple[int, int]  # number of the entry and place of the line in it

TERM_STARTS = {1: date(2026, 1, 5), 2: date(2026, 3, 2), 3: date(2026, 9, 1)}
NUMBERED = {"payment": "R", "refund": "F"}


@dataclass(frozen=True)
class Coins:
    """Some coins on a student's account, + owed; `due` of a charge, `pays` of a credit that is pinned."""

    student: int
    account: str
    amount: int
    due: date | None = None
    pays: Charge | None = None
    class_id: int = 0
    term: int = 0


@dataclass
class Page:
    """One entry, as it was written."""

    kind: str
    day: date
    coins: list[Coins]
    document: str | None = None
    undone_by: int | None = None
    undoes: int | None = None


@dataclass
class Naive:
    """`classes` and `statuses` are of the students now; `closed` is the last day no page is for."""

    pages: list[Page] = field(default_factory=list)
    classes: dict[int, int] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    closed: date = date(2025, 1, 1)

    def write(self, kind: str, day: date, coins: list[Coins]) -> Page:
        """A new page; the class is the student's of today, the term the last that has begun."""
        placed = [
            Coins(c.student, c.account, c.amount, c.due, c.pays, self.classes[c.student], term_of(day))
            for c in coins
        ]
        page = Page(kind, day, placed, self._number(kind))
        self.pages.append(page)
        return page

    def undo(self, number: int, day: date, tenders: set[str]) -> None:
        """The mirror of a page: money moves back in its own term, all else where it was."""
        page = self.pages[number - 1]
        coins = [
            Coins(
                c.student,
                c.account,
                -c.amount,
                class_id=c.class_id,
                term=term_of(day) if c.account in tenders else c.term,
            )
            for c in page.coins
        ]
        self.pages.append(Page("reversal", day, coins, undoes=number))
        page.undone_by = len(self.pages)

    def _number(self, kind: str) -> str | None:
        if kind not in NUMBERED:
            return None
        before = sum(page.kind == kind for page in self.pages)
        return f"{NUMBERED[kind]}-{before + 1:06d}"

    def balance(self, student: int) -> int:
        return sum(c.amount for page in self._standing() for c in page.coins if c.student == student)

    def charges(self, student: int) -> dict[Charge, Coins]:
        """Every charge that stands."""
        return {
            (number, place): c
            for number, page in enumerate(self.pages, start=1)
            if page.undone_by is None and page.undoes is None
            for place, c in enumerate(page.coins, start=1)
            if c.student == student and c.due is not None
        }

    def open(self, student: int) -> dict[Charge, int]:
        """How many coins are missing of each charge, where any are."""
        charges = self.charges(student)
        missing = {charge: c.amount for charge, c in charges.items()}
        loose = 0
        for page in self._standing():
            for c in page.coins:
                if c.student == student and c.amount < 0:
                    for _ in range(-c.amount):
                        if c.pays is not None and missing.get(c.pays):
                            missing[c.pays] -= 1
                        else:
                            loose += 1
        for charge in sorted(charges, key=lambda one: (charges[one].due, one)):
            while loose and missing[charge]:
                missing[charge] -= 1
                loose -= 1
        return {charge: left for charge, left in missing.items() if left}

    def by_due_date(self) -> Counter[date]:
        found: Counter[date] = Counter()
        for student in self.classes:
            charges = self.charges(student)
            for charge, left in self.open(student).items():
                due = charges[charge].due
                assert due is not None
                found[due] += left
        return found

    def by_day(self) -> Counter[tuple[date, str]]:
        found: Counter[tuple[date, str]] = Counter()
        for page in self.pages:
            for c in page.coins:
                found[page.day, c.account] += c.amount
        return found

    def by_class(self) -> Counter[tuple[int, int, str]]:
        found: Counter[tuple[int, int, str]] = Counter()
        for page in self.pages:
            for c in page.coins:
                found[c.term, c.class_id, c.account] += c.amount
        return found

    def by_roll(self) -> dict[tuple[int, str], tuple[int, int, int, int]]:
        """By class and status: students, how many of them owe, what they owe, what is to their credit."""
        found: dict[tuple[int, str], tuple[int, int, int, int]] = {}
        for student, class_id in self.classes.items():
            students, owing, owed, credit = found.get((class_id, self.statuses[student]), (0, 0, 0, 0))
            balance = self.balance(student)
            found[class_id, self.statuses[student]] = (
                students + 1,
                owing + (balance > 0),
                owed + max(0, balance),
                credit + max(0, -balance),
            )
        return found

    def _standing(self) -> list[Page]:
        return [page for page in self.pages if page.undone_by is None and page.undoes is None]


def term_of(day: date) -> int:
    return max((term for term, starts in TERM_STARTS.items() if starts <= day), default=0)


def hand_over(
    shares: list[tuple[int, int, Charge | None]], tenders: list[tuple[str, int]]
) -> Counter[tuple[int, Charge | None, str]]:
    """Which student's coins came in which tender: the largest pile of each side first, coin by coin."""
    wanted = [share for share in sorted(shares, key=lambda s: -s[1]) for _ in range(share[1])]
    given = [account for account, amount in sorted(tenders, key=lambda t: -t[1]) for _ in range(amount)]
    return Counter(
        (student, pays, account) for (student, _, pays), account in zip(wanted, given, strict=True)
    )
