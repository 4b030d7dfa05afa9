"""Drafts that wait for their turn to be written, the newest of each form; until then they are read from here.

So nobody waits for the books, and what was typed is found again however long another writer is at work. What
the books could not take waits for the next draft of anybody; what still waits when the process dies is lost.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from school import clock, db
from school.access.rules import Actor
from school.drafts import queries, service
from school.drafts.queries import DraftFacts
from school.errors import SchoolError, Unavailable
from school.ledger import queries as ledger

log = logging.getLogger(__name__)

Fields = dict[str, Any]
FORMS_MAX = 500  # more than a school has open at once; the next ones are not kept


class Key(NamedTuple):
    """One form of one person."""

    books: db.Database
    user_id: int
    form: str
    request_id: str


@dataclass(frozen=True, eq=False)
class Change:
    """What a form holds now; `fields` is None when nothing of it is to be kept."""

    actor: Actor
    fields: Fields | None
    at: datetime


_waiting: dict[Key, Change] = {}
_guard = threading.Lock()
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drafts")


def key_of(actor: Actor, form: str, request_id: str) -> Key:
    return Key(db.database(), actor.user_id or 0, form, request_id)


def put(key: Key, actor: Actor, fields: Fields | None) -> None:
    """In place of what the form held before; found by its user from now on, and written when it can be."""
    change = Change(actor, fields, clock.now())
    with _guard:
        if key not in _waiting and len(_waiting) >= FORMS_MAX:
            log.warning("draft not kept", extra={"form": key.form, "cause": "too many wait"})
            return
        _waiting[key] = change
    _worker.submit(_write_all, key.books)


def fields(key: Key) -> Fields:
    """What is kept of the form, or nothing. Raises Unavailable when the database is asked in vain."""
    if change := _waiting.get(key):
        return change.fields or {}
    with key.books.reading() as session:  # begun after the look above: what left meanwhile is written
        found = queries.fields(session, user_id=key.user_id, form=key.form, request_id=key.request_id)
    return found or {}


def unfinished(*, actor: Actor, form: str, limit: int) -> list[DraftFacts]:
    """The forms of this name that the actor left, the last one first. Raises Unavailable as `fields` does."""
    own = key_of(actor, form, "")
    with _guard:
        mine = {key.request_id: one for key, one in _waiting.items() if key._replace(request_id="") == own}
    waiting = [DraftFacts(request_id, one.fields, one.at) for request_id, one in mine.items() if one.fields]
    with own.books.reading() as session:  # begun after the look above, as in `fields`
        written = queries.unfinished(session, user_id=own.user_id, form=form, limit=limit)
    found = [*waiting, *(one for one in written if one.request_id not in mine)]
    return sorted(found, key=lambda one: one.saved_at, reverse=True)[:limit]


def settled(within_s: float = 10) -> bool:
    """True once all that was typed so far is written, or was refused; False when it takes longer."""
    try:
        _worker.submit(int).result(within_s)
    except TookTooLong:
        return False
    return True


def _write_all(books: db.Database) -> None:
    while waits := _next(books):
        key, change = waits
        try:
            _write(key, change)
        except Unavailable as error:
            log.warning("drafts wait", extra={"cause": type(error.__cause__ or error).__name__})
            return
        except (SchoolError, SQLAlchemyError, TypeError, ValueError) as error:
            log.warning("draft not kept", extra={"form": key.form, "cause": type(error).__name__})
        _take_away(key, change)


def _next(books: db.Database) -> tuple[Key, Change] | None:
    with _guard:
        return next(((key, change) for key, change in _waiting.items() if key.books is books), None)


def _write(key: Key, change: Change) -> None:
    how: dict[str, Any] = {"actor": change.actor, "form": key.form, "request_id": key.request_id}
    with key.books.writing() as session:
        db.one_writer(session)  # from here on the form is recorded, or its press has not begun
        if change.fields is None:
            service.forget(session, **how)
        elif ledger.entry_of_request(session, key.request_id) is None:
            service.keep(session, fields=change.fields, **how)


def _take_away(key: Key, change: Change) -> None:
    with _guard:
        if _waiting[key] is change:
            del _waiting[key]
