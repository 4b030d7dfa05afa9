"""Three years of a school's life as a list of events in the order in which a bursar would record them.

Nothing here knows a database. Amounts are minor units; every choice comes from the seed, so the same day
gives the same school.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from school.demo.families import Child, Household
from school.money import split

TERMS = (("Term 1", (1, 6), (4, 4)), ("Term 2", (4, 28), (8, 1)), ("Term 3", (8, 25), (12, 4)))
TENDERS = ("MOBILE",) * 52 + ("BANK",) * 26 + ("CASH",) * 14 + ("CHEQUE",) * 5 + ("CARD",) * 3
LATE_FEE_MAJOR = 500
RIDE, LUNCH, ACTIVITIES = 6_500, 5_200, 2_400  # a term, in major units
INSTALMENTS = ((50, 14), (30, 63), (20, 94))  # percent of tuition, days after the term begins


def tuition_of(form: int, year: int) -> int:
    """What a term costs, in major units."""
    return 28_000 + 2_500 * form + 1_500 * year


@dataclass(frozen=True, slots=True)
class Item:
    """One line to be; `amount` is minor units, + = the child owes more."""

    child: Child
    account: str
    amount: int
    due: date | None = None
    memo: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """`undo` on a payment names why it is reversed, `undo_on` when."""

    kind: str
    day: date
    items: tuple[Item, ...]
    year: int
    term: int
    payer: str | None = None
    reference: str | None = None
    reason: str | None = None
    undo: str | None = None
    undo_on: date | None = None


@dataclass(frozen=True)
class Teller:
    """Tells the story up to `today`: `unit` is the minor units of one major unit."""

    homes: list[Household]
    first_year: int
    today: date
    unit: int
    random: Random

    def events(self) -> Iterator[Event]:
        yield from self._openings()
        for year in range(3):
            for term, (_, start, end) in enumerate(TERMS):
                starts = date(self.first_year + year, *start)
                ends = date(self.first_year + year, *end)
                if starts > self.today:
                    return
                yield from self._term(year, term, starts, ends)

    def _openings(self) -> Iterator[Event]:
        day = date(self.first_year, 1, 2)
        for home in self.homes:
            for child in home.children:
                if child.joined == 0 and child.form_in(0) > 1 and self.random.random() < 0.12:
                    amount = self.random.choice((4_000, 7_500, 12_000, -2_500)) * self.unit
                    child.owes += amount
                    due = day - timedelta(days=60) if amount > 0 else None
                    item = Item(child, "OPEN", amount, due, "Brought forward from the old books")
                    yield Event("opening", day, (item,), 0, 0)

    def _term(self, year: int, term: int, starts: date, ends: date) -> Iterator[Event]:
        payments: list[Event] = []
        for home in self.homes:
            billed = 0
            for child in home.children:
                if child.form_in(year):
                    for event in self._bill(child, year, term, starts):
                        billed += sum(item.amount for item in event.items)
                        yield event
            payments += self._payments(home, year, term, starts, ends, billed)
        payments += self._late_fees(year, term, starts)
        payments.sort(key=lambda event: event.day)
        yield from (event for event in payments if event.day <= self.today)

    def _bill(self, child: Child, year: int, term: int, starts: date) -> Iterator[Event]:
        form = child.form_in(year)
        tuition = tuition_of(form, year) * self.unit
        shares, days = zip(*INSTALMENTS, strict=True)
        items = [
            Item(child, "TUITION", part, starts + timedelta(days=after))
            for part, after in zip(split(tuition, shares), days, strict=True)
        ]
        if child.rides:
            items.append(Item(child, "TRANSPORT", RIDE * self.unit, starts + timedelta(days=14)))
        if child.eats:
            items.append(Item(child, "MEALS", LUNCH * self.unit, starts + timedelta(days=14)))
        if term == 0:
            items.append(Item(child, "ACTIVITIES", ACTIVITIES * self.unit, starts + timedelta(days=28)))
        day = max(starts - timedelta(days=7), date(self.first_year, 1, 2))
        child.owes += sum(item.amount for item in items)
        yield Event("bill", day, tuple(items), year, term)
        if child.relief_percent:
            relief = -tuition * child.relief_percent // 100
            child.owes += relief
            reason = "Staff child" if child.relief_percent == 50 else "Sibling"
            item = Item(child, "CONC", relief, None, f"{reason} concession {child.relief_percent} %")
            yield Event("concession", day, (item,), year, term, reason=reason)

    def _payments(
        self, home: Household, year: int, term: int, starts: date, ends: date, billed: int
    ) -> Iterator[Event]:
        owing = sum(max(0, child.owes) for child in home.children)
        if owing <= 0 or (not billed and self.random.random() < 0.8):
            return
        days = (ends - starts).days
        at, shares = {
            "prompt": ([self.random.randint(-4, 16)], [100]),
            "ahead": ([self.random.randint(-6, 5)], [104]),
            "instalments": (sorted(self.random.sample(range(days), 3)), [40, 30, 30]),
            "late": ([self.random.randint(45, days + 20)], [self.random.choice((70, 90, 100))]),
            "short": ([self.random.randint(10, days)], [self.random.choice((35, 50, 60))]),
        }[home.habit]
        for after, share in zip(at, shares, strict=True):
            day = starts + timedelta(days=after)
            day += timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
            if day <= self.today:
                day = max(day, starts - timedelta(days=6))
                yield self._payment(home, year, term, day, owing * share // 100)

    def _payment(self, home: Household, year: int, term: int, day: date, amount: int) -> Event:
        note = 50 * self.unit  # people pay in round amounts
        notes = max(1, -(-amount // note))
        tender = self.random.choice(TENDERS)
        owing = [child for child in home.children if child.owes > 0] or home.children[:1]
        weights = [max(1, child.owes) for child in owing]
        parts = [(child, n * note) for child, n in zip(owing, split(notes, weights), strict=True) if n]
        undo = None
        if tender == "CHEQUE" and self.random.random() < 0.12:
            undo = "Cheque returned unpaid by the bank"
        elif self.random.random() < 0.002:
            undo = "Entered for the wrong family"
        if undo is None:
            for child, part in parts:
                child.owes -= part
        return Event(
            "payment",
            day,
            tuple(Item(child, tender, -part) for child, part in parts),
            year,
            term,
            payer=_payer(home, day),
            reference=self._reference(tender),
            undo=undo,
            undo_on=min(self.today, day + timedelta(days=6)) if undo else None,
        )

    def _reference(self, tender: str) -> str | None:
        number = self.random.randrange(10**6, 10**7)
        return {"MOBILE": f"SK{number}", "BANK": f"FT{number}", "CHEQUE": f"{number % 10**6:06}"}.get(tender)

    def _late_fees(self, year: int, term: int, starts: date) -> Iterator[Event]:
        """A small fee for the few who owe most from earlier terms, in the fifth week."""
        day = starts + timedelta(days=33)
        for home in self.homes:
            if home.habit == "short" and day <= self.today:
                child = max(home.children, key=lambda c: c.owes)
                if child.form_in(year) and child.owes > 60_000 * self.unit:
                    child.owes += LATE_FEE_MAJOR * self.unit
                    item = Item(child, "LATE", LATE_FEE_MAJOR * self.unit, day, "Reminder fee")
                    yield Event("late_fee", day, (item,), year, term)


def _payer(home: Household, day: date) -> str:
    """Where parents live apart, two payments of five are the other's."""
    return home.other if home.other and day.toordinal() % 5 < 2 else home.guardian
