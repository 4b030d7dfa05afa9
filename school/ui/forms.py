"""Fields that draw their own refusal and read what was typed again on the server.

The browser's limits are manners: a value counts only after `minor()`, `day()` or `code()` has looked at it.
What was drawn can be read once more with `at(stands)`, where `stands` is what stands in all fields by key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Self

import streamlit as st

from school import money
from school.errors import BadAmount, BadDate, BadInput
from school.money import Currency
from school.ui import feedback, words


@dataclass(frozen=True)
class TypedAmount:
    """The text of an amount field, not yet believed."""

    text: str
    unit: Currency
    mark: str
    key: str

    def at(self, stands: Mapping[str, Any]) -> Self:
        return replace(self, text=_text(stands.get(self.key)))

    def minor(self, *, empty: str = "Type an amount.") -> int:
        """Minor units, above zero. Raises BadAmount with the field."""
        if not self.text.strip():
            raise BadAmount(empty, field=self.key)
        try:
            minor = money.parse(self.text, self.unit, mark=self.mark)
        except BadAmount as error:
            raise BadAmount(error.sentence, field=self.key) from error
        if minor <= 0:
            raise BadAmount("Type an amount above zero.", field=self.key)
        return minor


@dataclass(frozen=True)
class TypedDate:
    """The value of a date field, not yet believed."""

    value: object
    least: date | None
    most: date | None
    key: str

    def at(self, stands: Mapping[str, Any]) -> Self:
        return replace(self, value=stands.get(self.key))

    def day(self) -> date:
        """A date within the bounds. Raises BadDate with the field."""
        if not isinstance(self.value, date):
            raise BadDate("Choose a date.", field=self.key)
        if self.most and self.value > self.most:
            raise BadDate(f"Choose a date up to {words.date(self.most)}.", field=self.key)
        if self.least and self.value < self.least:
            raise BadDate(f"Choose a date from {words.date(self.least)} on.", field=self.key)
        return self.value


@dataclass(frozen=True)
class TypedChoice:
    """The value of a choice field, not yet believed."""

    value: object
    options: Mapping[str, str]
    key: str

    def at(self, stands: Mapping[str, Any]) -> Self:
        return replace(self, value=stands.get(self.key))

    def code(self, *, empty: str = "Choose one.") -> str:
        """The code of one of the options. Raises BadInput with the field."""
        if not isinstance(self.value, str) or self.value not in self.options:
            raise BadInput(empty, field=self.key)
        return self.value


@dataclass(frozen=True)
class TypedText:
    """The words in a text field; `default` counts where there are none."""

    text: str
    key: str
    default: str = ""

    def at(self, stands: Mapping[str, Any]) -> Self:
        return replace(self, text=_text(stands.get(self.key)))

    def words(self) -> str:
        return self.text.strip() or self.default


@contextmanager
def in_field(key: str) -> Iterator[None]:
    """What is refused in here was typed in this field, of several that stand for the same argument."""
    try:
        yield
    except BadInput as error:
        raise type(error)(error.sentence, field=key) from error


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def text_field(label: str, *, key: str, default: str = "", **how: Any) -> TypedText:
    """A line of text; `default` is what an empty field means, shown in its place."""
    how.setdefault("placeholder", default)
    text = st.text_input(label, key=key, autocomplete="off", **how)
    feedback.problem(key)
    return TypedText(text or "", key, default)


def amount_field(label: str, *, key: str, unit: Currency, value: str = "", **how: Any) -> TypedAmount:
    """A text field for an amount in the reader's own writing; text, because a number field rounds."""
    how.setdefault("placeholder", words.amount(0, unit))
    text = st.text_input(f"{label} ({unit.code})", value, key=key, autocomplete="off", **how)
    feedback.problem(key)
    return TypedAmount(text or "", unit, words.mark(), key)


def date_field(
    label: str,
    *,
    key: str,
    value: date | Literal["today"] | None,
    least: date | None = None,
    most: date | None = None,
    **how: Any,
) -> TypedDate:
    """A date field between two dates, both included. What the session holds goes before `value`.

    Streamlit answers a date out of its bounds, or none at all, with the field's own default, and nobody would
    know: so it is told no bounds, and no default where the address does not hold the field.
    """
    if "bind" not in how:
        _hold(key, value)
        value = None
    elif key in st.session_state:
        value = "today"  # Streamlit takes this for no value of ours, and does not warn of two
    chosen = st.date_input(
        label, value, min_value=date.min, max_value=date.max, key=key, format=words.date_order(), **how
    )
    feedback.problem(key)
    return TypedDate(chosen, least, most, key)


def _hold(key: str, default: date | Literal["today"] | None) -> None:
    """A field with a default is not empty for long: the date it had comes back, unless empty was refused.

    A browser that has not drawn the field before the next run forgets what the run before had put into it.
    """
    held = f"{key}.held"
    if st.session_state.get(key) is None and not feedback.is_refused(key):
        last = st.session_state.get(held) if key in st.session_state else default
        if last is not None:
            st.session_state[key] = last
    st.session_state[held] = st.session_state.get(key) or st.session_state.get(held)


def only_known(key: str, options: Collection[Any]) -> None:
    """A choice from before that is no option any more is no choice; call it before the field is drawn."""
    if st.session_state.get(key) is not None and st.session_state[key] not in options:
        del st.session_state[key]


def choice_field(
    label: str, options: Mapping[str, str], *, key: str, chosen: str | None = None, **how: Any
) -> TypedChoice:
    """One of the options, given as label by code; nothing is chosen unless `chosen` names a code."""
    only_known(key, options)
    codes = list(options)
    value = st.selectbox(
        label,
        codes,
        index=codes.index(chosen) if chosen is not None and chosen in options else None,
        format_func=lambda code: options.get(code, ""),
        key=key,
        **how,
    )
    feedback.problem(key)
    return TypedChoice(value, options, key)
