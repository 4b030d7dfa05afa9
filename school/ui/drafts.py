"""What is half typed outlives the tab, the sign-in and the server, and comes back to its own user alone.

A draft is kept when what stands in the fields has changed, and written by a worker beside the page: no page
waits for it, no page breaks when it cannot be written, and it is no part of any other transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from school import db
from school.access import queries as access
from school.access.rules import Actor
from school.errors import SchoolError
from school.ui import memory, unwritten

log = logging.getLogger(__name__)

Kind = Literal["text", "flag", "day", "choice"]
STUDENT = "student"  # whom the form is for, beside the fields
TEXT_LENGTH_MAX = 2_000  # the words of a reminder; more is no field of ours
PATIENCE_S = 2  # how long a form opened again waits for the database to know who handed something in
_looker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="handed in")


@dataclass(frozen=True)
class Form:
    """`fields` says what each widget key holds; `page.share.*` stands for every key that begins so.

    A form that is `filled` shows what the books hold, which its page puts into fields that are not there.
    """

    name: str
    page: str
    fields: Mapping[str, Kind]
    filled: bool = False

    @property
    def held(self) -> str:
        return f"{self.page}.draft"

    def kind(self, key: str) -> Kind | None:
        return self.fields.get(key) or self.fields.get(f"{key.rpartition('.')[0]}.*")

    def blank(self, stands: Mapping[str, Any]) -> dict[str, Any]:
        """What was typed or ticked before, emptied; a day and a choice are visible enough to be kept."""
        empty = {"text": "", "flag": False}
        return {key: empty[kind] for key in stands if (kind := self.kind(key)) in empty}


@dataclass
class Held:
    """Which form this session draws, and what of it was last kept."""

    request_id: str
    student_id: int
    kept: dict[str, Any] | None = field(default=None)
    put_back: bool | None = False  # None: it is drawn first, to see whether the browser still has it all


def restore(form: Form, actor: Actor, request_id: str, student_id: int) -> bool:
    """Before the widgets are drawn: puts back what this user has typed into this form for this student.

    True when something was put back, so that what was read for the page may be read again. A page that
    comes back to another server brings what stands in it, which is newer than what was kept, and goes first;
    not so a form that its page fills.
    """
    held: Held | None = st.session_state.get(form.held)
    if held and (held.request_id, held.student_id) == (request_id, student_id):
        if not held.put_back:
            return False
        held.put_back = False
        st.session_state.update(_read(form, held.kept or {}))
        return True
    fields = _found(form, actor, request_id, student_id)
    if fields and not held and not form.filled:
        st.session_state[form.held] = Held(request_id, student_id, fields, put_back=None)
        return False
    if held:
        _clear(form)
    st.session_state.update(_read(form, fields))
    st.session_state[form.held] = Held(request_id, student_id, fields or None)
    return bool(fields)


def _clear(form: Form) -> None:
    stands = memory.everything()
    if not form.filled:
        st.session_state.update(form.blank(stands))
        return
    for key in filter(form.kind, stands):
        memory.forget(key)


def keep(form: Form, actor: Actor, request_id: str, student_id: int, *, only: Set[str] | None = None) -> None:
    """For pages and callbacks: keeps what stands in the fields, when it is not what was kept last.

    `only` names the fields of a filled form that were touched: all others are the books', not the user's.
    """
    stands = memory.everything()  # a run cannot be stopped here, nor below
    held: Held | None = stands.get(form.held)
    if held is None or (held.request_id, held.student_id) != (request_id, student_id):
        return
    fields = _worth_keeping(form, stands) if only is None else _as_json(form, stands, only) or None
    if held.put_back is None:
        held.put_back = fields is None
        if held.put_back:
            st.rerun()
    if fields is not None:
        fields[STUDENT] = student_id
    if fields == held.kept:
        return
    held.kept = fields
    unwritten.put(unwritten.key_of(actor, form.name, request_id), actor, fields)


def forget(form: Form, actor: Actor, request_id: str) -> None:
    """For callbacks: the form is given up."""
    unwritten.put(unwritten.key_of(actor, form.name, request_id), actor, None)


def hand_in(
    token: str, *, sign_in_id: str, form: str, request_id: str, student_id: int, texts: Mapping[str, str]
) -> Future[bool]:
    """For the browser: texts that a page could not send any more go over what is kept of its form.

    False, and nothing is kept, unless the cookie's token is of the very sign-in the page was drawn for. It is
    looked at in turn, so that a form opened from now on finds what was handed in.
    """
    return _looker.submit(_add, token, sign_in_id, form, request_id, student_id, dict(texts))


def _add(
    token: str, sign_in_id: str, name: str, request_id: str, student_id: int, texts: dict[str, str]
) -> bool:
    try:
        with db.reading() as session:
            behind = access.sign_in_of_token(session, token)
            actor = access.actor_of_sign_in(session, behind) if behind == sign_in_id else None
        if actor is None:
            return False
        key = unwritten.key_of(actor, name, request_id)
        kept = _of(key, student_id)
        unwritten.put(key, actor, {**kept, **texts, STUDENT: student_id})
    except (SchoolError, SQLAlchemyError) as error:
        log.warning("draft not kept", extra={"form": name, "cause": type(error).__name__})
    return True


def _found(form: Form, actor: Actor, request_id: str, student_id: int) -> dict[str, Any]:
    with suppress(TookTooLong):
        _looker.submit(int).result(PATIENCE_S)  # what was handed in before
    try:
        return _of(unwritten.key_of(actor, form.name, request_id), student_id)
    except (SchoolError, SQLAlchemyError) as error:
        log.warning("draft not read", extra={"form": form.name, "cause": type(error).__name__})
        return {}


def _of(key: unwritten.Key, student_id: int) -> dict[str, Any]:
    kept = unwritten.fields(key)
    return kept if kept.get(STUDENT) == student_id else {}


def _worth_keeping(form: Form, stands: Mapping[str, Any]) -> dict[str, Any] | None:
    """As JSON has them; None while nothing is typed: what was only chosen is chosen again in a moment."""
    shown = {key: stands[key] for key in sorted(stands) if form.kind(key)}
    if not any(form.kind(key) == "text" and str(value or "").strip() for key, value in shown.items()):
        return None
    return _as_json(form, shown, shown.keys())


def _as_json(form: Form, stands: Mapping[str, Any], keys: Set[str]) -> dict[str, Any]:
    held = {key: stands.get(key) for key in sorted(keys) if form.kind(key)}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in held.items()}


def _read(form: Form, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values that fit their widgets; a choice is compared with its options when it is drawn."""
    return dict(_fitting(form, fields))


def _fitting(form: Form, fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in fields.items():
        match form.kind(key), value:
            case "text", str() if len(value) <= TEXT_LENGTH_MAX:
                yield key, value
            case "flag", bool():
                yield key, value
            case "choice", str() | int() if not isinstance(value, bool):
                yield key, value
            case "day", str():
                if day := _day(value):
                    yield key, day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
