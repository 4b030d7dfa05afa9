"""Amounts of one column as minor units: one decimal mark for all of it, by the evidence of the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_symbol

from school import money
from school.errors import BadAmount
from school.intake.spreadsheet import Cell
from school.intake.tables import text_of
from school.students.rules import clean, fold

NOTHING = {"", "-", "–", "—", "--", "n/a", "na", "nil", "none", "null"}  # how people write no amount
SHOWN = 40  # characters of a cell that a sentence repeats
DISSENT_MAX = 10  # one in ten may be a slip, to be refused by row; more, and the column must be asked about

_SIDE = re.compile(r"^(cr|dr)\b\.?\s*|\s*(cr|dr)\.?$", re.IGNORECASE)
_BARE = re.compile(r"[-+(]?\s*([\d.,\s'’]+?)\s*[-)]?")
_NARROW = str.maketrans("，．（）－＋￥＄", ",.()-+¥$", "٬")
_SIGNS = {  # beside the code and the symbol that everyone knows
    "KES": ("KSh", "KShs", "Sh", "/=", "/-"),
    "TZS": ("TSh", "TShs", "Sh", "/=", "/-"),
    "UGX": ("USh", "UShs", "Sh", "/=", "/-"),
    "INR": ("Rs", "Rs."),
    "PKR": ("₨", "Rs", "Rs."),
    "JPY": ("円",),
    "CNY": ("¥", "元"),
    "GHS": ("GH₵", "₵"),
    "ZAR": ("R",),
    "IDR": ("Rp", "Rp."),
    "TRY": ("₺", "TL"),
    "PLN": ("zł",),
    "RUB": ("₽", "руб", "руб."),
    "CHF": ("Fr.", "SFr."),
    "KWD": ("KD", "د.ك"),
    "XOF": ("FCFA", "F CFA", "CFA"),
    "XAF": ("FCFA", "F CFA", "CFA"),
    "MXN": ("$",),
    "CAD": ("$",),
    "AUD": ("$",),
    "NGN": ("₦",),
}


def decimal_mark(cells: Iterable[Cell], unit: money.Currency, locale: str) -> tuple[str, str | None]:
    """(`.` or `,`, None) by the evidence of the whole column; else the school's way and what is in doubt.

    `1.250,00` and `12,5` speak for the comma, `1.250.000` too. `1.250` alone may mean either.
    """
    usual = money.decimal_mark(locale)
    votes = {".": 0, ",": 0}
    doubtful = None
    for cell in cells:
        text = _bare(cell, unit) if isinstance(cell, str) else ""
        mark = _vote(text, unit)
        if mark:
            votes[mark] += 1
        elif usual in text and unit.exponent in (1, 2):
            doubtful = doubtful or f"“{text}”"  # three decimals where the currency has two
    winner, loser = (",", ".") if votes[","] > votes["."] else (".", ",")
    if votes[winner] == 0:
        return usual, doubtful
    if votes[loser] * DISSENT_MAX > votes[winner]:
        return winner, "amounts with a comma and amounts with a point"
    return winner, None


def _vote(text: str, unit: money.Currency) -> str | None:
    """The decimal mark that one amount proves, or None."""
    marks = [c for c in text if c in ".,"]
    if not marks:
        return None
    last = marks[-1]
    other = "," if last == "." else "."
    before, _, after = text.rpartition(last)
    if other in marks:
        return last if marks.count(last) == 1 else None
    if len(marks) > 1:
        return other
    if len(after) != 3:
        return last
    if unit.exponent == 0:
        return other
    return last if len(before) > 3 or before in ("", "0") else None


def _bare(text: str, unit: money.Currency) -> str:
    """Digits and marks of what looks like an amount, in ASCII; empty for anything else."""
    match = _BARE.fullmatch(_without_sign(_SIDE.sub("", fold(clean(text))), unit))
    return "".join(c for c in match[1] if c.isdigit() or c in ".,") if match else ""


def amount(cell: Cell, unit: money.Currency, mark: str) -> int | None:
    """Minor units, + = owes; None for an empty cell. The currency's sign, CR and DR are understood.

    Raises BadAmount: a sentence about what is written.
    """
    if isinstance(cell, Decimal) and cell.is_finite():
        return money.parse(format(cell, "f"), unit)
    text = clean(text_of(cell))
    if fold(text) in NOTHING:
        return None
    narrow = text.translate(_NARROW)
    side = _SIDE.search(narrow)
    bare = _without_sign(_SIDE.sub("", narrow), unit)
    try:
        minor = money.parse(bare if isinstance(cell, str) else "", unit, mark=mark)
    except BadAmount as refused:
        # the sentence repeats what stands in the cell, not what is left of it
        raise BadAmount(f"“{text[:SHOWN]}”{refused.sentence.partition('”')[2]}") from None
    return -abs(minor) if side and (side[1] or side[2]).casefold() == "cr" else minor


def _without_sign(text: str, unit: money.Currency) -> str:
    """The amount without the sign of the school's own currency; another currency's stays, and is refused."""
    minus, rest = ("-", text[1:].lstrip()) if text.startswith("-") else ("", text)
    for sign in _signs(unit.code):
        if rest.casefold().startswith(sign):
            return minus + rest[len(sign) :].strip()
        if rest.casefold().endswith(sign):
            return minus + rest[: -len(sign)].strip()
    return text


@lru_cache
def _signs(code: str) -> tuple[str, ...]:
    """Longest first, folded in case."""
    signs = {code, get_currency_symbol(code, "en"), *_SIGNS.get(code, ())}
    return tuple(sorted({sign.casefold() for sign in signs}, key=len, reverse=True))
