"""Money is a whole number of minor units; no float ever holds it.

The number of minor units in one major unit comes from ISO 4217: 2 digits for most currencies,
0 for JPY, 3 for KWD.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import iso4217
from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from school.errors import BadAmount, BadInput

AMOUNT_MINOR_MAX = 10**12  # ten thousand millions in cents: more is a slip, and sums stay in BIGINT
SPACES = "\u0020\u00a0\u202f\u2009'\u2019"


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 currency: `exponent` is the number of decimals of one major unit."""

    code: str
    exponent: int


@lru_cache
def currency(code: str) -> Currency:
    """The currency of a three-letter code. Raises BadInput for a code ISO 4217 does not know."""
    try:
        found = iso4217.Currency(code.strip().upper())
    except ValueError:
        raise BadInput(f"“{code}” is not a currency code like EUR, KES or JPY.") from None
    if found.exponent is None:
        raise BadInput(f"{found.code} has no minor unit, so fees cannot be kept in it.")
    return Currency(found.code, found.exponent)


@lru_cache
def locale(tag: str | None) -> Locale:
    """The reader's locale; English where the tag is missing or odd (browsers send odd ones)."""
    try:
        return Locale.parse(tag or "en", sep="-")
    except (ValueError, TypeError, UnknownLocaleError):
        return Locale("en")


def tag(text: str | None) -> str:
    """The same as a tag, `en-KE`, as it is kept."""
    return str(locale(text)).replace("_", "-")


@lru_cache
def decimal_mark(tag: str | None) -> str:
    """`.` or `,`: what separates decimals for this reader."""
    mark = locale(tag).number_symbols.get("latn", {}).get("decimal", ".")
    return "," if mark == "," else "."


@lru_cache
def _shape(mark: str) -> re.Pattern[str]:
    group = ("." if mark == "," else ",") + SPACES
    whole = rf"(?:\d+|\d{{1,3}}(?:[{group}]\d{{2,3}})*[{group}]\d{{3}})"
    return re.compile(rf"({whole})?(?:[{mark}](\d*))?")


def parse(text: str, unit: Currency, *, mark: str = ".") -> int:
    """What was typed, in minor units; `mark` is the decimal mark, the other of `.` and `,` groups thousands.

    Digits of any script, a leading or trailing minus and accountants' brackets are understood.
    Raises BadAmount for what is in doubt: unreadable, more decimals than the currency has, out of range.
    """
    example = show(125_000 if unit.exponent else 1_250, unit, "de" if mark == "," else "en")
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text.strip())
    plain = plain.replace("−", "-").replace("٫", mark)
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        plain, negative = plain[1:-1].strip(), True
    elif plain.startswith("-") or plain.endswith("-"):
        plain, negative = plain.removeprefix("-") if plain[0] == "-" else plain[:-1], True
    elif plain.startswith("+"):
        plain = plain[1:]
    plain = plain.strip(SPACES)
    match = _shape(mark).fullmatch(plain)
    if match is None or not any(c.isdigit() for c in plain):
        raise BadAmount(f"“{text.strip()[:40]}” is not an amount like {example}.")
    whole, decimals = match[1] or "0", (match[2] or "").rstrip("0")
    if len(decimals) > unit.exponent:
        typed = text.strip()[:40]
        raise BadAmount(f"“{typed}” has more decimals than {unit.code}, which has {unit.exponent}.")
    zeros = "".join(c for c in whole if c.isdigit()) + decimals.ljust(unit.exponent, "0")
    digits = zeros.lstrip("0") or "0"
    if len(digits) > len(str(AMOUNT_MINOR_MAX)) or int(digits) > AMOUNT_MINOR_MAX:
        raise BadAmount(f"“{text.strip()[:40]}” is too large: {show(AMOUNT_MINOR_MAX, unit)} is the most.")
    return -int(digits) if negative else int(digits)


def major(minor: int, unit: Currency) -> Decimal:
    """The exact amount in major units, for files and for people."""
    return Decimal(minor).scaleb(-unit.exponent)


@lru_cache(maxsize=32)
def _pattern(exponent: int) -> str:
    return "#,##0" + ("." + "0" * exponent if exponent else "")


@lru_cache(maxsize=4096)
def show(minor: int, unit: Currency, tag: str | None = "en") -> str:
    """The amount as this reader writes numbers, without the currency: `1,250.00`, `1.250,00`."""
    return format_decimal(
        major(minor, unit), format=_pattern(unit.exponent), locale=locale(tag), numbering_system="latn"
    )


def grouped(number: int, tag: str | None = "en") -> str:
    """A count as this reader writes it: `1,250`."""
    return format_decimal(number, format="#,##0", locale=locale(tag), numbering_system="latn")


def show_with_code(minor: int, unit: Currency, tag: str | None = "en") -> str:
    """The amount with its currency code: `KES 1,250.00`."""
    return f"{unit.code} {show(minor, unit, tag)}"


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Parts in proportion to the weights that add up to the total exactly, by largest remainder.

    Ties go to the earlier part: 1,000.00 in 3 is 333.34 + 333.33 + 333.33. Weights are whole, not negative,
    and not all zero (ValueError: the caller decides what no weight means).
    """
    whole = sum(weights)
    if whole <= 0 or any(w < 0 for w in weights):
        raise ValueError("weights must not be negative, nor all zero")
    sign, total = (-1, -total_minor) if total_minor < 0 else (1, total_minor)
    parts = [total * w // whole for w in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return [sign * p for p in parts]
