"""All that the dashboard shows, read in one moment of the books, its words, and where each figure leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_percent
from sqlalchemy.orm import Session

from school import money
from school.languages import Language, english
from school.money import Currency
from school.reports import ageing, movements
from school.reports import dashboard as reports
from school.reports.ageing import Ageing
from school.reports.dashboard import AccountTotal, ClassRow, Debtor, Figures, MonthRow
from school.students import queries as students
from school.students.queries import SchoolFacts, TermFacts
from school.ui import links, open_charges, words
from school.ui.tables import Goal

EXACT_LENGTH_MAX = 14  # characters a key figure has room for
EXACT_MAJOR_MAX = 10_000  # from here on a number beside a bar is rounded: 12.3K


@dataclass(frozen=True)
class Board:
    """`past` is the day the figures are as at, None when that is today: then they come from projections."""

    school: SchoolFacts
    past: date | None
    figures: Figures
    ageing: Ageing
    classes: list[ClassRow]
    months: list[MonthRow]
    debtors: list[Debtor]
    tenders: list[AccountTotal]
    fee_heads: list[AccountTotal]
    reader: Language  # of the screen, or of the paper

    @property
    def unit(self) -> Currency:
        return self.school.currency

    @property
    def students(self) -> int:
        return sum(row.students for row in self.classes)

    @property
    def term(self) -> str:
        return term_name(self.figures.term) if self.figures.term else ""

    @property
    def is_blank(self) -> bool:
        """True while nothing was ever charged or paid up to that day."""
        f = self.figures
        moved = any(
            m.billed or m.collected or m.billed_last_year or m.collected_last_year for m in self.months
        )
        return not (moved or f.owed or f.credit or f.billed or f.collected or f.conceded)

    def amount(self, minor: int) -> str:
        return money.show(minor, self.unit, self.reader.tag)

    def percent(self, rate: float | None) -> str:
        return self.reader.say("nothing billed") if rate is None else percent(rate, self.reader.tag)

    def month(self, first: date) -> str:
        """`Jan`"""
        return month(first, self.reader.tag)

    def month_and_year(self, first: date) -> str:
        """`January 2026`"""
        return month_and_year(first, self.reader.tag)

    def figure(self, minor: int) -> str:
        """A key figure: exact where there is room for it, else rounded."""
        exact = self.amount(minor)
        return exact if len(exact) <= EXACT_LENGTH_MAX else _compact(minor, self.unit, self.reader.tag)

    def brief(self, minor: int) -> str:
        """Beside a bar: `950.00`, `12.3K`, `4.2M`."""
        if abs(minor) < EXACT_MAJOR_MAX * 10**self.unit.exponent:
            return self.amount(minor)
        return _compact(minor, self.unit, self.reader.tag)

    def owing(self) -> Goal:
        """The students who owe; as at a past day, the charges that were open."""
        if self.past:
            return self.charges(open_charges.ALL)
        return links.STUDENTS, links.students(owing="Owing", order="Most owed first")

    def charges(self, age: str) -> Goal:
        return open_charges.PAGE, open_charges.address(age=age, as_at=self.past)

    def entries(self, **which: Any) -> Goal:
        """Entries of the term, up to the day the figures are as at."""
        return links.ENTRIES, links.entries(term=self.term or None, until=self.past, **which)

    def entries_of_month(self, first: date) -> Goal:
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        until = min(last, self.figures.as_at)
        return links.ENTRIES, links.entries(since=first, until=until, account_type="tender")


def read(session: Session, *, as_at: date, term: TermFacts | None) -> Board:
    past = as_at if as_at < students.today(session) else None
    term_id = term.id if term else None
    due = ageing.due_totals(session, as_at=past)
    by_account = movements.by_account(session, as_at=past, term_id=term_id)
    return Board(
        school=students.school(session),
        past=past,
        figures=reports.figures(session, as_at=past, term_id=term_id, due=due, posted=by_account),
        ageing=ageing.ageing(session, as_at=past, due=due),
        classes=reports.by_class(session, as_at=past, term_id=term_id),
        months=reports.months(session, as_at=past),
        debtors=reports.top_debtors(session, as_at=past),
        tenders=movements.of_type(by_account, "tender"),
        fee_heads=movements.of_type(by_account, "income"),
        reader=english(words.tag()),
    )


def term_name(term: TermFacts) -> str:
    return f"{term.name} {term.year_name}"


def percent(rate: float, tag: str = "") -> str:
    """`82%`, as the reader of the screen writes it unless another is named."""
    return _percent(rate, tag or words.tag())


def month(first: date, tag: str = "") -> str:
    """`Jan`"""
    return _month(first, "LLL", tag or words.tag())


def month_and_year(first: date, tag: str = "") -> str:
    """`January 2026`"""
    return _month(first, "LLLL y", tag or words.tag())


@lru_cache(maxsize=4096)
def _compact(minor: int, unit: Currency, tag: str) -> str:
    return format_compact_decimal(money.major(minor, unit), locale=money.locale(tag), fraction_digits=1)


@lru_cache(maxsize=2048)
def _percent(rate: float, tag: str) -> str:
    return format_percent(rate / 100, locale=money.locale(tag))


@lru_cache(maxsize=512)
def _month(first: date, pattern: str, tag: str) -> str:
    return format_date(first, pattern, locale=money.locale(tag))
