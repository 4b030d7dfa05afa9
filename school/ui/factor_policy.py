"""Which roles ask for a second factor, and who of them has one."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.orm import Session

from school.access import listing, second_factors
from school.access.listing import DISABLED
from school.access.rules import ROLE_NAMES, Actor
from school.db import writing
from school.ui import feedback, words


def draw(session: Session, actor: Actor) -> None:
    """A switch for each role; the people who would have to act stand beside it."""
    required = second_factors.required_roles(session)
    everybody = [user for user in listing.users(session) if user.state != DISABLED]
    st.markdown(
        "With a second factor a stolen password alone opens nothing: a code from a telephone is asked for "
        "too. Where a role asks for it, everybody with the role sets one up at their next click, "
        "before anything else."
    )
    with st.form("users.factors"):
        for role, name in ROLE_NAMES.items():
            of_role = [user for user in everybody if role in user.roles]
            without = [user.called for user in of_role if not user.second_factor]
            with st.container(gap=None):
                st.checkbox(f"**{name}**", role in required, key=_key(role))
                st.markdown(words.quiet(_who(len(of_role), without)))
        feedback.problem("users.factors")
        st.form_submit_button("Keep", key="users.keep_factors", on_click=_keep, args=(actor,))


def _who(count: int, without: list[str]) -> str:
    if not count:
        return "Nobody has this role."
    if not without:
        return "Everybody has one already."
    named = words.plain(", ".join(without[:5])) + (" and others" if len(without) > 5 else "")
    return f"{len(without)} of {count} would have to set one up: {named}."


def _key(role: str) -> str:
    return f"users.factor_{role}"


def _keep(actor: Actor) -> None:
    with feedback.attempt("users", roles="users.factors") as stands:
        wanted = [role for role in ROLE_NAMES if stands.get(_key(role))]
        with writing() as session:
            second_factors.require_for(session, actor=actor, roles=wanted)
    if not feedback.refused():
        feedback.say("success", "Kept. It counts from the next click of everybody.")
