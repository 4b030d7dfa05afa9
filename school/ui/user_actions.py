"""What may be done about users, each in a dialog of its own that says what will happen, and done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from school.access.invitations import Invited
from school.access.listing import UserFacts
from school.access.rules import ADMINISTRATOR, FINANCE, HEAD, ROLE_NAMES, Actor
from school.db import writing
from school.ui import feedback, handover, links, once, words
from school.ui.user_changes import ACTIONS, END, INVITE, Action, Typed
from school.ui.user_view import Person

DO, TICKET, SIGN_IN = "do", "action", "sign_in"
_DOING = "users.doing"
_AT_HAND = ("change", "new_code", "reset", "enable")  # the others stand in the menu
ROLE_SAYS = {
    ADMINISTRATOR: "looks after users, students, imports and the health of the books",
    FINANCE: "takes payments, charges fees and reads reports",
    HEAD: "reads students and reports",
}


@dataclass
class _Doing:
    """One dialog: pressed twice, it is done once, and the second press finds what the first made."""

    request_id: str
    is_done: bool = False
    made: Invited | None = None
    told: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def do(self, action: Action, actor: Actor, user_id: int, typed: Typed, *, told: str) -> None:
        """No `st.*` in here: a run that is stopped loses nothing."""
        with self.lock:
            if not self.is_done:
                with writing() as session:
                    self.made = action.write(session, actor, user_id, typed)
                self.told, self.is_done = told, True


def offer_invitation(actor: Actor) -> None:
    """The button, and the dialog while the address names it."""
    st.button(
        "Invite a user",
        type="primary",
        icon=":material/person_add:",
        key="users.invite",
        on_click=_open,
        args=("invite",),
    )
    if st.query_params.get(DO) == "invite":
        _dialog(INVITE, actor, None)


def offer(person: Person, actor: Actor) -> None:
    """What fits this user, in a row of buttons; the dialog that the address names is open."""
    may = {name: action for name, action in ACTIONS.items() if action.fits(person.user, actor)}
    with st.container(horizontal=True):
        for name in [name for name in may if name in _AT_HAND]:
            st.button(may[name].label, key=f"users.do_{name}", on_click=_open, args=(name,))
        rest = [name for name in may if name not in _AT_HAND]
        if rest:
            st.menu_button(
                "More",
                rest,
                format_func=lambda name: may[name].label,
                key="users.more",
                on_click=_open_chosen,
            )
    asked = st.query_params.get(DO, "")
    if asked == "end" and st.query_params.get(SIGN_IN) in {one.id for one in person.open}:
        _dialog(END, actor, person)
    elif asked in may:
        _dialog(may[asked], actor, person)
    elif asked:
        close()


def end(sign_in_id: str) -> None:
    """For a button: asks whether this sign-in is to be ended."""
    _open("end")
    st.query_params[SIGN_IN] = sign_in_id


def settle() -> None:
    """Before the page reads: a dialog that is done with is told of and closed, and its code is shown."""
    doing: _Doing | None = st.session_state.get(_DOING)
    if doing is None or not doing.is_done:
        return
    if doing.made:
        handover.hold(doing.made)
        st.query_params.update(links.user(doing.made.user_id))
    feedback.say("success", words.plain(doing.told))
    close()
    del st.session_state[_DOING]


def close() -> None:
    """The address no longer names a dialog; the next one is done anew, and without the refusals of this."""
    feedback.forget_refusals()
    once.done(TICKET)
    for name in (DO, SIGN_IN):
        st.query_params.pop(name, None)


def _open(name: str) -> None:
    close()
    st.query_params[DO] = name


def _open_chosen() -> None:
    _open(str(st.session_state["users.more"]))


def _dialog(action: Action, actor: Actor, person: Person | None) -> None:
    title = f"{action.label}: {words.plain(person.user.called)}" if person else action.label
    st.dialog(title, on_dismiss=close)(_draw)(action, actor, person, _doing())


def _doing() -> _Doing:
    request_id = once.ticket(TICKET)
    doing: _Doing | None = st.session_state.get(_DOING)
    if doing is None or doing.request_id != request_id:
        doing = st.session_state[_DOING] = _Doing(request_id)
    return doing


def _draw(action: Action, actor: Actor, person: Person | None, doing: _Doing) -> None:
    if doing.is_done:
        st.rerun()
    user = person.user if person else None
    st.markdown(action.says.format(name=words.plain(user.called) if user else ""))
    if user and user.id == actor.user_id and "roles" in action.fields:
        st.warning(
            "This is you. Without the role Administrator this page is gone at your next click.",
            icon=":material/person_alert:",
        )
    with st.form("users.form", border=False):
        for name in action.fields:
            _FIELDS[name](user)
        feedback.problem("users")
        st.form_submit_button(
            action.button,
            type="primary",
            width="stretch",
            key="users.press",
            on_click=_press,
            args=(action, actor, user, doing, st.query_params.get(SIGN_IN, "")),
        )


def _press(action: Action, actor: Actor, user: UserFacts | None, doing: _Doing, sign_in_id: str) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("users") as stands:
        texts = {name: str(stands.get(f"users.{name}") or "") for name in action.fields if name != "roles"}
        typed = {**texts, "roles": stands.get("users.roles") or [], SIGN_IN: sign_in_id}
        if user:
            typed["seen"] = user.roles
        called = user.called if user else texts["full_name"]
        doing.do(action, actor, user.id if user else 0, typed, told=action.done.format(name=called))


def _text(label: str, name: str, **how: Any) -> Callable[[UserFacts | None], None]:
    def draw(user: UserFacts | None) -> None:
        key = f"users.{name}"
        st.text_input(label, getattr(user, name, "") if user else "", key=key, **how)
        feedback.problem(key)

    return draw


def _roles(user: UserFacts | None) -> None:
    st.pills(
        "Roles",
        list(ROLE_NAMES),
        selection_mode="multi",
        default=user.roles if user else None,
        format_func=ROLE_NAMES.__getitem__,
        key="users.roles",
    )
    feedback.problem("users.roles")
    says = [words.quiet(f"**{ROLE_NAMES[role]}** {what}") for role, what in ROLE_SAYS.items()]
    st.markdown("  \n".join(says))


_FIELDS: dict[str, Callable[[UserFacts | None], None]] = {
    "full_name": _text("Name", "full_name", autocomplete="off", placeholder="Amina Otieno"),
    "name": _text("User name", "name", autocomplete="off", placeholder="amina.otieno"),
    "email": _text("E-mail (optional)", "email", autocomplete="off", placeholder="amina@example.org"),
    "roles": _roles,
    "reason": _text("Reason", "reason", autocomplete="off", placeholder="It is kept in the history"),
}
