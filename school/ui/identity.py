"""Who this run acts for. The database is asked at every run; the session only remembers which row to ask for.

Whenever the answer changes, everything the session holds is forgotten before anything is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from school.access import queries, sign_ins
from school.access.queries import Standing
from school.access.sign_ins import NewSignIn
from school.clock import now
from school.db import reading, writing
from school.errors import SignInNeeded, Unavailable
from school.settings import settings
from school.ui import memory

SIGN_IN = "guard.sign_in"  # the id of the sign-in row this session acts under
_USER = "guard.user"  # the user it last acted for
_BROWSER = "guard.browser"  # the browser it signed in from
_TICKET = "guard.ticket"  # the sign-in whose cookie the browser has yet to fetch
_LEFT = "guard.left"  # the id of the sign-in whose cookie the browser has yet to drop
_UNENDED = "guard.unended"  # a sign-in that was left while the books took no entries
WELCOME = "guard.welcome"  # set for the one who has just opened the books, until they go on
THROW_AWAY = "guard.throw_away"  # the sign-ins of a demo school that was just loaded
_ARRIVED = "guard.arrived"  # the page open at sign-in may be one that the person before had left
_SENTENCE = "guard.sentence"  # why the session was signed out
_LANGUAGE = "guard.language"  # the locale this person chose, for runs of a fragment alone
_THEME = "guard.theme"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_name() -> str:
    return "__Host-school_sign_in" if settings().https else "school_sign_in"


def browser_cookie_name() -> str:
    return "__Host-school_browser" if settings().https else "school_browser"


def browser() -> str | None:
    """The random name of the browser at this socket's handshake; None where there is no browser."""
    return usable_token(st.context.cookies.get(browser_cookie_name()))


def usable_token(value: object) -> str | None:
    """The value when it has the shape of our tokens; anything else never reaches the database."""
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


_looked_up: ContextVar[Standing | None] = ContextVar("looked_up", default=None)
_language: ContextVar[str | None] = ContextVar("language", default=None)
_locale: ContextVar[str | None] = ContextVar("locale", default=None)  # the browser's


@contextmanager
def looked_up(found: Standing) -> Iterator[None]:
    """While the main script runs the page, the page need not ask again what was asked a moment ago."""
    before = _looked_up.set(found)
    try:
        yield
    finally:
        _looked_up.reset(before)


def of_this_run() -> Standing | None:
    """As `current`, asked once in a run of the main script; a fragment, or a page run alone, asks itself."""
    return _looked_up.get() or current()


def current() -> Standing | None:
    """The live sign-in of this run, or None. Raises Unavailable when the database cannot answer."""
    opened: NewSignIn | None = st.session_state.get(_TICKET)
    if opened and SIGN_IN not in st.session_state:
        adopt(opened)  # the run that signed in was stopped on its way here
    _end_what_was_left()
    held = st.session_state.get(SIGN_IN)
    token = usable_token(st.context.cookies.get(cookie_name()))
    own = held if st.session_state.get(_BROWSER) in (None, browser()) else None  # a session is not handed on
    found = _look_up(own, token) if own or token else None
    _change_to(found, held)
    _prefer(found)
    if found and sign_ins.due_to_be_seen(found.last_seen_at):
        _touch(found)
    return found


def _look_up(held: str | None, token: str | None) -> Standing | None:
    with reading() as session:
        found = queries.standing(session, held)
        if found is None and token:
            behind = queries.sign_in_of_token(session, token)
            found = queries.standing(session, behind) if behind != left() else None
        return found


def _change_to(found: Standing | None, held: str | None) -> None:
    sign_in_id = found.actor.sign_in_id if found else None
    if sign_in_id == held:
        return
    before = st.session_state.get(_USER)
    forget_everything()
    if found is None:
        st.session_state[_SENTENCE] = SignInNeeded().sentence
        return
    st.session_state[SIGN_IN] = sign_in_id
    if before is not None and before != found.actor.user_id:
        _empty_address()
    st.session_state[_USER] = found.actor.user_id
    st.session_state[_BROWSER] = browser()


def _prefer(found: Standing | None) -> None:
    _language.set(found.language if found else "")
    _locale.set(_of_browser())
    for key, wanted in ((_LANGUAGE, found and found.language), (_THEME, found and found.theme)):
        if st.session_state.get(key, "") != (wanted or ""):
            st.session_state[key] = wanted or ""


def language() -> str:
    """The locale this person chose, a BCP 47 tag; empty where the browser decides.

    Known without a look at the session on every run of a page: amounts are written inside transactions too.
    """
    known = _language.get()
    if known is None:
        known = st.session_state.get(_LANGUAGE, "") if get_script_run_ctx(suppress_warning=True) else ""
        _language.set(known)
    return known


def locale() -> str:
    """The browser's locale; English where it does not tell."""
    return _locale.get() or _of_browser()


def _of_browser() -> str:
    told = st.context.locale
    return told if isinstance(told, str) else "en"


def theme() -> str:
    """`light` or `dark` when this person chose one; empty where the browser decides."""
    return str(st.session_state.get(_THEME, ""))


def _touch(found: Standing) -> None:
    try:
        with writing() as session:
            sign_ins.seen(session, sign_in_id=str(found.actor.sign_in_id))
    except Unavailable:
        return  # reading works, so the page can be shown; the next run tries again


def forget_everything(*, but: str = _USER) -> None:
    """Empties the session of everything but who was here last."""
    for key in memory.everything():
        if key not in (_USER, _UNENDED, but):
            memory.forget(key)


def _empty_address() -> None:
    """Another person's half-filled form is not theirs; filters bound to widgets may stay, and do."""
    for name in list(st.query_params):
        with suppress(StreamlitAPIException):
            del st.query_params[name]


def adopt(opened: NewSignIn) -> None:
    """From here on this session acts under the sign-in that was just opened.

    The ticket is kept first: a run that is stopped in between is taken up by the next.
    """
    st.session_state[_TICKET] = opened
    _take_up(opened)
    before = st.session_state.get(_USER)
    forget_everything(but=_TICKET)
    if before not in (None, opened.user_id):
        _empty_address()
        st.session_state[_ARRIVED] = True
    st.session_state[_USER] = opened.user_id
    st.session_state[_BROWSER] = browser()
    st.session_state[SIGN_IN] = opened.id


def _take_up(opened: NewSignIn) -> None:
    with suppress(Unavailable), writing() as session:  # the browser, which is about to claim it, does so too
        sign_ins.take_up(session, sign_in_id=opened.id)


def just_arrived() -> bool:
    """True once, on the first page of a person who has taken over from another."""
    return bool(st.session_state.pop(_ARRIVED, False))


def leave() -> None:
    """Ends the sign-in of this session and forgets everything. A session signed out already stays so.

    Where the books take no entries, this browser is signed out all the same, and the row ended once they do.
    """
    held = st.session_state.get(SIGN_IN)
    ended = _end(held)
    forget_everything()
    st.session_state[_LEFT] = held
    st.session_state[_SENTENCE] = "You are signed out."
    if not ended:
        st.session_state[_UNENDED] = held


def _end(sign_in_id: str | None) -> bool:
    try:
        if sign_in_id:
            with writing() as session:
                sign_ins.sign_out(session, sign_in_id=sign_in_id)
    except Unavailable:
        return False
    return True


def _end_what_was_left() -> None:
    if _UNENDED in st.session_state and _end(st.session_state[_UNENDED]):
        del st.session_state[_UNENDED]


def ticket() -> str | None:
    """What the browser shows to fetch its cookie, while it may still be shown."""
    opened: NewSignIn | None = st.session_state.get(_TICKET)
    return opened.ticket if opened and opened.ticket_expires_at > now() else None


def left() -> str | None:
    """The sign-in whose cookie the browser should drop."""
    return st.session_state.get(_LEFT)


def sentence() -> str | None:
    """Why the person sees the sign-in form, when it was not their first visit."""
    return st.session_state.get(_SENTENCE)
