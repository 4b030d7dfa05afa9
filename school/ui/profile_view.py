"""What people look after themselves: password, second factor, devices, language and theme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access import listing, passwords, preferences, second_factors
from school.access.listing import SignInFacts
from school.access.rules import Actor
from school.access.second_factors import SecondFactorFacts
from school.access.service import change_own_password, end_all, end_sign_in
from school.db import writing
from school.errors import BadInput
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import devices, enrolment, feedback, identity, languages, once, proof, words

PROVEN_LIFE = timedelta(minutes=5)  # so long the password need not be typed again on this page
FEW_CODES = 3
THEMES = {"": "As the browser", "light": "Light", "dark": "Dark"}
_PROVEN = "profile.proven"  # until when
_TURN = "profile.turn"  # raised when a form is to be empty again


@dataclass(frozen=True)
class Facts:
    """What the page shows of one person."""

    school: SchoolFacts
    factor: SecondFactorFacts | None
    required: bool
    sign_ins: Sequence[SignInFacts]


def read(session: Session, actor: Actor) -> Facts:
    user_id = int(actor.user_id or 0)
    return Facts(
        students.school(session),
        second_factors.state(session, user_id),
        second_factors.is_required(session, user_id),
        [one for one in listing.sign_ins_of(session, user_id) if one.is_open],
    )


def password(actor: Actor) -> None:
    """The old one is proven and counted like at the door; all other sign-ins end."""
    turn = st.session_state.get(_TURN, 0)
    old, new, again = keys = tuple(f"profile.{name}_{turn}" for name in ("old", "new", "again"))
    st.header("Password", anchor=False)
    with st.form("profile.password"):
        _secret("Present password", old, "current-password")
        _secret("New password", new, "new-password")
        _secret("The same again", again, "new-password")
        st.form_submit_button(
            "Change the password",
            key="profile.change_password",
            on_click=_change_password,
            args=(actor, keys, once.Press(), proof.caller()),
        )


def _change_password(actor: Actor, keys: tuple[str, ...], press: once.Press[None], by: proof.Caller) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    old_key, new_key, again_key = keys
    with feedback.attempt("profile", password=old_key) as stands:
        old, new, again = (str(stands.get(key) or "") for key in keys)
        if new != again:
            raise BadInput("The two are not the same. Type the new password twice.", field=again_key)
        if new == old:
            raise BadInput("This is the present password. Choose another.", field=new_key)
        press.once((old, new), lambda: _replace_password(actor, old, new, new_key, by))
    if not feedback.refused():
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        feedback.say("success", "Your password is changed. Everywhere else you are signed out.")


def _replace_password(actor: Actor, old: str, new: str, field: str, by: proof.Caller) -> None:
    about = [actor.name, actor.full_name]
    passwords.check_new(new, about=about, field=field)
    proof.again(actor, old, by=by)
    chosen = passwords.choose(new, about=about, field=field)
    with writing() as session:
        change_own_password(session, actor=actor, password=chosen)


def second_factor(actor: Actor, facts: Facts) -> None:
    """Changes ask for the password again, and for a code where there is a factor."""
    st.header("Second factor", anchor=False)
    factor = facts.factor
    if factor:
        left = factor.recovery_left
        since = words.moment(factor.confirmed_at, facts.school.time_zone)
        st.write(f":green[:material/verified_user:] On since {since}.")
        codes = f"{left} recovery code{'s' if left != 1 else ''} left."
        if left <= FEW_CODES:
            st.warning(f"{codes} Make new ones soon.", icon=":material/key:")
        else:
            st.markdown(words.quiet(codes))
    else:
        st.write(
            "Off. With it, a stolen password alone opens nothing: a code from your telephone is wanted too."
        )
    if not _is_proven():
        enrolment.forget()
        _prove(actor, factor is not None)
    elif enrolment.is_begun():
        enrolment.draw(actor)
        st.button("Cancel", key="profile.cancel", type="tertiary", on_click=enrolment.forget)
    else:
        _changes(actor, facts)


def devices_of(actor: Actor, facts: Facts) -> None:
    st.header("Your devices", anchor=False)
    with st.container(border=True):
        for one in facts.sign_ins:
            _device(actor, one, facts.school.time_zone)
    if len(facts.sign_ins) > 1:
        with st.container(horizontal=True):
            _change("Sign out everywhere else", "logout", "end_others", _end_others, actor)
            _change("Sign out everywhere", "logout", "end_all", _end_everywhere, actor)


def _end_others(actor: Actor) -> None:
    ended = 0
    with feedback.attempt("profile"), writing() as session:
        ended = end_all(session, actor=actor, user_id=int(actor.user_id or 0), but=actor.sign_in_id)
    if not feedback.refused():
        feedback.say("success", f"Signed out on {ended} other device{'s' if ended != 1 else ''}.")


def _end_everywhere(actor: Actor) -> None:
    with feedback.attempt("profile"), writing() as session:
        end_all(session, actor=actor, user_id=int(actor.user_id or 0))
    if not feedback.refused():
        identity.leave()


def screens(actor: Actor, facts: Facts) -> None:
    """How numbers, dates and colours look, for this person on every device."""
    st.header("Numbers, dates and colours", anchor=False)
    found = identity.of_this_run()
    if found is None:
        return
    with st.form("profile.screens"):
        tags = languages.offered(found.language)
        st.selectbox(
            "Numbers and dates as in",
            tags,
            index=tags.index(found.language),
            format_func=lambda tag: languages.example(tag, facts.school.currency),
            key="profile.language",
        )
        st.radio(
            "Colours",
            list(THEMES),
            index=list(THEMES).index(found.theme),
            format_func=THEMES.__getitem__,
            key="profile.theme",
            horizontal=True,
        )
        st.form_submit_button("Keep", key="profile.keep", on_click=_keep, args=(actor,))


def _keep(actor: Actor) -> None:
    with feedback.attempt("profile") as stands, writing() as session:
        language, theme = (str(stands.get(f"profile.{name}") or "") for name in ("language", "theme"))
        preferences.choose(session, actor=actor, language=language, theme=theme)
    if not feedback.refused():
        feedback.say("success", "Kept: from now on your screens look like this on every device.")


def _secret(label: str, key: str, kind: str) -> None:
    st.text_input(label, type="password", key=key, autocomplete=kind)
    feedback.problem(key)


def _is_proven() -> bool:
    until: datetime | None = st.session_state.get(_PROVEN)
    return until is not None and clock.now() < until


def _prove(actor: Actor, with_code: bool) -> None:
    with st.form("profile.prove_form"):
        st.write("To change anything here, show that it is you.")
        _secret("Password", "profile.password", "current-password")
        if with_code:
            st.text_input("Code", key="profile.code", autocomplete="one-time-code")
            feedback.problem("profile.code")
        st.form_submit_button(
            "Change the second factor" if with_code else "Set up a second factor",
            key="profile.prove",
            on_click=_proven,
            args=(actor, with_code, once.Press(), proof.caller()),
        )


def _proven(actor: Actor, with_code: bool, press: once.Press[None], by: proof.Caller) -> None:
    with feedback.attempt("profile") as stands:
        code = str(stands.get("profile.code") or "") if with_code else None
        password = str(stands.get("profile.password") or "")
        press.once((password, code), lambda: proof.again(actor, password, code, by=by))
    if feedback.refused():
        return
    st.session_state[_PROVEN] = clock.now() + PROVEN_LIFE
    if not with_code:
        _begin(actor)


def _changes(actor: Actor, facts: Facts) -> None:
    if facts.factor is None:
        st.button(
            "Set up a second factor", type="primary", key="profile.begin", on_click=_begin, args=(actor,)
        )
        return
    with st.container(horizontal=True):
        _change("Move to another telephone", "phonelink_setup", "move", _begin, actor)
        _change("New recovery codes", "key", "codes", _new_codes, actor)
        if facts.required:
            st.markdown(words.quiet("Your role asks for a second factor, so it stays on."))
        else:
            _change("Switch off", "remove_moderator", "remove", _remove, actor)


def _change(label: str, icon: str, key: str, act: Callable[[Actor], None], actor: Actor) -> None:
    st.button(label, icon=f":material/{icon}:", key=f"profile.{key}", on_click=act, args=(actor,))


def _begin(actor: Actor) -> None:
    if _is_proven():
        with feedback.attempt("profile"):
            enrolment.begin(actor)


def _new_codes(actor: Actor) -> None:
    if _is_proven():
        with feedback.attempt("profile"):
            enrolment.make_recovery_codes(actor)


def _remove(actor: Actor) -> None:
    if not _is_proven():
        return
    with feedback.attempt("profile"), writing() as session:
        second_factors.remove_own(session, actor=actor)
    if not feedback.refused():
        feedback.say("success", "The second factor is off. Everywhere else you are signed out.")


def _device(actor: Actor, one: SignInFacts, time_zone: str) -> None:
    here = one.id == actor.sign_in_id
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            name = words.plain(devices.name(one.user_agent))
            st.markdown(f"**{name}** :green-badge[This device]" if here else f"**{name}**")
            seen = f"Last seen {words.moment(one.last_seen_at, time_zone)}"
            st.markdown(words.quiet(words.plain(" · ".join(part for part in (seen, one.address) if part))))
        if not here:
            st.button(
                "End",
                key=f"profile.end_{one.id}",
                help="Sign this device out",
                on_click=_end,
                args=(actor, one.id),
            )


def _end(actor: Actor, sign_in_id: str) -> None:
    with feedback.attempt("profile"), writing() as session:
        end_sign_in(session, actor=actor, sign_in_id=sign_in_id)
    if not feedback.refused():
        feedback.say("success", "That device is signed out.")
