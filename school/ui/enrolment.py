"""Setting up a second factor: a picture for the authenticator app, its first code, ten recovery codes.

The recovery codes stay on the screen of this session until they were kept, whatever page is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import segno
import streamlit as st
from sqlalchemy.orm import Session

from school.access import second_factors
from school.access.rules import Actor
from school.access.second_factors import Enrolment
from school.db import writing
from school.errors import NotFound
from school.ui import feedback, letterhead

WIDTH = 560
_OFFER = "guard.enrolment"
_CODES = "guard.recovery_codes"


@dataclass
class _Fresh:
    """Codes made by a run that may be stopped before it shows them: the next run finds them here.

    While some stand here, whoever pressed twice has them already.
    """

    codes: tuple[str, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fill(self, make: Callable[[Session], tuple[str, ...]]) -> None:
        """Raises SchoolError. No `st.*` in `make`: a run is stopped there."""
        with self.lock:
            if self.codes:
                return
            with writing() as session:
                codes = make(session)
            self.codes = codes


def codes_to_keep() -> tuple[str, ...]:
    """The recovery codes that were made in this session and not yet kept."""
    fresh: _Fresh | None = st.session_state.get(_CODES)
    return fresh.codes if fresh else ()


def make_recovery_codes(actor: Actor) -> None:
    """New ones, to be shown by the next run. Raises SchoolError."""
    _fresh().fill(lambda session: second_factors.new_recovery_codes(session, actor=actor))


def draw_required(actor: Actor) -> None:
    """The whole screen, for somebody whose role asks for a second factor that is not there yet."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title("Set up your second factor", anchor=False)
        st.write(
            "Your role asks for it: a code from an app on your telephone, besides your password. "
            "It takes a minute."
        )
        feedback.show()
        draw(actor)


def begin(actor: Actor) -> None:
    """Asks for a secret, which `draw` shows. Raises SchoolError."""
    issuer = letterhead.school_name()
    with writing() as session:
        offer = second_factors.begin_enrolment(session, actor=actor, issuer=issuer)
    st.session_state[_OFFER] = offer


def is_begun() -> bool:
    return _OFFER in st.session_state


def forget() -> None:
    """The secret that was offered is shown no more."""
    st.session_state.pop(_OFFER, None)


def draw(actor: Actor) -> None:
    """The picture, the secret and the field for the first code; after it, the recovery codes are next."""
    if not is_begun():
        begin(actor)
    offer: Enrolment = st.session_state[_OFFER]
    with st.container(border=True):
        st.markdown("**1. Scan this with an authenticator app**")
        picture, secret = st.columns([2, 3], vertical_alignment="center")
        picture.image(_picture(offer.uri), alt="QR code for your authenticator app", width=200)
        secret.write("Any app for time-based codes will do. Without a camera, type this key into it:")
        secret.code(_grouped(offer.secret), language=None, wrap_lines=True)
        with st.form("enrolment", border=False):
            st.markdown("**2. Type the code it shows**")
            st.text_input("Code", key="enrolment.code", autocomplete="one-time-code", placeholder="123 456")
            feedback.problem("enrolment.code")
            feedback.problem("enrolment")
            st.form_submit_button(
                "Switch it on",
                type="primary",
                key="enrolment.send",
                on_click=_confirm,
                args=(actor, _fresh()),
            )


def draw_codes(codes: tuple[str, ...]) -> None:
    """The whole screen: recovery codes, shown until they were kept."""
    text = "\n".join(codes)
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title("Keep these recovery codes", anchor=False)
        st.write(
            "Each opens your account once, when the telephone is not at hand. They are shown only now: "
            "print them, or keep them where you keep passwords."
        )
        st.code(text, language=None)
        st.download_button(
            "Save as a file",
            f"{letterhead.school_name()}\n\n{text}\n",
            file_name="recovery-codes.txt",
            mime="text/plain",
            icon=":material/download:",
            key="enrolment.save",
            on_click="ignore",
            width="stretch",
        )
        st.button("I have kept them", type="primary", key="enrolment.kept", on_click=_kept, width="stretch")


def _kept() -> None:
    st.session_state.pop(_CODES, None)


def _fresh() -> _Fresh:
    fresh: _Fresh = st.session_state.setdefault(_CODES, _Fresh())
    return fresh


def _confirm(actor: Actor, fresh: _Fresh) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    late = None
    with feedback.attempt("enrolment") as stands:
        try:
            code = str(stands.get("enrolment.code") or "")
            fresh.fill(lambda session: second_factors.confirm(session, actor=actor, code=code))
        except NotFound as error:
            late = error.sentence
    if feedback.refused():
        return
    forget()
    if late:
        feedback.say("warning", late)
    else:
        feedback.say("success", "Your second factor is on. Everywhere else you are signed out.")


def _grouped(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _picture(uri: str) -> str:
    """An SVG on white, which cameras read in dark rooms too."""
    made: str = segno.make(uri, micro=False).svg_inline(scale=5, border=3, dark="#000", light="#fff")
    return made
