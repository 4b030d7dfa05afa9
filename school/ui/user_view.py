"""One user: what they may do, where they are signed in, what was changed about them and by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st
from sqlalchemy.orm import Session

from school import clock
from school.access import attempts, listing, second_factors
from school.access.listing import DEMO, DISABLED, INVITED, LAPSED, SignInFacts, UserFacts
from school.access.rules import Actor
from school.access.second_factors import SecondFactorFacts
from school.audit import queries as audit
from school.audit import wording
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import devices, links, tables, users_view, words

HISTORY_MAX = 100
ATTEMPT_DAYS = 30
COLOURS = {DISABLED: "red", LAPSED: "orange", INVITED: "blue", DEMO: "orange"}
ICONS = {DISABLED: "block", LAPSED: "hourglass_disabled", INVITED: "hourglass", DEMO: "warning"}


@dataclass(frozen=True)
class Person:
    """What the page shows of one user."""

    school: SchoolFacts
    user: UserFacts
    factor: SecondFactorFacts | None
    sign_ins: tuple[SignInFacts, ...]

    @property
    def open(self) -> list[SignInFacts]:
        return [one for one in self.sign_ins if one.is_open]


def read(session: Session, user_id: int) -> Person:
    """Raises NotFound."""
    return Person(
        school=students.school(session),
        user=listing.user(session, user_id),
        factor=second_factors.state(session, user_id),
        sign_ins=tuple(listing.sign_ins_of(session, user_id)),
    )


def head(person: Person) -> None:
    """Who it is, and whether and as what they may come in."""
    user, zone = person.user, person.school.time_zone
    until = words.moment(user.code_expires_at, zone) if user.code_expires_at else ""
    st.page_link(links.USERS, label="All users", icon=":material/arrow_back:", query_params={})
    st.title(words.plain(user.called), anchor=False)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.badge(
            words.plain(users_view.state(user, until)),
            icon=f":material/{ICONS.get(user.state, 'check_circle')}:",
            color=COLOURS.get(user.state, "green"),  # type: ignore[arg-type]
        )
        for role in users_view.roles(user).split(", "):
            st.badge(role or "No role", color="gray")
        if person.factor:
            st.badge("Second factor", icon=":material/verified_user:", color="green")
    about = [f"User name {user.name}", user.email, f"added {words.moment(user.created_at, zone)}"]
    st.markdown(words.quiet(" · ".join(words.plain(part) for part in about if part)))


def sign_ins(person: Person, actor: Actor, end: Callable[[str], None]) -> None:
    """The open ones with a button each, the ended ones with their reason."""
    zone = person.school.time_zone
    if not person.sign_ins:
        st.info(f"{words.plain(person.user.called)} has not signed in yet.", icon=":material/devices:")
        return
    if person.open:
        with st.container(border=True):
            for one in person.open:
                _open_row(one, zone, actor, end)
    else:
        st.markdown("Not signed in anywhere at this moment.")
    _ended([one for one in person.sign_ins if not one.is_open], zone)


def _open_row(one: SignInFacts, zone: str, actor: Actor, end: Callable[[str], None]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            name = words.plain(devices.name(one.user_agent))
            mine = " :green-badge[This is you, here]" if one.id == actor.sign_in_id else ""
            st.markdown(f"**{name}**{mine}")
            parts = [
                f"Last seen {words.moment(one.last_seen_at, zone)}",
                f"signed in {words.moment(one.created_at, zone)}",
                one.address,
            ]
            st.markdown(words.quiet(words.plain(" · ".join(part for part in parts if part))))
        if not mine:
            st.button("End", key=f"users.end_{one.id}", help=f"Sign {name} out", on_click=end, args=(one.id,))


def _ended(found: Sequence[SignInFacts], zone: str) -> None:
    if not found:
        return
    st.header("Earlier sign-ins", anchor=False)
    columns = {
        "Device": [devices.name(one.user_agent) for one in found],
        "Signed in": [words.moment(one.created_at, zone) for one in found],
        "Ended": [words.moment(one.ended_at, zone) if one.ended_at else "" for one in found],
        "Why": [one.ended_why or "" for one in found],
        "Address": [one.address for one in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    tables.plain(kept, key="users.ended", alt="Ended sign-ins, the one last seen first", height="auto")


def history(session: Session, person: Person) -> None:
    """Who changed what about this user, when and why."""
    zone = person.school.time_zone
    found = audit.page(session, limit=HISTORY_MAX, subject=f"user:{person.user.id}")
    if not found:
        st.info("Nothing has been changed about this user.", icon=":material/history:")
        return
    columns = {
        "When": [words.moment(row.at, zone) for row in found],
        "What": [wording.what(row.event) for row in found],
        "Who": [row.actor for row in found],
        "Before and after": [wording.difference(row.before, row.after) for row in found],
        "Reason": [row.reason or "" for row in found],
    }
    kept = {heading: cells for heading, cells in columns.items() if any(cells)}
    tables.plain(kept, key="users.history", alt="What was changed, the newest first")
    if len(found) == HISTORY_MAX:
        st.markdown(words.quiet(f"The {HISTORY_MAX} latest changes; the audit log on Health has them all."))


def failed_attempts(session: Session, person: Person) -> None:
    since = clock.now() - timedelta(days=ATTEMPT_DAYS)
    found = attempts.singly(session, since, name=person.user.name)
    if not found:
        st.info(
            f"No failed attempt under this name in the last {ATTEMPT_DAYS} days.",
            icon=":material/verified_user:",
        )
        return
    columns = {
        "When": [words.moment(one.at, person.school.time_zone) for one in found],
        "Address": [one.address or "Not known" for one in found],
    }
    tables.plain(columns, key="users.attempts_of", alt="Failed attempts, the latest first", height="auto")
