"""What the set-up page proposes before anything is typed. Everything can be overruled."""

from __future__ import annotations

import zoneinfo
from datetime import date, timedelta
from functools import lru_cache

import iso4217
from babel.core import get_global
from babel.numbers import get_territory_currencies

from school import money


@lru_cache
def currencies(tag: str) -> dict[str, str]:
    """`KES – Kenyan Shilling` by code, in the reader's language, for every currency fees can be kept in."""
    names = money.locale(tag).currencies
    kept = sorted(c.code for c in iso4217.Currency if c.exponent is not None)
    return {code: f"{code} – {names.get(code, iso4217.Currency(code).currency_name)}" for code in kept}


@lru_cache
def time_zones() -> dict[str, str]:
    """`Africa / Nairobi` by IANA name; only places, and UTC."""
    places = {name for name in zoneinfo.available_timezones() if name.split("/")[0] in _CONTINENTS} | {"UTC"}
    return {name: name.replace("_", " ").replace("/", " / ") for name in sorted(places)}


_CONTINENTS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}


def currency_of(time_zone: str | None) -> str | None:
    """What is paid with where that clock is kept, or None."""
    territory = get_global("zone_territories").get(time_zone or "")
    found = get_territory_currencies(territory) if territory else []
    return found[-1] if found else None


def year_name(starts_on: date, ends_on: date) -> str:
    """`2026`, or `2026/27` for a year that crosses New Year."""
    if starts_on.year == ends_on.year:
        return str(starts_on.year)
    return f"{starts_on.year}/{ends_on.year % 100:02d}"


def year_end(starts_on: date) -> date:
    """The day before the same date a year later."""
    try:
        again = starts_on.replace(year=starts_on.year + 1)
    except ValueError:  # 29 February
        again = date(starts_on.year + 1, 3, 1)
    return again - timedelta(days=1)


def terms(starts_on: date, ends_on: date, count: int) -> list[tuple[str, date, date]]:
    """Terms of about equal length that fill the year; a school moves the days to fit its holidays."""
    days = (ends_on - starts_on).days + 1
    edges = [starts_on + timedelta(days=days * i // count) for i in range(count + 1)]
    return [(f"Term {i + 1}", edges[i], edges[i + 1] - timedelta(days=1)) for i in range(count)]
