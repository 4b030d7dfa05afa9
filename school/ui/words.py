"""Amounts, balances and dates as this reader writes them. A balance is always a word and a number."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta, get_date_format

from school import clock, money
from school.money import Currency
from school.ui import identity

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")  # every character that Markdown, colours or icons are made of


def plain(text: str) -> str:
    """What somebody typed, such as a name, for use within Markdown: it is shown as it is and does nothing."""
    return _MARKUP.sub(r"\\\1", text)


def told(text: str) -> str:
    """A sentence of ours about what somebody may have typed: only what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return plain(text)
    return "".join(f"`{part}`" if at % 2 else plain(part) for at, part in enumerate(parts))


def tag() -> str:
    """The locale this reader chose, else the browser's; English where it does not tell."""
    return identity.language() or identity.locale()


def mark() -> str:
    """`.` or `,`: the decimal mark of what this reader types."""
    return money.decimal_mark(tag())


def amount(minor: int, unit: Currency) -> str:
    """`1,250.00`"""
    return money.show(minor, unit, tag())


def owes(balance: int, unit: Currency) -> str:
    """`owes 1,250.00`, `in credit 40.00` or `settled`, from a balance in minor units where + is owed."""
    if balance > 0:
        return f"owes {amount(balance, unit)}"
    if balance < 0:
        return f"in credit {amount(-balance, unit)}"
    return "settled"


def owes_in_colour(balance: int, unit: Currency) -> str:
    """The same as Markdown: owed is orange, in credit green; the word says it without colour too."""
    colour = "orange" if balance > 0 else "green" if balance < 0 else "gray"
    return f":{colour}[{owes(balance, unit)}]"


def date(day: datetime.date) -> str:
    """`23 Nov 2026`, as the reader's locale has it."""
    return _date(day, tag())


@lru_cache(maxsize=4096)
def _date(day: datetime.date, tag: str) -> str:
    return format_date(day, "medium", locale=money.locale(tag))


def moment(at: datetime.datetime, time_zone: str, tag_of_reader: str = "") -> str:
    """`23 Nov 2026, 10:15`, in the school's time zone; a file is made where no reader is, and names one."""
    reader, local = tag_of_reader or tag(), at.astimezone(ZoneInfo(time_zone))
    return f"{_date(local.date(), reader)}, {_hour(local.hour, local.minute, reader)}"


@lru_cache(maxsize=4096)
def _hour(hour: int, minute: int, tag: str) -> str:
    return format_time(datetime.time(hour, minute), "short", locale=money.locale(tag))


def ago(at: datetime.datetime) -> str:
    """`10 minutes ago`"""
    return format_timedelta(at - clock.now(), add_direction=True, locale="en")


def date_order() -> str:
    """What `st.date_input` takes as format: day, month and year in the reader's order."""
    pattern = get_date_format("short", locale=money.locale(tag())).pattern
    order = sorted("yMd", key=pattern.index)
    between = "-" if order[0] == "y" else "/"
    return between.join({"y": "YYYY", "M": "MM", "d": "DD"}[part] for part in order)


def quiet(markdown: str) -> str:
    """The same as small print, dark enough to be read: Streamlit's own caption is too pale."""
    return f":small[:gray[{markdown}]]"
