"""The screen a code opens for somebody who is not signed in: whose it is, and a password of their own.

A code that opens nothing gets one sentence, whatever is wrong with it, and a guess is a counted attempt.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from school.access import invitations, passwords, sign_ins
from school.access.invitations import LENGTH_MAX, RESET, USELESS, InvitationFacts
from school.access.rules import Actor
from school.access.sign_ins import Attempt, NewSignIn
from school.db import reading, writing
from school.errors import BadInput, NotAllowed
from school.students import queries as students
from school.ui import feedback, identity, letterhead, proof, second_step, words

WIDTH = 420
CODE = "code"  # its name in the address
FIRST, AGAIN = "invitation.first", "invitation.again"
_COUNTED = "invitation.counted"  # the code that was counted last
_WAIT = "invitation.wait"  # why a code is not looked at now
_CHOOSING = "invitation.choosing"


@dataclass
class _Choosing:
    """A password being chosen with one code. `opened` stays None for whoever is asked for a second factor."""

    code: str
    name: str
    attempt: Attempt | None = None
    opened: NewSignIn | None = None
    is_done: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, typed: str, about: Sequence[str], by: proof.Caller) -> None:
        """Raises SchoolError with the field. No `st.*` in here: a run that is stopped loses nothing."""
        with self.lock:
            if self.is_done:
                return
            if self.attempt is None:
                chosen = passwords.choose(typed, about=about, field=FIRST)
                with writing() as session:
                    self.attempt = invitations.accept(
                        session, code=self.code, password=chosen, address=by.address
                    )
            self.opened = proof.open_without_code(self.attempt, by=by)
            self.is_done = True


def wanted() -> bool:
    """True when the address holds a code, or asks for one to be typed."""
    choosing: _Choosing | None = st.session_state.get(_CHOOSING)
    return CODE in st.query_params or (choosing is not None and choosing.is_done)


def link(code: str) -> str:
    """Where the code is used, as this browser knows the site: `https://fees.example.org/?code=…`."""
    here = st.context.url
    site = here.partition("?")[0].rpartition("/")[0] if isinstance(here, str) else ""
    return f"{site}/?{CODE}={code}"


def offer() -> None:
    """Below the sign-in form: for those who hold a printed code."""
    st.button(
        "I have an invitation code",
        icon=":material/key:",
        type="tertiary",
        key="invitation.offer",
        on_click=_ask,
    )


def draw() -> None:
    """Asks for the code or, where the address holds one that opens something, for the new password."""
    choosing: _Choosing | None = st.session_state.get(_CHOOSING)
    if choosing and choosing.is_done:
        _go_on(choosing)
    code = st.query_params.get(CODE, "")
    found = _look_up(code)
    if found is None:
        st.session_state.pop(_CHOOSING, None)
        _type(code)
        return
    if choosing is None or choosing.code != code:
        choosing = st.session_state[_CHOOSING] = _Choosing(code, found.name)
    _choose(choosing, found)


def draw_for(actor: Actor) -> None:
    """Somebody is signed in here already: a code is for one who is not."""
    found = _look_up(st.query_params.get(CODE, ""))
    st.title("A code to choose a password", anchor=False)
    here = f"You are signed in as {words.plain(actor.full_name)}."
    st.info(f"{here} {_whose(found)}", icon=":material/key:")
    with st.container(horizontal=True):
        if found:
            st.button(
                "Sign out and use the code",
                icon=":material/logout:",
                type="primary",
                key="invitation.sign_out",
                on_click=identity.leave,
            )
        st.button("Stay signed in" if found else "Go on", key="invitation.stay", on_click=_forget)


def _whose(found: InvitationFacts | None) -> str:
    return f"This code is for {words.plain(found.full_name or found.name)}." if found else USELESS


def _look_up(code: str) -> InvitationFacts | None:
    """For whom the code is, or None. Before it is looked at it is counted, once in a session."""
    st.session_state.pop(_WAIT, None)
    if not invitations.looks_like_one(code):
        return None
    if st.session_state.get(_COUNTED) != code:
        try:
            _count(code, proof.caller())
        except NotAllowed as wait:
            st.session_state[_WAIT] = wait.sentence.replace("password", "code")
            return None
        st.session_state[_COUNTED] = code
    with reading() as session:
        return invitations.facts(session, code)


def _count(code: str, by: proof.Caller) -> None:
    """As a wrong attempt, unless it is or was a code. Raises NotAllowed, and counts nothing, if one waits."""
    name = invitations.guess_name(code)
    with reading() as session:
        sign_ins.hear(session, name=name, address=by.address, browser=by.browser)
    with writing() as session:
        attempt = sign_ins.begin(session, name=name, address=by.address, browser=by.browser)
    with writing() as session:
        if not invitations.is_guess(session, code):
            sign_ins.was_right(session, attempt_id=attempt.id)


def _type(code: str) -> None:
    """The code by hand; what was typed stays, with what is wrong under it."""
    with _middle():
        with st.form("invitation.code_form"):
            st.header("Your code", anchor=False)
            st.write("It stands on the paper, or in the message, that your administrator gave you.")
            typed = st.text_input(
                "Code",
                code[:LENGTH_MAX],
                key="invitation.code",
                max_chars=LENGTH_MAX,
                placeholder="ABCD-EFGH-JKMN-PQRS",
                autocomplete="off",
            )
            if code and typed == code[:LENGTH_MAX]:
                st.error(st.session_state.get(_WAIT, USELESS), icon=":material/error:")
            sent = st.form_submit_button("Go on", type="primary", width="stretch", key="invitation.send")
        st.button(
            "Sign in instead",
            icon=":material/arrow_back:",
            type="tertiary",
            key="invitation.back",
            on_click=_forget,
        )
    if sent and typed.strip() and typed != code:
        st.query_params[CODE] = typed.strip()
        st.rerun()


def _choose(choosing: _Choosing, found: InvitationFacts) -> None:
    with reading() as session:
        school = students.school(session)
    with _middle(), st.form("invitation.password_form"):
        called = words.plain(found.full_name or found.name)
        yours = f"Your user name is **{words.plain(found.name)}**."
        if found.purpose == RESET:
            st.header(f"A new password for {called}", anchor=False)
            st.markdown(f"{yours} The old password no longer opens anything.")
        else:
            st.header(f"Welcome, {called}", anchor=False)
            st.markdown(f"{yours} With it and a password that only you know you sign in from now on.")
        _password("New password", FIRST)
        _password("The same again", AGAIN)
        feedback.problem("invitation")
        st.form_submit_button(
            "Keep it and sign in",
            type="primary",
            width="stretch",
            key="invitation.keep",
            on_click=_keep,
            args=(choosing, [found.name, found.full_name, school.name], proof.caller()),
        )
        until = words.moment(found.expires_at, school.time_zone)
        st.markdown(words.quiet(f"The code works once, until {words.plain(until)}."))


def _password(label: str, key: str) -> None:
    st.text_input(label, type="password", key=key, autocomplete="new-password")
    feedback.problem(key)


def _keep(choosing: _Choosing, about: Sequence[str], by: proof.Caller) -> None:
    with feedback.attempt("invitation") as stands:
        first, again = str(stands.get(FIRST) or ""), str(stands.get(AGAIN) or "")
        if first != again:
            raise BadInput("The two are not the same. Type the new password twice.", field=AGAIN)
        choosing.keep(first, about, by)


def _go_on(choosing: _Choosing) -> None:
    """Signed in, or asked for the second factor; the code leaves the address."""
    _forget()
    if choosing.opened:
        identity.adopt(choosing.opened)
    elif choosing.attempt:
        second_step.wait_for(choosing.name, choosing.attempt, proof.caller())
        del st.session_state[_CHOOSING]
    st.rerun()


def _ask() -> None:
    st.query_params[CODE] = ""


def _forget() -> None:
    st.query_params.pop(CODE, None)


@contextmanager
def _middle() -> Iterator[None]:
    """The column of the sign-in screen, under the school's name."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title(words.plain(letterhead.school_name()), anchor=False)
        yield
