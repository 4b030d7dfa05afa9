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
from school.access.sign_ins import Attempt, NewSignIn
from school.db import writing
from school.errors import BadInput, SchoolError
from school.ui import feedback, identity, invitation, letterhead, once, proof, second_step
from school.ui.words import plain

WIDTH = 420
LABELS = {
    "Form name": "Sign in",
    "Username": "User name",
    "Password": "Password",
    "Login": "Sign in",
}
FIRST, AGAIN = "new_password.first", "new_password.again"
_Known = tuple[Attempt, NewSignIn | None]
_PRESS = "sign_in.press"  # of the form that is being sent


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
    press: once.Press[_Known] = st.session_state.setdefault(_PRESS, once.Press())
    attempt, opened = press.once((name, password), lambda: _look(name, password, by))
    if opened:
        identity.adopt(opened)
    else:
        second_step.wait_for(user_name(name), attempt, by)


def _look(name: str, password: str, by: proof.Caller) -> _Known:
    attempt = proof.password(name, password, by=by)
    return attempt, proof.open_without_code(attempt, by=by)


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
    st.session_state.pop(_PRESS, None)  # nothing is being sent any more


def draw_new_password(actor: Actor) -> None:
    """Asks for a password of their own before anything else is shown."""
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH), st.form("new_password"):
        st.header("Choose your own password", anchor=False)
        st.caption("The one you signed in with was given to you by somebody else.")
        for label, key in (("New password", FIRST), ("The same again", AGAIN)):
            st.text_input(label, type="password", key=key, autocomplete="new-password")
            feedback.problem(key)
        feedback.problem("new_password")
        st.form_submit_button(
            "Keep it",
            type="primary",
            width="stretch",
            key="new_password.send",
            on_click=_keep,
            args=(actor, once.Press(), proof.caller()),
        )


def _keep(actor: Actor, press: once.Press[None], by: proof.Caller) -> None:
    with feedback.attempt("new_password") as stands:
        first, again = str(stands.get(FIRST) or ""), str(stands.get(AGAIN) or "")
        if first != again:
            raise BadInput("The two are not the same. Type the new password twice.", field=AGAIN)
        press.once(first, lambda: _replace(actor, first, by))


def _replace(actor: Actor, typed: str, by: proof.Caller) -> None:
    about = [actor.name, actor.full_name]
    passwords.check_new(typed, about=about, field=FIRST)
    if proof.is_present(actor, typed, by=by):
        raise BadInput("This is the password you were given. Choose another.", field=FIRST)
    chosen = passwords.choose(typed, about=about, field=FIRST)
    with writing() as session:
        change_own_password(session, actor=actor, password=chosen)
