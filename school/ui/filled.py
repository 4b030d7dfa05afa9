"""Forms that begin with what the books hold: what nobody touched is not written, no change goes unseen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import streamlit as st

from school.errors import RuleBroken
from school.ui import feedback, memory, words

SHOWN_MAX = 60  # characters of what another has written

NOTHING: Mapping[str, str] = MappingProxyType({})

Values = Mapping[str, Any]  # by widget key


def fill(page: str, name: str, held: Values) -> dict[str, Any]:
    """What the form of this name begins with, for `default`: what the books held when it was first drawn.

    Who was told beside a field that another has changed it has seen that.
    """
    key = name_of(page)
    last, seen = st.session_state.get(key, ("", {}))
    seen = dict(held) if last != name else {k: _seen(k, value, held) for k, value in seen.items()}
    st.session_state[key] = (name, seen)
    return seen


def default(seen: Values, key: str, *, put_back: bool = False) -> Any:
    """What the field of this key begins with; nothing where a draft was just `put_back` into it.

    It is told with the field, not put into the session: a browser that has not drawn the field before the
    next run forgets what was put there, and an empty field would be taken for one that was emptied.
    """
    return None if put_back and key in st.session_state else seen.get(key)


def forget(page: str) -> None:
    """For callbacks: what stands in the form of this page is in the books by now."""
    memory.forget(name_of(page))


def name_of(page: str) -> str:
    """Where the session keeps what the form of this page was filled with."""
    return f"{page}.filled"


def _seen(key: str, before: object, held: Values) -> object:
    return held[key] if key in held and feedback.is_refused(key) else before


def touched(seen: Values, typed: Values) -> set[str]:
    """The fields that do not stand as the form was filled; an empty one is as good as none."""
    return {key for key in seen.keys() | typed.keys() if (typed.get(key) or None) != (seen.get(key) or None)}


def merged(seen: Values, typed: Values, now: Values, *, shown: Mapping[str, str] = NOTHING) -> dict[str, Any]:
    """What is to stand in the books: what was touched as typed, all else as it is now.

    Raises RuleBroken with the field where another has written something else since the form was filled;
    `shown` says how a value is read that does not stand for itself.
    """
    mine = touched(seen, typed)
    for key in sorted(mine & touched(seen, now) & touched(typed, now)):
        theirs = _quoted(shown.get(key, now.get(key)))
        raise RuleBroken(
            f"Somebody else has changed this to {theirs} meanwhile. What you typed still stands: "
            "press again to keep it in place of that.",
            field=key,
        )
    return {**now, **{key: typed.get(key) for key in mine}}


def _quoted(value: object) -> str:
    text = words.plain(str(value or ""))
    return f"“{text[:SHOWN_MAX]}{'…' * (len(text) > SHOWN_MAX)}”" if text else "nothing"
