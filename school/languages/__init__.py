"""The words of papers and letters, in the language of who reads them.

Every sentence stands in the code in English; `catalogs/<language>.po` says it in another language. A language
without a catalog is English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from school.money import grouped, locale

CATALOGS = Path(__file__).parent / "catalogs"
ENGLISH_CODE = "en"
ISOLATE, END_ISOLATE = "\u2068", "\u2069"  # what stands between them goes as its first letter does
RIGHT_TO_LEFT = "\u200f"  # a letter that is not seen and goes from right to left
MARKS = str.maketrans("", "", ISOLATE + END_ISOLATE + RIGHT_TO_LEFT)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Language:
    """`tag` is the locale dates and numbers are written in, `code` the language of the words."""

    tag: str
    code: str
    right_to_left: bool
    _catalog: NullTranslations = field(repr=False, compare=False)

    def say(self, sentence: str, **values: str) -> str:
        """The sentence in this language; a value is never taken for a placeholder."""
        return self._filled(self._catalog.gettext(sentence) if sentence else "", values)

    def say_of(self, context: str, sentence: str) -> str:
        """The same of a word that means something else in another place; the context tells which it is."""
        return self._catalog.pgettext(context, sentence)

    def count(self, one: str, many: str, n: int, **values: str) -> str:
        """`1 day`, `1,250 days`: the form this language has for the number `{n}`."""
        return self._filled(self._catalog.ngettext(one, many, n), {"n": grouped(n, self.tag), **values})

    def day(self, when: date) -> str:
        """`3 Feb 2026`"""
        return _day(when, "medium", self.tag)

    def long_day(self, when: date) -> str:
        """`3 February 2026`"""
        return _day(when, "long", self.tag)

    def within(self, name: str) -> str:
        """A name in the middle of a sentence. What we have named is said in this language; what the school
        has named stays as it is.
        """
        if self.code == ENGLISH_CODE:
            return name.lower()
        said = self.say(name)
        return name if said == name else said.lower()

    def _filled(self, text: str, values: dict[str, str]) -> str:
        """Within a sentence from right to left, a name or an amount keeps the order of its own letters; the
        sentence itself begins with a mark, because it may begin with such a name.
        """
        if not self.right_to_left or not values:
            return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
        shown = {name: f"{ISOLATE}{value}{END_ISOLATE}" for name, value in values.items()}
        return RIGHT_TO_LEFT + _PLACEHOLDER.sub(lambda found: shown.get(found[1], found[0]), text)


def unmarked(text: str) -> str:
    """The text without the marks of `say`: as it is kept, or sent to who marks it anew."""
    return text.translate(MARKS)


def later(sentence: str) -> str:
    """The sentence itself: said in a language where that is known, found here by those who translate."""
    return sentence


@lru_cache
def of(tag: str | None) -> Language:
    """The language of a locale, such as `fr-SN`: by its territory where there is such a catalog."""
    code = code_of(tag)
    if code is None or code == ENGLISH_CODE:
        return english(tag)
    right_to_left = locale(code.replace("_", "-")).text_direction == "rtl"
    return Language(tag or code, code, right_to_left, _translations(code))


def english(tag: str | None) -> Language:
    """English words with the dates and numbers of this locale, as screens have them."""
    return Language(tag or ENGLISH_CODE, ENGLISH_CODE, False, NullTranslations())


def code_of(tag: str | None) -> str | None:
    """The catalog of a locale: `fr` of `fr-SN`; `en` of English; None where there are no words for it."""
    reader = locale(tag)
    if reader.language == ENGLISH_CODE:
        return ENGLISH_CODE
    return next((code for code in (str(reader), reader.language) if code in codes()), None)


@lru_cache
def codes() -> tuple[str, ...]:
    """The languages there are words in."""
    return (ENGLISH_CODE, *sorted(path.stem for path in CATALOGS.glob("*.po")))


@lru_cache
def _translations(code: str) -> NullTranslations:
    with (CATALOGS / f"{code}.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache(maxsize=4096)
def _day(when: date, length: Any, tag: str) -> str:
    return format_date(when, length, locale=locale(tag))


ENGLISH = of(ENGLISH_CODE)
