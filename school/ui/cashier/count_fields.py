"""What is typed while a till is counted: pieces of notes and coins, and an amount for each other tender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Self

import streamlit as st

from school import money
from school.cashier.queries import Till
from school.cashier.rules import CASH, PIECES_MAX, cash, denominations
from school.errors import BadAmount, BadInput
from school.money import Currency
from school.ui import drafts, forms, words
from school.ui.forms import TypedAmount, TypedText

OTHER, FLOAT, REASON, RECORD = "cashup.other", "cashup.float", "cashup.reason", "cashup.record"
DRAFT = drafts.Form(
    "cashup",
    "cashup",
    {
        "cashup.coin.*": "text",
        "cashup.counted.*": "text",
        OTHER: "text",
        FLOAT: "text",
        REASON: "text",
    },
)
COIN = 90  # pixels: three beside each other on a phone

Keep = Callable[[], None]


@dataclass(frozen=True)
class Typed:
    """The fields as they were drawn; `counted` are the tenders other than cash."""

    unit: Currency
    coins: Mapping[int, TypedText]
    other: TypedAmount
    cash_float: TypedText
    counted: Mapping[str, TypedAmount]
    names: Mapping[str, str]
    reason: TypedText

    def at(self, stands: Mapping[str, Any]) -> Self:
        return replace(
            self,
            coins={value: field.at(stands) for value, field in self.coins.items()},
            other=self.other.at(stands),
            cash_float=self.cash_float.at(stands),
            counted={account: field.at(stands) for account, field in self.counted.items()},
            reason=self.reason.at(stands),
        )

    def because(self, reason: TypedText) -> Self:
        return replace(self, reason=reason)

    @property
    def is_empty(self) -> bool:
        return not (self.other.text.strip() or any(field.text.strip() for field in self.coins.values()))

    def pieces(self) -> dict[int, int]:
        """Pieces by value; what is no note or coin of the list is one piece of its own value."""
        found = {value: _pieces(field) for value, field in self.coins.items() if field.text.strip()}
        if self.other.text.strip() and (rest := _amount(self.other, least=0)):
            found[rest] = found.get(rest, 0) + 1
        return found

    def stays(self) -> int:
        """The float, in minor units."""
        text = self.cash_float.words()
        field = TypedAmount(text, self.unit, words.mark(), self.cash_float.key)
        return _amount(field, least=0) if text else 0

    def cash(self) -> int:
        """Raises BadInput while no coin is typed: an empty till is a 0 somewhere."""
        if self.is_empty:
            first = next(iter(self.coins.values()))
            raise BadInput("Count the cash. If there is none, type a 0 here.", field=first.key)
        return cash(self.pieces(), self.stays())

    def others(self, needed: Till) -> dict[str, int]:
        """Amounts by tender. Raises BadInput for one that moved and is not typed."""
        moved = {tender.account for tender in needed.tenders}
        for account in moved & self.counted.keys():
            if not self.counted[account].text.strip():
                name = self.names[account]
                raise BadInput(
                    f"Type what you have as {name}: 0 if nothing.", field=self.counted[account].key
                )
        return {account: _amount(field) for account, field in self.counted.items() if field.text.strip()}

    def so_far(self) -> dict[str, int]:
        """What is typed already and can be read, by tender."""
        found = {}
        with suppress(BadInput):
            found[CASH] = self.cash()
        for account, field in self.counted.items():
            with suppress(BadInput):
                if field.text.strip():
                    found[account] = _amount(field)
        return found


def _pieces(field: TypedText) -> int:
    text = field.text.strip()
    if not text.isdecimal() or len(text) > len(str(PIECES_MAX)) or int(text) > PIECES_MAX:
        raise BadInput("Type how many pieces, in figures.", field=field.key)
    return int(text)


def _amount(field: TypedAmount, *, least: int | None = None) -> int:
    try:
        minor = money.parse(field.text, field.unit, mark=field.mark)
    except BadAmount as error:
        raise BadAmount(error.sentence, field=field.key) from error
    if least is not None and minor < least:
        raise BadAmount("Type an amount that is not negative.", field=field.key)
    return minor


def draw(till: Till, unit: Currency, names: Mapping[str, str], last_float: int, keep: Keep) -> Typed:
    """The fields with their refusals. Nothing is filled in beforehand: what is counted is typed."""
    how: dict[str, Any] = {"on_change": keep, "live": "1s"}
    moved = {tender.account: tender.name for tender in till.tenders}
    names = {**names, **moved}
    st.header("Cash", anchor=False)
    with st.grid(6, min_column_width=COIN, gap="small"):
        coins = {value: _coin(value, unit, how) for value in denominations(unit)}
    left, right = st.columns(2)
    with left:
        other = forms.amount_field("Other notes and coins", key=OTHER, unit=unit, **how)
    with right:
        stays = forms.text_field(
            f"Float that stays ({unit.code})",
            key=FLOAT,
            default=words.amount(last_float, unit),
            help="Cash kept in the till for change. It is counted above and taken off.",
            **how,
        )
    counted = {}
    if others := [account for account in names if account != CASH]:
        st.header("Other tenders", anchor=False)
        with st.grid(2, min_column_width=2 * COIN, gap="small"):
            for account in others:
                key = f"cashup.counted.{account}"
                with st.container():
                    counted[account] = forms.amount_field(
                        words.plain(names[account]), key=key, unit=unit, **how
                    )
    return Typed(unit, coins, other, stays, counted, names, TypedText("", REASON))


def reason(keep: Keep) -> TypedText:
    """Why more or less was there than expected."""
    return forms.text_field(
        "Reason of a variance", key=REASON, placeholder="Change given twice", on_change=keep, live="1s"
    )


def _coin(value: int, unit: Currency, how: Mapping[str, Any]) -> TypedText:
    major, rest = divmod(value, 10**unit.exponent)
    label = words.amount(value, unit) if rest else words.amount(major, Currency(unit.code, 0))
    with st.container():
        return forms.text_field(label, key=f"cashup.coin.{value}", placeholder="0", **how)
