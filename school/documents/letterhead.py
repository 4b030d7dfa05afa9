"""Whose paper it is and how its reader writes numbers and dates: the same for every letter of a school."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_time, get_datetime_format

from school import languages
from school.documents import engine
from school.documents.rules import balance_in_words
from school.languages import Language
from school.money import Currency, locale, show, show_with_code


@dataclass(frozen=True)
class Letterhead:
    """The school as it stands on its papers. `made_at` (aware) is the moment the facts were read."""

    school_name: str
    school_address: str  # may have several lines, or be empty
    logo: bytes | None  # PNG, JPEG or SVG; left out where it cannot be read
    currency: Currency
    locale: str  # of the reader, as a tag: en-KE
    time_zone: str
    made_at: datetime
    how_to_pay: str = ""  # may have several lines, or be empty

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError("made_at must be aware")

    @property
    def language(self) -> Language:
        return languages.of(self.locale)

    def say(self, sentence: str, **values: str) -> str:
        """The sentence in the reader's language."""
        return self.language.say(sentence, **values)

    def amount(self, minor: int) -> str:
        """`1,250.00`"""
        return show(minor, self.currency, self.locale)

    def amount_with_code(self, minor: int) -> str:
        """`KES 1,250.00`"""
        return show_with_code(minor, self.currency, self.locale)

    def day(self, when: date) -> str:
        """`3 Feb 2026`"""
        return self.language.day(when)

    def long_day(self, when: date) -> str:
        """`3 February 2026`"""
        return self.language.long_day(when)

    def moment(self, at: datetime) -> str:
        """`4 Feb 2026, 14:05` in the school's time zone."""
        reader, there = locale(self.locale), at.astimezone(ZoneInfo(self.time_zone))
        hour = format_time(there, "short", locale=reader)
        pattern = str(get_datetime_format("medium", locale=reader))
        return pattern.format(hour, self.day(there.date()))

    def balance(self, minor: int) -> str:
        """`owes KES 1,250.00`, `in credit KES 40.00` or `settled`. Positive owes."""
        return balance_in_words(minor, self.amount_with_code(abs(minor)), self.language)


def lines(text: str) -> list[str]:
    """The lines of what was typed, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


class Numbered(Protocol):
    @property
    def admission_no(self) -> str: ...


def numbers(students: Iterable[Numbered]) -> str:
    return ", ".join(student.admission_no for student in students)


def give_number(numbers: str, language: Language) -> str:
    """What a payment is told by."""
    return language.say("Please give this number with every payment: {numbers}", numbers=numbers)


def late(days: int, language: Language) -> str:
    """`12 days`; nothing for what is not late."""
    return language.count("{n} day", "{n} days", days) if days > 0 else ""


def paper(template: str, head: Letterhead, facts: Mapping[str, Any], *, tagged: bool = True) -> bytes:
    """A template that begins with the house's letterhead, filled; the same bytes for the same input."""
    logo = engine.picture(head.logo) if head.logo else None
    said = {
        **facts,
        "school": head.school_name,
        "address": lines(head.school_address),
        "how_to_pay": lines(head.how_to_pay),
        "currency": head.currency.code,
        "logo": logo is not None,
    }
    images = {"logo": logo} if logo else {}
    return engine.pdf(template, said, tag=head.locale, created=head.made_at, images=images, tagged=tagged)


def width(texts: Iterable[str]) -> int:
    """Tenths of an em that the longest takes at most: a column that is told its width is set faster."""
    return max((sum(11 if c > "\u2e7f" else 6 for c in text) for text in texts), default=0)
