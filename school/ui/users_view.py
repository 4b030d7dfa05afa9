"""Everybody who may sign in, every open sign-in, every failed attempt: each row opens its user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access import attempts, listing
from school.access.listing import ACTIVE, DEMO, DISABLED, INVITED, LAPSED, UserFacts
from school.access.rules import ROLE_NAMES, Actor
from school.ui import devices, filters, links, tables, words

PAGE = "users.page"
STATES = {
    "Every state": None,
    "Active": ACTIVE,
    "Invited": INVITED,
    "Needs a new code": LAPSED,
    "Disabled": DISABLED,
    "Demo password": DEMO,
}
SINCE = {"Last 7 days": 7, "Last 24 hours": 1, "Last 30 days": 30}
WAYS = {"Grouped": "grouped", "One by one": "singly"}


def everybody(session: Session, time_zone: str) -> None:
    """Filtered and paged here, not in SQL: a school has tens of users, and a large one a few hundred."""
    found = listing.users(session)
    turn = filters.from_page_one(PAGE)
    roles = {"Every role": None} | {name: role for role, name in ROLE_NAMES.items()}
    text = st.text_input(
        "Find",
        key="users.search",
        type="search",
        live=True,
        bind="query-params",
        placeholder="Name, user name or e-mail",
        on_change=turn,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        role = filters.choice("Role", roles, key="users.role", on_change=turn)
        state = filters.choice("State", STATES, key="users.state", on_change=turn)
    kept = [
        user
        for user in found
        if (role is None or role in user.roles)
        and (state is None or state == user.state)
        and _is_found(user, text or "")
    ]
    st.markdown(f"**{_count(len(kept), 'user')}**{_of_them(kept)}")
    if not kept:
        st.info("Nobody matches. Type less, or choose wider filters.", icon=":material/person_search:")
        return
    first = tables.offset(st.session_state.get(PAGE, 1), len(kept))
    _user_rows(kept[first : first + tables.ROWS_PER_PAGE], time_zone)
    if len(kept) > tables.ROWS_PER_PAGE:
        st.pagination(tables.pages(len(kept)), key=PAGE)


def _is_found(user: UserFacts, text: str) -> bool:
    about = f"{user.full_name} {user.name} {user.email}".casefold()
    return all(word in about for word in text.casefold().split())


def _of_them(found: Sequence[UserFacts]) -> str:
    counts = {"invited": 0, "disabled": 0}
    for user in found:
        if user.state in counts:
            counts[user.state] += 1
    here = sum(user.open_sign_ins > 0 for user in found)
    parts = [f"{here} signed in", *(f"{count} {word}" for word, count in counts.items() if count)]
    return ", of them " + ", ".join(parts) if found else ""


def _user_rows(found: Sequence[UserFacts], time_zone: str) -> None:
    columns = {
        "User": [user.called for user in found],
        "State": [state(user, _day(user.code_expires_at, time_zone)) for user in found],
        "Roles": [roles(user) for user in found],
        "Last seen": [_when(user.last_seen_at, time_zone) for user in found],
        "Sign-ins": [str(user.open_sign_ins or "") for user in found],
        "Second factor": ["Yes" if user.second_factor else "" for user in found],
        "User name": [user.name for user in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.USERS, links.user(user.id)) for user in found]
    amounts = [heading for heading in ("Sign-ins",) if heading in kept]
    tables.rows(kept, goals, opens="User", amounts=amounts, key="users.rows", alt="Users by name")


def state(user: UserFacts, until: str) -> str:
    """`Active`, `Invited until 26 Nov 2026`, …; `until` is when the code expires, in words."""
    if user.state == INVITED:
        return f"Invited until {until}"
    if user.state == ACTIVE and user.must_change_password:
        return "Must change the password"
    return next(word for word, kept in STATES.items() if kept == user.state)


def roles(user: UserFacts) -> str:
    return ", ".join(ROLE_NAMES[role] for role in user.roles)


def open_sign_ins(session: Session, time_zone: str, actor: Actor) -> None:
    """Where everybody is signed in now; a row leads to the person, where it is ended."""
    found = listing.open_sign_ins(session)
    people = len({one.user_id for one in found})
    st.markdown(f"**{_count(len(found), 'open sign-in')}** of {_count(people, 'user')}")
    columns = {
        "User": [one.full_name or one.name for one in found],
        "Device": [devices.name(one.user_agent) for one in found],
        "Address": [one.address for one in found],
        "Last seen": [words.moment(one.last_seen_at, time_zone) for one in found],
        "Signed in": [words.moment(one.created_at, time_zone) for one in found],
        "Note": ["This one is yours" if one.id == actor.sign_in_id else "" for one in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    goals = [(links.USERS, links.user(one.user_id)) for one in found]
    tables.rows(kept, goals, opens="User", key="users.open", alt="Open sign-ins, the one last seen first")
    if len(found) == listing.SIGN_INS_MAX:
        st.markdown(words.quiet(f"These are the {listing.SIGN_INS_MAX} last seen. There are more."))


def failed_attempts(session: Session, time_zone: str) -> None:
    """Who tried and was refused: a forgotten password, or somebody who should not be here."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        days = filters.choice("When", SINCE, key="users.since") or 7
        way = filters.choice("Show", WAYS, key="users.how")
    since = clock.now() - timedelta(days=days)
    in_all = attempts.totals(session, since)
    if not in_all.count:
        st.info("Nobody was refused in this time.", icon=":material/verified_user:")
        return
    st.markdown(
        f"**{_count(in_all.count, 'failed attempt')}** under {_count(in_all.names, 'name')} "
        f"from {_count(in_all.addresses, 'address', 'addresses')}"
    )
    if way == "singly":
        _singly(session, since, time_zone)
    else:
        _grouped(session, since, time_zone)
    if in_all.count > attempts.GROUPS_MAX:
        st.markdown(words.quiet(f"At most the {attempts.GROUPS_MAX} latest rows are shown."))


def _grouped(session: Session, since: datetime, time_zone: str) -> None:
    found = attempts.grouped(session, since)
    columns = {
        "Name": [one.name or "A code" for one in found],
        "Attempts": [f"{one.count:,}" for one in found],
        "User": [_whose(one.user_id, one.full_name, one.name) for one in found],
        "Address": [one.address for one in found],
        "Latest": [words.moment(one.last_at, time_zone) for one in found],
    }
    _attempt_rows(columns, [one.user_id for one in found], "Failed attempts by name and address")


def _singly(session: Session, since: datetime, time_zone: str) -> None:
    found = attempts.singly(session, since)
    columns = {
        "Name": [one.name or "A code" for one in found],
        "When": [words.moment(one.at, time_zone) for one in found],
        "User": [_whose(one.user_id, one.full_name, one.name) for one in found],
        "Address": [one.address for one in found],
    }
    _attempt_rows(columns, [one.user_id for one in found], "Failed attempts, the latest first")


def _attempt_rows(columns: dict[str, list[str]], user_ids: Sequence[int | None], alt: str) -> None:
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    here = {"users.view": "Failed attempts"}
    goals = [
        (links.USERS, links.user(user_id, **{"users.of": "Failed attempts"}) if user_id else here)
        for user_id in user_ids
    ]
    amounts = [heading for heading in ("Attempts",) if heading in kept]
    tables.rows(kept, goals, opens="Name", amounts=amounts, key="users.attempts", alt=alt)


def _whose(user_id: int | None, full_name: str, name: str) -> str:
    if user_id:
        return full_name or name
    return "Nobody is called so" if name else "No such code"


def _day(moment: datetime | None, time_zone: str) -> str:
    return words.date(moment.astimezone(ZoneInfo(time_zone)).date()) if moment else ""


def _when(moment: datetime | None, time_zone: str) -> str:
    return words.moment(moment, time_zone) if moment else ""


def _count(number: int, word: str, words_: str | None = None) -> str:
    return f"{number:,} {word if number == 1 else words_ or f'{word}s'}"
