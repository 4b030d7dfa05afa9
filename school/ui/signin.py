"""The sign-in screen: the form of streamlit-authenticator over our own users, attempts and sign-ins.

Its credentials file, its cookie, its tokens and its mails are not used: who may come in is decided by
`school.access`, and the browser remembers it by a cookie that only `school.ui.web` sets.
"""

from __future__ import annotations

from typing import Any, ClassVar

import streamlit as st
from streamlit_authenticator import Authenticate
from streamlit_authenticator.utilities import LoginError
from streamlit_authenticator.views import authentication_view

from school.access import passwords
from school.access.rules import Actor, user_name
from school.access.service import change_own_password
from school.db import writing
from school.errors import BadInput, SchoolError
from school.ui import identity, invitation, letterhead, proof, second_step
from school.ui.words import plain

WIDTH = 420
LABELS = {
    "Form name": "Sign in",
    "Username": "User name",
    "Password": "Password",
    "Login": "Sign in",
}


class _NoCookie:
    """Stands where the authenticator keeps its JavaScript cookie."""

    def get_cookie(self) -> None:
        return None

    def set_cookie(self) -> None:
        return None

    def delete_cookie(self) -> None:
        return None


class _Controller:
    """Answers the authenticator's form from our tables."""

    def login(self, username: str | None, password: str | None, *_: object, **__: object) -> bool:
        """True after a right password. Raises LoginError with the sentence to show."""
        if not username or not password:
            raise LoginError("Type your user name and your password.")
        try:
            _first_step(username, password)
        except SchoolError as error:
            raise LoginError(error.sentence) from error
        return True


def _first_step(name: str, password: str) -> None:
    """Signs in, or leaves the second step to be drawn. Raises SchoolError with the sentence to show."""
    by = proof.caller()
    attempt = proof.password(name, password, by=by)
    opened = proof.open_without_code(attempt, by=by)
    if opened:
        identity.adopt(opened)
    else:
        second_step.wait_for(user_name(name), attempt, by)


class _Form(Authenticate):  # type: ignore[misc]
    """The authenticator's login view; its own __init__ would draw the cookie's frame."""

    def __init__(self) -> None:
        self.path = None
        self.attrs = {"login_sleep_time": 0}
        self.cookie_controller = _NoCookie()
        self.authentication_controller = _Controller()


class _KeyedForm:
    """The form the authenticator draws in, with our keys, and with password managers let in."""

    _inputs: ClassVar = {
        LABELS["Username"]: {"key": "sign_in.name", "autocomplete": "username"},
        LABELS["Password"]: {"key": "sign_in.password", "autocomplete": "current-password"},
    }

    def __init__(self, form: Any) -> None:
        self._form = form

    def subheader(self, text: str) -> None:
        self._form.header(text, anchor=False)

    def text_input(self, label: str, **how: Any) -> str:
        typed: str = self._form.text_input(label, **(how | self._inputs[label]))
        return typed

    def form_submit_button(self, label: str) -> bool:
        sent: bool = self._form.form_submit_button(label, type="primary", width="stretch", key="sign_in.send")
        return sent


class _Drawing:
    """What the authenticator takes for Streamlit: the same, but for the form."""

    def form(self, **how: Any) -> _KeyedForm:
        return _KeyedForm(st.form(**how))

    def __getattr__(self, name: str) -> Any:
        return getattr(st, name)


authentication_view.st = _Drawing()


def draw() -> None:
    """The sign-in form, and the second step where one is wanted; then the page that was asked for is run."""
    if invitation.wanted():
        invitation.draw()
        return
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title(plain(letterhead.school_name()), anchor=False)
        waiting = second_step.pending()
        if waiting:
            if opened := second_step.draw(waiting):
                identity.adopt(opened)
                st.rerun()
            return
        _draw_first_step()
    if st.session_state.get(identity.SIGN_IN) or second_step.pending():
        st.rerun()


def _draw_first_step() -> None:
    if sentence := identity.sentence():
        st.info(sentence, icon=":material/logout:")
    if refused := second_step.refusal():
        st.warning(refused, icon=":material/restart_alt:")
    try:
        _Form().login(key="sign_in", fields=LABELS)
    except LoginError as refusal:
        st.error(str(refusal), icon=":material/error:")
    invitation.offer()


def draw_new_password(actor: Actor) -> None:
    """Asks for a password of their own before anything else is shown."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        with st.form("new_password"):
            st.header("Choose your own password", anchor=False)
            st.caption("The one you signed in with was given to you by somebody else.")
            first = st.text_input(
                "New password", type="password", key="new_password.first", autocomplete="new-password"
            )
            again = st.text_input(
                "The same again", type="password", key="new_password.again", autocomplete="new-password"
            )
            sent = st.form_submit_button("Keep it", type="primary", width="stretch", key="new_password.send")
        if not sent:
            return
        try:
            if first != again:
                raise BadInput("The two are not the same. Type the new password twice.")
            chosen = passwords.choose(first, about=[actor.name, actor.full_name])
            with writing() as session:
                change_own_password(session, actor=actor, password=chosen)
        except SchoolError as error:
            st.error(error.sentence, icon=":material/error:")
            return
    st.rerun()
