"""A bug is logged once with a number; the person reads one sentence, stays signed in and goes on."""

from __future__ import annotations

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from html import escape
from pathlib import Path
from threading import BoundedSemaphore
from traceback import walk_tb
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from school import clock, db, metrics
from school.access.rules import Actor
from school.drafts import service as drafting
from school.errors import NotAllowed, SchoolError, Unavailable
from school.incidents import queries, service
from school.settings import ROOT
from school.ui import away, identity, leaving, links, observed

log = logging.getLogger(__name__)
AGAIN_WITHIN = timedelta(minutes=10)
WAITING_MAX = 50  # incidents that wait for the database; the log has them all
_ACTING = "guard.acting"  # who this session acted for last: to name them without asking the database
_recorder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="incidents")
_room = BoundedSemaphore(WAITING_MAX)


def remember(actor: Actor | None) -> None:
    """At every run: who would meet the error."""
    if st.session_state.get(_ACTING) != actor:
        st.session_state[_ACTING] = actor


def on_script_error(error: Exception) -> bool:
    """Called by the server for anything a page did not catch; True means: shown, do not show a stack trace.

    Interruptions are not errors and never come here.
    """
    if isinstance(error, Unavailable):
        metrics.page_errors.labels(_page_name(), "unavailable").inc()
        log.warning("unavailable", extra={"page": _page(), "cause": type(error.__cause__ or error).__name__})
        away.draw(error)
        return True
    if isinstance(error, NotAllowed):
        st.error(error.sentence, icon=":material/block:")
        return True
    metrics.page_errors.labels(_page_name(), "incident").inc()
    number = secrets.token_hex(3).upper()
    actor: Actor | None = st.session_state.get(_ACTING)
    page, requests, place = _page(), _requests(), deepest(error)
    log.error(
        "incident",
        exc_info=error,
        extra={
            "incident": number,
            "user_id": actor.user_id if actor else None,
            "sign_in": st.session_state.get(identity.SIGN_IN),
            "page": page,
            "requests": requests,
            "error": type(error).__name__,
            "place": place,
        },
    )
    _say(error, number, actor)
    leaving.forget_page()
    _record(
        actor,
        number=number,
        user_id=actor.user_id if actor else None,
        page=page,
        request_id=" ".join(requests.values()) or None,
        error=type(error).__name__,
        place=place,
    )
    return True


def _say(error: Exception, number: str, actor: Actor | None) -> None:
    said = error.sentence if isinstance(error, SchoolError) else "Something went wrong on our side."
    st.error(
        f"{said} It is noted as incident {number}. Before you try again, look at the recent receipts: "
        "what you did may already be done.",
        icon=":material/error:",
    )
    with st.container(horizontal=True):
        _link("Open this page anew", f"?{urlencode(_kept_address())}")
        if actor and actor.can("payments.record"):
            _link("Recent receipts", f"/{links.PAYMENTS.stem}")


def _link(label: str, address: str) -> None:
    """The browser follows it by itself: what the page and the browser held is gone, the sign-in is not.

    Deleting a widget's key would not empty the widget; a page loaded again does.
    """
    st.html(f'<a href="{escape(address)}" style="color: inherit">{label}</a>', width="content")


def _kept_address() -> dict[str, str]:
    """The request ids, which find what may be recorded already, and whom the page is about. Filters may be
    what broke it."""
    told = st.query_params.to_dict()
    return _requests() | {name: value for name, value in told.items() if value.isascii() and value.isdigit()}


def _page() -> str:
    """The path alone: what follows it may name a family."""
    url = st.context.url
    return urlsplit(url).path if isinstance(url, str) else ""


def _page_name() -> str:
    """As a label: one of our pages, whatever the browser says it is on."""
    return observed.page_of(_page())


def _requests() -> dict[str, str]:
    return observed.request_ids(st.query_params.to_dict())


def deepest(error: Exception) -> str:
    """`school/ui/receipts.py:41`: the last line of ours that ran."""
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
            place = f"{path.relative_to(ROOT).as_posix()}:{line}"
    return place


def _record(actor: Actor | None, **incident: Any) -> None:
    """By a worker: the page never waits for it, and the database may be what is in trouble."""
    if _room.acquire(blocking=False):
        _recorder.submit(_write, db.database(), actor, incident)


def _write(books: db.Database, actor: Actor | None, incident: dict[str, Any]) -> None:
    try:
        with suppress(SchoolError, SQLAlchemyError):
            with books.writing() as session:
                service.note(session, **incident)
            if actor and _again(books, actor, incident["page"]):
                with books.writing() as session:
                    drafting.set_aside(session, actor=actor)
    finally:
        _room.release()


def _again(books: db.Database, actor: Actor, page: str) -> bool:
    """True when the page broke for this person a moment ago too: what it takes up may be what breaks it."""
    if actor.user_id is None:
        return False
    with books.reading() as session:
        since = clock.now() - AGAIN_WITHIN
        return queries.of_page(session, user_id=actor.user_id, page=page, since=since) > 1


def recorded() -> None:
    """Waits until every incident so far is recorded or given up."""
    _recorder.submit(int).result()
