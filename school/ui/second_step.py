"""After the right password: a code from the authenticator app, before any sign-in exists.

That the password was right is known to the server's session alone, and for five minutes. Two runs with one
code are one sign-in: the later finds what the earlier opened.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import streamlit as st

from school import clock
from school.access.sign_ins import Attempt, NewSignIn
from school.errors import SchoolError
from school.ui import keyboard, proof
from school.ui.proof import Caller

LIFE = timedelta(minutes=5)
TOO_LATE = "The second step took longer than five minutes. Sign in again from the beginning."
_PENDING = "guard.second_step"
_REFUSED = "guard.second_step_refused"  # why the first step has to be done again


@dataclass
class Pending:
    """A right password that waits for its code; `opened` is the sign-in once the code was right."""

    name: str
    attempt: Attempt
    by: Caller
    expires_at: datetime
    opened: NewSignIn | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, code: str) -> NewSignIn:
        """Raises SchoolError with the sentence. No `st.*` in here: a run that is stopped loses nothing."""
        with self.lock:
            if self.opened is None:
                if clock.now() >= self.expires_at:
                    raise proof.Changed(TOO_LATE)
                self.opened = proof.open_with_code(self.name, self.attempt, code, by=self.by)
            return self.opened


def wait_for(name: str, attempt: Attempt, by: Caller) -> None:
    """From here on the sign-in screen asks for the code."""
    st.session_state[_PENDING] = Pending(name, attempt, by, clock.now() + LIFE)
    st.session_state.pop(_REFUSED, None)


def pending() -> Pending | None:
    found: Pending | None = st.session_state.get(_PENDING)
    if found and found.opened is None and clock.now() >= found.expires_at:
        begin_again(TOO_LATE)
        return None
    return found


def begin_again(why: str | None = None) -> None:
    """Back to the password."""
    st.session_state.pop(_PENDING, None)
    if why:
        st.session_state[_REFUSED] = why


def refusal() -> str | None:
    """Why the password is asked for again."""
    return st.session_state.get(_REFUSED)


def draw(waiting: Pending) -> NewSignIn | None:
    """Asks for the code; the sign-in once it was right."""
    if waiting.opened is not None:
        return waiting.opened
    with st.form("second_step"):
        st.header("Second step", anchor=False)
        st.write("Type the code your authenticator app shows, or one of your recovery codes.")
        code = st.text_input("Code", key="second_step.code", autocomplete="one-time-code")
        sent = st.form_submit_button("Sign in", type="primary", width="stretch", key="second_step.send")
    keyboard.mount("second_step.keys", form=str(waiting.attempt.id), start="second_step.code")
    said = st.empty()
    st.button(
        "Start again",
        icon=":material/arrow_back:",
        type="tertiary",
        key="second_step.again",
        on_click=begin_again,
    )
    if not sent:
        return None
    if not code.strip():
        said.error("Type the code first.", icon=":material/error:")
        return None
    try:
        return waiting.show(code)
    except proof.Changed as changed:
        begin_again(changed.sentence)
        st.rerun()
    except SchoolError as refused:
        said.error(refused.sentence, icon=":material/error:")
    return None
