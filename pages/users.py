"""Who may sign in, what they may do, and where they are signed in."""

import streamlit as st

from school.db import reading
from school.errors import NotFound
from school.students import queries as students
from school.ui import (
    factor_policy,
    feedback,
    guard,
    handover,
    links,
    tabs,
    user_actions,
    user_view,
    users_view,
)

VIEWS = ("Users", "Open sign-ins", "Failed attempts", "Second factor")
OF_ONE = ("Sign-ins", "History", "Failed attempts")

actor = guard.require("users.manage")
user_actions.settle()
user_id = links.number("user")
try:
    with reading() as session:
        person = user_view.read(session, user_id) if user_id else None
        if person:
            user_view.head(person)
            feedback.show("users")
            doing = st.container()
            shown, view = tabs.choose(OF_ONE, key="users.of")
            with view:
                if shown == "Sign-ins":
                    user_view.sign_ins(person, actor, user_actions.end)
                elif shown == "History":
                    user_view.history(session, person)
                else:
                    user_view.failed_attempts(session, person)
        else:
            st.title("Users")
            feedback.show("users")
            doing = st.container()
            zone = students.school(session).time_zone
            shown, view = tabs.choose(VIEWS, key="users.view")
            with view:
                if shown == "Users":
                    users_view.everybody(session, zone)
                elif shown == "Open sign-ins":
                    users_view.open_sign_ins(session, zone, actor)
                elif shown == "Failed attempts":
                    users_view.failed_attempts(session, zone)
                else:
                    factor_policy.draw(session, actor)
except NotFound:
    st.title("Users")
    st.info("There is no such user.", icon=":material/person_off:")
    st.page_link(links.USERS, label="All users", icon=":material/groups:")
    st.stop()

with doing:
    if person:
        handover.draw(person)
        user_actions.offer(person, actor)
    else:
        user_actions.offer_invitation(actor)
