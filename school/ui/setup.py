"""The first start: whose books these are, the school year, and the first administrator.

Only what is missing is asked. All answers land in one transaction, or none; after it, nobody is asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from school import clock
from school.access import passwords, sign_ins
from school.access import queries as access
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, user_name
from school.access.service import add_user
from school.access.sign_ins import NewSignIn
from school.db import database, one_writer, reading, writing
from school.errors import BadInput, RuleBroken
from school.ledger import service as ledger
from school.students import calendar
from school.students import queries as students
from school.ui import feedback, first_steps, forms, identity, proposals, words

WIDTH = 720
TERMS = 3
TERMS_MAX = 4
_FIRST_START = replace(COMMAND_LINE, name="first start")
_done: set[str] = set()  # database urls known to be set up; a school is never taken down again


@dataclass(frozen=True)
class _School:
    name: str
    currency: forms.TypedChoice
    time_zone: forms.TypedChoice


@dataclass(frozen=True)
class _Year:
    name: str
    starts_on: forms.TypedDate
    ends_on: forms.TypedDate
    terms: Sequence[tuple[str, forms.TypedDate, forms.TypedDate]]


@dataclass(frozen=True)
class _User:
    full_name: str
    name: str
    password: str
    again: str


def is_done() -> bool:
    """True when there is a school and somebody who may sign in."""
    url = str(database().url)
    if url in _done:
        return True
    with reading() as session:
        done = students.has_school(session) and access.any_user(session)
    if done:
        _done.add(url)
    return done


def draw() -> None:
    """Asks what is missing; after it, the first administrator is signed in."""
    with reading() as session:
        ask_school, ask_user = not students.has_school(session), not access.any_user(session)
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        st.title("Open the books", anchor=False)
        st.write("A few questions, asked once. Names, dates and passwords can be changed later.")
        school = _ask_school() if ask_school else None
        year = _ask_year() if ask_school else None
        # A password field outside a form forgets what was typed when Tab passes through its eye button.
        with st.form("set_up", border=ask_user):
            user = _ask_administrator() if ask_user else None
            sent = st.form_submit_button("Open the books", type="primary", key="set_up.open", width="stretch")
            feedback.problem("set_up")
        if ask_school and ask_user:
            first_steps.offer_demo()
    if sent:
        with feedback.refusals("set_up"):
            opened = _open(school, year, user)
            if opened:
                identity.adopt(opened)
                st.session_state[identity.WELCOME] = True
            st.rerun()


def _ask_school() -> _School:
    browser_zone = st.context.timezone
    zones = proposals.time_zones()
    zone = browser_zone if isinstance(browser_zone, str) and browser_zone in zones else None
    with st.container(border=True):
        st.header("Your school", anchor=False)
        name = st.text_input("Name of the school", key="set_up.school", autocomplete="organization")
        feedback.problem("set_up.school")
        left, right = st.columns(2)
        with left:
            currency = forms.choice_field(
                "Currency",
                proposals.currencies(words.tag()),
                key="set_up.currency",
                chosen=proposals.currency_of(zone),
                help="Fees are kept in one currency. It stays once something was charged or paid.",
            )
        with right:
            time_zone = forms.choice_field("Time zone", zones, key="set_up.time_zone", chosen=zone)
    return _School(name, currency, time_zone)


def _ask_year() -> _Year:
    _propose_year()
    with st.container(border=True):
        st.header("School year", anchor=False)
        first, second, third = st.columns(3)
        with first:
            starts = _day("First day", "set_up.starts_on", on_change=_propose_rest)
        with second:
            ends = _day("Last day", "set_up.ends_on", on_change=_propose_terms)
        with third:
            name = st.text_input("Called", key="set_up.year")
            feedback.problem("set_up.year")
        count = st.segmented_control(
            "Terms",
            range(1, TERMS_MAX + 1),
            default=TERMS,
            key="set_up.terms",
            required=True,
            on_change=_propose_terms,
        )
        terms = [_ask_term(i) for i in range(min(count or 1, TERMS_MAX))]
        feedback.problem("set_up.term")
    return _Year(name, starts, ends, terms)


def _ask_term(i: int) -> tuple[str, forms.TypedDate, forms.TypedDate]:
    first, second, third = st.columns(3)
    with first:
        starts = _day(f"Term {i + 1} from", f"set_up.term_{i}_from")
    with second:
        ends = _day(f"Term {i + 1} to", f"set_up.term_{i}_to")
    with third:
        name = st.text_input(f"Term {i + 1} is called", key=f"set_up.term_{i}")
    return name, starts, ends


def _day(label: str, key: str, **how: Any) -> forms.TypedDate:
    return forms.date_field(label, key=key, value=None, **how)


def _propose_year() -> None:
    if "set_up.starts_on" not in st.session_state:
        st.session_state["set_up.starts_on"] = date(clock.today("UTC").year, 1, 1)
        _propose_rest()


def _propose_rest() -> None:
    starts_on = st.session_state["set_up.starts_on"]
    if starts_on:
        st.session_state["set_up.ends_on"] = proposals.year_end(starts_on)
        _propose_terms()


def _propose_terms() -> None:
    starts_on, ends_on = st.session_state["set_up.starts_on"], st.session_state["set_up.ends_on"]
    if not starts_on or not ends_on or ends_on <= starts_on:
        return
    st.session_state["set_up.year"] = proposals.year_name(starts_on, ends_on)
    count = st.session_state.get("set_up.terms", TERMS) or 1
    for i, (name, first, last) in enumerate(proposals.terms(starts_on, ends_on, count)):
        st.session_state[f"set_up.term_{i}"] = name
        st.session_state[f"set_up.term_{i}_from"] = first
        st.session_state[f"set_up.term_{i}_to"] = last


def _ask_administrator() -> _User:
    st.header("First administrator", anchor=False)
    st.write("Looks after users, students and settings. Finance staff get users of their own.")
    left, right = st.columns(2)
    with left:
        full_name = st.text_input("Your name", key="set_up.full_name", autocomplete="name")
    with right:
        name = st.text_input("User name", key="set_up.user", autocomplete="username")
        feedback.problem("set_up.user")
    left, right = st.columns(2)
    with left:
        password = _password("Password", "set_up.password")
    with right:
        again = _password("The same again", "set_up.again")
    return _User(full_name, name, password, again)


def _password(label: str, key: str) -> str:
    typed = st.text_input(label, type="password", key=key, autocomplete="new-password")
    feedback.problem(key)
    return typed


def _open(school: _School | None, year: _Year | None, user: _User | None) -> NewSignIn | None:
    """Writes the answers as one fact. Raises SchoolError with the field of the first that cannot be used."""
    if school and not school.name.strip():
        raise BadInput("Type the name of the school.", field="set_up.school")
    code = school.currency.code(empty="Choose the currency fees are paid in.") if school else ""
    zone = school.time_zone.code(empty="Choose the time zone of the school.") if school else ""
    days = (year.starts_on.day(), year.ends_on.day()) if year else None
    terms = [(name, first.day(), last.day()) for name, first, last in year.terms] if year else []
    chosen = _choose_password(user, school) if user else None
    browser = identity.browser()
    with writing() as session:
        one_writer(session)  # of two who open the books at once, one does
        if school:
            calendar.make_school(
                session,
                actor=_FIRST_START,
                name=school.name,
                currency=code,
                time_zone=zone,
                locale=words.tag(),
            )
            ledger.install_standard_accounts(session)
        if year and days:
            calendar.add_year(
                session, actor=_FIRST_START, name=year.name, starts_on=days[0], ends_on=days[1], terms=terms
            )
        if not user or not chosen:
            return None
        if access.any_user(session):
            raise RuleBroken("Somebody has opened these books in the meantime. Reload the page and sign in.")
        user_id = add_user(
            session,
            actor=_FIRST_START,
            name=user.name,
            password=chosen,
            roles=[ADMINISTRATOR],
            full_name=user.full_name,
        )
        return sign_ins.open_sign_in(session, user_id=user_id, browser=browser)


def _choose_password(user: _User, school: _School | None) -> passwords.Chosen:
    name = user_name(user.name, field="set_up.user")
    if user.password != user.again:
        raise BadInput("The two passwords are not the same. Type it twice.", field="set_up.again")
    about = [name, user.full_name, school.name if school else ""]
    return passwords.choose(user.password, about=about, field="set_up.password")
